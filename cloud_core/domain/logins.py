"""Who is logged in at an API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud_core.domain.values import SecretValue

_MARGIN: Final = timedelta(seconds=60)
"""A token that ends sooner might end on its way."""


@dataclass(frozen=True)
class Login:
    """The tokens of a user. `client_id` is the app client of the user pool that they were made for; `expires_at` is
    when the access token ends, after which the other one gets a new one."""

    user: str
    client_id: str
    access_token: SecretValue
    refresh_token: SecretValue
    expires_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether its access token can still be shown to the API."""
        return now + _MARGIN < self.expires_at
