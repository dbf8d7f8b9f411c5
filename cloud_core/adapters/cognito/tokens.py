"""Tokens of the user pool: verified once, then known until they expire."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from jose import jwt
from jose.backends.base import Key
from jose.exceptions import ExpiredSignatureError, JOSEError

from cloud_core.adapters.cognito.claims import user_of
from cloud_core.adapters.cognito.keys import ALGORITHM, KeysUnreachable, PoolKeys
from cloud_core.domain.access.users import User
from cloud_core.domain.errors import InvalidToken, TokenExpired, UserPoolMissing, UserPoolUnreachable
from cloud_core.ports.clock import Clock

LONGEST_TOKEN: Final = 8192
_KEPT_TOKENS: Final = 10_000
# What a token must have is asked for by name: the library lets a missing claim pass. `at_hash` would need the access
# token beside the id token. Times are compared below, with our clock; `require_exp` would compare them here as well.
_OPTIONS: Final = {
    "verify_at_hash": False,
    "verify_exp": False,
    "verify_nbf": False,
    "require_iat": True,
    "require_iss": True,
    "require_sub": True,
}


@dataclass(frozen=True)
class Audience:
    """Whose tokens are accepted: of this pool (`issuer`), for this client. `skew_seconds` is how far in the future a
    token may have been made."""

    issuer: str
    client_id: str
    skew_seconds: int


class PoolTokens:
    """`ports.access.Tokens` of one pool, signed with RS256 by one of its keys."""

    def __init__(self, audience: Audience, keys: PoolKeys, clock: Clock) -> None:
        self._audience = audience
        self._keys = keys
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[str, User]] = OrderedDict()

    async def user(self, token: str) -> User:
        if len(token) > LONGEST_TOKEN:
            raise _invalid("the token is too long")
        digest = sha256(token.encode()).digest()
        known = self._known.get(digest)
        # A token is good no longer than the key that has signed it.
        if known is not None and self._keys.known(known[0]) is not None:
            self._require_alive(known[1].expires_at)
            return known[1]
        kid = _kid(token)
        try:
            key = await self._keys.get(kid)
        except KeysUnreachable:
            raise UserPoolUnreachable("the user pool can't be reached", suggestion="try again later") from None
        if key is None:
            raise _invalid("it is signed with a key that the user pool does not have")
        user = self._verified(token, key)
        self._remember(digest, kid, user)
        return user

    def _verified(self, token: str, key: Key) -> User:
        try:
            claims = jwt.decode(token, key, [ALGORITHM], _OPTIONS, self._audience.client_id, self._audience.issuer)
            self._check(claims)
            return user_of(claims)
        except ExpiredSignatureError:
            raise _expired() from None
        except (JOSEError, ValueError, KeyError, TypeError, AttributeError):
            raise _invalid(
                "its signature, its issuer, its client or its kind is not the one that is accepted"
            ) from None

    def _check(self, claims: Mapping[str, Any]) -> None:
        """An id token names the client as its audience, an access token as its client. Raises ValueError, InvalidToken,
        TokenExpired."""
        named = {"id": "aud", "access": "client_id"}.get(claims.get("token_use", ""))
        if named is None or claims.get(named) != self._audience.client_id:
            raise ValueError("another use, or another client")
        times = [claims["exp"], claims["iat"], claims.get("nbf", 0)]
        if not all(isinstance(time, int) and not isinstance(time, bool) for time in times):
            raise ValueError("a time that is no number")
        self._require_alive(claims["exp"])
        if max(claims["iat"], claims.get("nbf", 0)) > self._now() + self._audience.skew_seconds:
            raise _invalid("it is not valid yet")

    def _require_alive(self, expires_at: int) -> None:
        if self._now() >= expires_at:
            raise _expired()

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _remember(self, digest: bytes, kid: str, user: User) -> None:
        self._known[digest] = (kid, user)
        while len(self._known) > _KEPT_TOKENS:
            self._known.popitem(last=False)


class NoPool:
    """`ports.access.Tokens` while no user pool is set: nobody gets in."""

    async def user(self, token: str) -> User:
        raise UserPoolMissing(
            "no user pool is set",
            suggestion="set CLOUD_COGNITO__USER_POOL_ID and CLOUD_COGNITO__CLIENT_ID where the API runs",
        )


def _kid(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except (JOSEError, ValueError, TypeError, AttributeError):
        raise _invalid("it can't be read") from None
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str) or "crit" in header:
        raise _invalid(f"it is not signed with {ALGORITHM} by a key that it names")
    return kid


def _invalid(why: str) -> InvalidToken:
    return InvalidToken(f"the token is refused: {why}", suggestion="log in again")


def _expired() -> TokenExpired:
    return TokenExpired("the token has expired", suggestion="log in again")
