"""Who calls, by a token of the user pool; also as an authorizer of the gateway."""

from __future__ import annotations

import logging
from typing import Any

from cloud_core.domain.access.users import User
from cloud_core.domain.errors import CloudError, NotAuthenticated
from realtime.desk import Desk
from realtime.requests import GatewayEvent, token_of

_log = logging.getLogger(__name__)


async def caller(event: GatewayEvent, desk: Desk) -> User:
    """Raises NotAuthenticated; UserPoolUnreachable, UserPoolMissing."""
    return await desk.tokens.user(token_of(event))


async def authorize(event: GatewayEvent, desk: Desk) -> dict[str, Any]:
    """The policy of a REQUEST authorizer. `$connect` looks at the token itself, so that no gateway needs this."""
    try:
        user = await caller(event, desk)
    except NotAuthenticated as error:
        _log.info("a connection is denied: %s", error.code)
        return _policy(event, "Deny", "nobody")
    except CloudError as error:
        _log.warning("a connection is denied, its token can't be looked at: %s", error.code)
        return _policy(event, "Deny", "nobody")
    return {**_policy(event, "Allow", user.id), "context": {"user_id": user.id, "expires_at": str(user.expires_at)}}


def _policy(event: GatewayEvent, effect: str, principal: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event.get("methodArn", "*")}
    return {"principalId": principal, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
