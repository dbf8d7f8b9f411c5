"""Encryption of the few secrets that the records must give back, and of what nobody but the platform shall read."""

from __future__ import annotations

import base64
import hashlib
from functools import cached_property
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from cloud_core.domain.errors import UnresolvablePlaceholder

# The salt only keeps this key apart from other uses of the same passphrase; it must never change.
_SALT: Final = b"cloud/calculated-values/1"
_SCRYPT: Final = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}


class ValueCipher:
    """Authenticated encryption (Fernet) under a key stretched from the engine's passphrase or digest key. A salt of its
    own keeps another use apart."""

    def __init__(self, passphrase: bytes, salt: bytes = _SALT) -> None:
        if not passphrase:
            raise ValueError("a cipher needs a passphrase")
        self._passphrase = passphrase
        self._salt = salt

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Raises UnresolvablePlaceholder when the value was encrypted under another passphrase, or damaged."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise UnresolvablePlaceholder(
                "the kept value can't be decrypted: it was kept under another passphrase; set that one again"
            ) from None

    @cached_property
    def _fernet(self) -> Fernet:
        # Stretching takes a noticeable moment, so it waits for the first value.
        key = hashlib.scrypt(self._passphrase, salt=self._salt, **_SCRYPT)
        return Fernet(base64.urlsafe_b64encode(key))
