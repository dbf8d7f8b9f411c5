"""The pool's public keys, read from its address and kept."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from jose import jwk
from jose.backends.base import Key
from jose.exceptions import JOSEError

from cloud_core.ports.clock import Clock

ALGORITHM: Final = "RS256"
_READ_SECONDS: Final = 5.0
_LARGEST_BYTES: Final = 262_144
_log = logging.getLogger(__name__)


class KeysUnreachable(Exception):
    """The pool's keys can't be read, and none is kept."""


class PoolKeys:
    """Keys by their id. They are read again when they are old, and when an unknown one is named: at most once in
    `refetch_seconds`, so that forged tokens can't be used to flood the pool. Keys that were read stay when the pool is
    away."""

    def __init__(self, url: str, clock: Clock, keys_seconds: float, refetch_seconds: float) -> None:
        self._url = url
        self._clock = clock
        self._keys_seconds = keys_seconds
        self._refetch_seconds = refetch_seconds
        self._keys: dict[str, Key] = {}
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()

    def known(self, kid: str) -> Key | None:
        """A key that is there and not too old."""
        return None if self._is_old() else self._keys.get(kid)

    async def get(self, kid: str) -> Key | None:
        """None when the pool has no such key. KeysUnreachable while none was ever read."""
        if self.known(kid) is None:
            async with self._lock:
                if self.known(kid) is None and self._may_try():
                    await self._read()
        if self._read_at is None:
            raise KeysUnreachable
        return self._keys.get(kid)

    def _is_old(self) -> bool:
        return self._read_at is None or self._clock.monotonic() - self._read_at >= self._keys_seconds

    def _may_try(self) -> bool:
        return self._tried_at is None or self._clock.monotonic() - self._tried_at >= self._refetch_seconds

    async def _read(self) -> None:
        # Lazy for start-up time.
        import httpx

        before, self._tried_at = self._tried_at, self._clock.monotonic()
        try:
            async with httpx.AsyncClient() as client:
                answer = await client.get(self._url, timeout=_READ_SECONDS, follow_redirects=False)
            answer.raise_for_status()
            self._keys = _keys_of(answer.content)
        except asyncio.CancelledError:
            # Who asked has gone: that says nothing of the pool, and the next one may try at once.
            self._tried_at = before
            raise
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            _log.warning("the user pool's keys at %s can't be read: %s", self._url, type(error).__name__)
            return
        self._read_at = self._clock.monotonic()


def _keys_of(content: bytes) -> dict[str, Key]:
    """Public RSA keys for signatures; whatever else a key set holds is none of ours. Raises ValueError."""
    if len(content) > _LARGEST_BYTES:
        raise ValueError("the key set is too large")
    document: Any = json.loads(content)
    listed = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(listed, list):
        raise ValueError("this is no key set")
    return {one["kid"]: key for one in listed if (key := _key(one)) is not None}


def _key(entry: Any) -> Key | None:
    if not isinstance(entry, Mapping) or entry.get("kty") != "RSA" or not isinstance(entry.get("kid"), str):
        return None
    if entry.get("alg", ALGORITHM) != ALGORITHM or entry.get("use", "sig") != "sig":
        return None
    try:
        return jwk.construct({name: entry[name] for name in ("kty", "n", "e")}, ALGORITHM)
    except (JOSEError, KeyError, TypeError, ValueError):
        return None
