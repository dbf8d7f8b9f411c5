"""The user pool as those see it who log in: Amazon Cognito, asked without AWS credentials."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any, Final

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session
from jose import jwt

from cloud_core.adapters.aws.errors import error_code, translate_aws_errors
from cloud_core.adapters.aws.sessions import NO_AMBIENT_CONFIGURATION
from cloud_core.domain.errors import LoginRefused
from cloud_core.domain.logins import Login
from cloud_core.domain.values import SecretValue
from cloud_core.ports.clock import Clock

_OPTIONS: Final[Mapping[str, Any]] = {
    "signature_version": UNSIGNED,
    "connect_timeout": 5,
    "read_timeout": 30,
    "retries": {"mode": "standard", "total_max_attempts": 3},
    "ignore_configured_endpoint_urls": True,
}
_REFUSED: Final[Mapping[str, str]] = {
    # Which of the two it was tells who is a user.
    "NotAuthorizedException": "refuses",
    "UserNotFoundException": "refuses",
    "PasswordResetRequiredException": "wants another password first",
    "UserNotConfirmedException": "does not know that it is them yet",
}
"""What the pool says, and what is told of it: its own words may repeat what was sent."""
_NAMES: Final = ("cognito:username", "preferred_username", "email", "phone_number")
"""Claims of an id token by which its user logs in."""
_TALKATIVE: Final = ("botocore", "urllib3")
"""What they log when everything is asked for has passwords and tokens in it."""


class CognitoUserPool:
    """`ports.logins.UserPool`. `endpoint_url` is the sandbox's; AWS's own without one."""

    def __init__(self, region: str, client_id: str, clock: Clock, endpoint_url: str | None = None) -> None:
        self.client_id = client_id
        self._region = region
        self._clock = clock
        self._endpoint_url = endpoint_url

    def log_in(self, user: str, password: SecretValue) -> Login:
        result = self._ask(user, "USER_PASSWORD_AUTH", {"USERNAME": user, "PASSWORD": password.value})
        return self._login(user, result, SecretValue(result["RefreshToken"]))

    def refresh(self, login: Login) -> Login:
        result = self._ask(login.user, "REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": login.refresh_token.value})
        _require_their_own(login.user, result)
        # A pool that changes refresh tokens sends the next one; others let this one live on.
        renewed = result.get("RefreshToken")
        return self._login(login.user, result, SecretValue(renewed) if renewed else login.refresh_token)

    def _login(self, user: str, result: Mapping[str, Any], refresh_token: SecretValue) -> Login:
        expires_at = self._clock.now() + timedelta(seconds=int(result["ExpiresIn"]))
        return Login(user, self.client_id, SecretValue(result["AccessToken"]), refresh_token, expires_at)

    def _ask(self, user: str, flow: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
        with pool_client(self._region, self._endpoint_url) as client, translate_aws_errors(f"log in {user}"):
            try:
                answer = client.initiate_auth(ClientId=self.client_id, AuthFlow=flow, AuthParameters=dict(parameters))
            except ClientError as error:
                if error_code(error) not in _REFUSED:
                    raise
                raise _refused(user, _REFUSED[error_code(error)]) from None
        if "AuthenticationResult" not in answer:
            raise _refused(user, f"asks for more than a password: {answer.get('ChallengeName')}")
        return dict(answer["AuthenticationResult"])


def _require_their_own(user: str, result: Mapping[str, Any]) -> None:
    """A pool takes a refresh token without asking whose it is."""
    claims = jwt.get_unverified_claims(result["IdToken"])
    if user.casefold() not in {str(claims.get(name, "")).casefold() for name in _NAMES}:
        raise _refused(user, "refuses")


def _refused(user: str, what: str) -> LoginRefused:
    return LoginRefused(
        f"{user} can't log in: the user pool {what}",
        user=user,
        suggestion="check the user name and the password; a first password is changed in the user pool itself",
    )


@contextmanager
def pool_client(region: str, endpoint_url: str | None) -> Iterator[Any]:
    """botocore's client of a user pool, which signs nothing and logs nothing; closed in the end."""
    session = Session(session_vars=NO_AMBIENT_CONFIGURATION)
    # An address of this machine is not asked for through a proxy.
    options = {**_OPTIONS, "proxies": {}} if endpoint_url else _OPTIONS
    with _SILENCE.kept(), closing(_made(session, region, endpoint_url, Config(**options))) as client:
        yield client


def _made(session: Session, region: str, endpoint_url: str | None, config: Config) -> Any:
    with translate_aws_errors(f"use the user pool in {region}"):
        return session.create_client("cognito-idp", region_name=region, endpoint_url=endpoint_url, config=config)


class _Silence:
    """Holds as long as anybody logs in; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before: list[int] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        loggers = [logging.getLogger(name) for name in _TALKATIVE]
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._before = [logger.level for logger in loggers]
                for logger in loggers:
                    logger.setLevel(logging.WARNING)
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    for logger, level in zip(loggers, self._before, strict=True):
                        logger.setLevel(level)


_SILENCE: Final = _Silence()
