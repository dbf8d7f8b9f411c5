"""Signing in without a program of ours, and who the caller is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from api.dependencies import BODY, Caller, Calling, Services, guarded
from api.middleware.authentication import LOGIN, RENEWAL
from api.problems import declared
from api.routes import endpoints
from api.schemas.sessions import Credentials, Myself, Renewal, SessionToken
from cloud_core.domain.access.permissions import PERMISSION_OF, Permission
from cloud_core.domain.clock import timestamp
from cloud_core.domain.logins import Login
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import SecretValue

router: Final = endpoints("", "sessions")
_REFUSALS: Final = (
    *BODY,
    "AUTH_INVALID_CREDENTIALS",
    "VALIDATION_INVALID_FORMAT",
    "RATE_LIMIT_EXCEEDED",
    "INTERNAL_ERROR",
    "SERVICE_UNAVAILABLE",
    "REQUEST_TIMEOUT",
)
_NOTHING_ASKED: Final = ("INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "REQUEST_TIMEOUT")
"""What comes of a service: here the token alone tells all."""


@router.post(LOGIN, response_model=SessionToken, responses=declared(*_REFUSALS))
def log_in(services: Services, credentials: Credentials) -> dict[str, Any]:
    """A token for a user name and a password, from the user pool. Nothing of it is kept here."""
    return _told(services.user_pool.log_in(credentials.user, SecretValue(credentials.password.get_secret_value())))


@router.post(RENEWAL, response_model=SessionToken, responses=declared(*_REFUSALS))
def renew_login(services: Services, renewal: Renewal) -> dict[str, Any]:
    """The next token of whoever logged in here, without a password. Nothing of it is kept here."""
    pool, over = services.user_pool, datetime.fromtimestamp(0, UTC)
    refresh_token = SecretValue(renewal.refresh_token.get_secret_value())
    return _told(pool.refresh(Login(renewal.user, pool.client_id, SecretValue(""), refresh_token, over)))


@router.get("/me", response_model=Myself, **guarded(Permission.READ, but=_NOTHING_ASKED))
def get_myself(caller: Calling) -> dict[str, Any]:
    """Who the token is of, and what they may do in each environment."""
    organizations = caller.organizations
    return {
        "user": caller.name,
        "group": caller.user.group,
        "organizations": None if organizations is None else sorted(organizations),
        "expires_at": timestamp(datetime.fromtimestamp(caller.user.expires_at, UTC)),
        "rights": {environment.value: _rights(caller, environment) for environment in EnvironmentName},
    }


def _told(login: Login) -> dict[str, Any]:
    return {
        "user": login.user,
        "access_token": login.access_token.value,
        "refresh_token": login.refresh_token.value,
        "expires_at": timestamp(login.expires_at),
    }


def _rights(caller: Caller, environment: EnvironmentName) -> dict[str, Any]:
    permissions = [one for one in Permission if caller.rights.may(caller.user, one, environment)]
    return {
        "permissions": permissions,
        "operations": [action for action, taken in PERMISSION_OF.items() if taken in permissions],
    }
