"""The sandbox's user pool, as its private file tells: where it is, and its users with their passwords."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloud_core.adapters.local.text_files import write_privately
from cloud_core.domain.errors import InvalidInput, SandboxNotRunning
from cloud_core.domain.values import SecretValue

DEFAULT_USER: Final = "admin"
"""Who somebody is in the sandbox who does not say: whoever started it may do everything with it anyway."""


@dataclass(frozen=True)
class SandboxPool:
    """The pool of one generation, and the passwords by user name, which were drawn for it."""

    region: str
    user_pool_id: str
    client_id: str
    passwords: Mapping[str, SecretValue]

    def jwks_url(self, endpoint: str) -> str:
        """Where its public keys are read; its issuer names AWS's own address, which nobody may be sent to."""
        return f"{endpoint}/{self.user_pool_id}/.well-known/jwks.json"

    def user(self) -> str:
        return DEFAULT_USER

    def password(self, user: str) -> SecretValue:
        """InvalidInput for a user that the sandbox does not have."""
        if user not in self.passwords:
            raise InvalidInput(
                f"the sandbox has no user {user!r}: there are {', '.join(self.passwords)}", field="user", value=user
            )
        return self.passwords[user]


def write_pool(path: Path, pool: SandboxPool) -> None:
    """A new file that its owner alone can read."""
    document = {
        "region": pool.region,
        "user_pool_id": pool.user_pool_id,
        "client_id": pool.client_id,
        "users": {user: password.value for user, password in pool.passwords.items()},
    }
    write_privately(path, json.dumps(document, indent=2) + "\n")


def read_pool(path: Path) -> SandboxPool:
    """SandboxNotRunning without a file that can be understood; what is in it is never told."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        passwords = {str(user): SecretValue(str(word)) for user, word in document["users"].items()}
        return SandboxPool(document["region"], document["user_pool_id"], document["client_id"], passwords)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise SandboxNotRunning(
            f"the sandbox's users can't be read from {path} ({type(problem).__name__}); run 'cloud sandbox reset'",
            suggestion="run 'cloud sandbox reset'",
        ) from None
