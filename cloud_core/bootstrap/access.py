"""Who signs the tokens, for the settings at hand."""

from __future__ import annotations

from cloud_core.adapters.cognito.keys import PoolKeys
from cloud_core.adapters.cognito.tokens import Audience, NoPool, PoolTokens
from cloud_core.ports.access import Tokens
from cloud_core.ports.clock import Clock
from cloud_core.settings.cognito import CognitoSettings


def pool_tokens(cognito: CognitoSettings, clock: Clock) -> Tokens:
    """Those of the user pool that is set. Nothing is reached before the first token."""
    if cognito.user_pool_id is None or cognito.client_id is None:
        return NoPool()
    keys = PoolKeys(cognito.keys_url, clock, cognito.keys_seconds, cognito.refetch_seconds)
    return PoolTokens(Audience(cognito.issuer, cognito.client_id, cognito.clock_skew_seconds), keys, clock)
