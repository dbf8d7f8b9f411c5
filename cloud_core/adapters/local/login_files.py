"""Logins in private files of the user, one for each API."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from cloud_core.adapters.local.state_folder import state_folder
from cloud_core.adapters.local.text_files import PRIVATE_FOLDER, file_errors, write_privately
from cloud_core.domain.logins import Login
from cloud_core.domain.values import SecretValue

_KEPT_SECONDS: Final = 30 * 24 * 3600
"""No pool keeps a login alive for longer unless it is told to. A sandbox has a new address at each start: the files of
those that are gone would gather."""


def login_files() -> LoginFiles:
    """Those of the user who runs this."""
    return LoginFiles(lambda: state_folder() / "logins")


class LoginFiles:
    """`ports.logins.LoginStore`. The folder is asked for when it is needed."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder

    def get(self, api_url: str) -> Login | None:
        """A file that can't be understood is no login."""
        path = self._path(api_url)
        try:
            with file_errors("read", path):
                text = path.read_text("utf-8") if path.exists() else ""
            found = json.loads(text)
            if found["api_url"] != api_url:
                return None
            return Login(
                user=str(found["user"]),
                client_id=str(found["client_id"]),
                access_token=SecretValue(str(found["access_token"])),
                refresh_token=SecretValue(str(found["refresh_token"])),
                expires_at=_time(found["expires_at"]),
            )
        except (ValueError, KeyError, TypeError):
            return None

    def put(self, api_url: str, login: Login) -> None:
        path = self._path(api_url)
        with file_errors("written", path):
            path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        document = {
            "api_url": api_url,
            "user": login.user,
            "client_id": login.client_id,
            "access_token": login.access_token.value,
            "refresh_token": login.refresh_token.value,
            "expires_at": login.expires_at.isoformat(),
        }
        write_privately(path, json.dumps(document, indent=2) + "\n", replace=True)
        self._drop_old(path.parent)

    def remove(self, api_url: str) -> bool:
        path = self._path(api_url)
        with file_errors("removed", path):
            found = path.exists()
            path.unlink(missing_ok=True)
        return found

    def _path(self, api_url: str) -> Path:
        return self._folder() / f"{sha256(api_url.encode()).hexdigest()[:32]}.json"

    def _drop_old(self, folder: Path) -> None:
        oldest = time.time() - _KEPT_SECONDS
        for path in folder.glob("*.json"):
            with file_errors("removed", path):
                if path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)


def _time(text: str) -> datetime:
    """ValueError without a zone: it could not be compared."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found
