"""Tokens of lists that show only a part: the place of an item that is left out must not be read from them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final

from cloud_core.adapters.dynamodb.value_cipher import ValueCipher
from cloud_core.domain.errors import UnresolvablePlaceholder
from cloud_core.domain.page_tokens import foreign_token

# The salt only keeps this key apart from other uses of the same passphrase.
_SALT: Final = b"cloud/page-tokens/1"


class CipherSeal:
    """`ports.seals.TokenSeal`, under the platform's digest key, which is asked for with the first token."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def close(self, token: str) -> str:
        return self._cipher.encrypt(token)

    def open(self, sealed: str) -> str:
        try:
            return self._cipher.decrypt(sealed)
        except (UnresolvablePlaceholder, UnicodeError):
            raise foreign_token() from None

    @cached_property
    def _cipher(self) -> ValueCipher:
        return ValueCipher(self._key(), _SALT)
