"""The sandbox's state folder: claimed before it is touched, locked while it is changed, wiped between generations.

    sandbox.lock   claims the folder for the sandbox and is held by the command that is at work
    sandbox.json   addresses and processes (cloud_core.adapters.local.sandbox_state)
    logs/          one file a process
    pulumi/        the engine's backend
    prefect/       the flow service's home with its database
    work/          where flow runs start, empty
    passphrase     of the engine's secrets, 0600
    digest_key     of the content digests, 0600
    user_pool.json the users of the API with their passwords, 0600

Only the lock survives a wipe.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from cloud_core.adapters.local.sandbox_state import SandboxAddresses
from cloud_core.domain.errors import Conflict, InvalidInput

LOCK_FILE: Final = "sandbox.lock"
PREFECT_HOME: Final = "prefect"
# Whoever asks whether the lock is held has it for an instant.
_PATIENCE_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.05


def claim(folder: Path) -> None:
    """Make the folder ours; InvalidInput when somebody else's files are in it, for we will delete what is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / LOCK_FILE).exists():
        return
    stranger = next(folder.iterdir(), None)
    if stranger is not None:
        raise InvalidInput(
            f"{folder} can't be the sandbox's state folder: it holds other files, such as {stranger.name!r}; "
            "set CLOUD_SANDBOX__STATE_DIR to a new or empty folder",
            field="sandbox.state_dir",
            value=str(folder),
        )
    (folder / LOCK_FILE).touch(mode=0o600)


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Claim the folder and hold its lock; Conflict when another command is at work in it."""
    claim(folder)
    with (folder / LOCK_FILE).open("r+") as lock:
        if not _take(lock, _PATIENCE_SECONDS):
            owner = lock.read().strip() or "unknown"
            raise Conflict(
                f"another sandbox command is at work in {folder} (pid {owner}); wait until it is done",
                suggestion="wait for the other command, then try again",
            )
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            lock.seek(0)
            lock.truncate()


def is_locked(folder: Path) -> bool:
    """Whether a command is at work in the folder now."""
    try:
        with (folder / LOCK_FILE).open("r+") as lock:
            return not _take(lock, 0)
    except FileNotFoundError:
        return False


def _take(lock: IO[str], patience: float) -> bool:
    """Whether the lock could be had; closing the file gives it back."""
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE_SECONDS)
        else:
            return True


def wipe(folder: Path) -> None:
    """Delete everything that the last generation left, but for the lock. Call it with the lock held."""
    for entry in folder.iterdir():
        if entry.name == LOCK_FILE:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def furnish(addresses: SandboxAddresses) -> None:
    """Create the folders and fresh secrets of a new generation."""
    folder = addresses.state_dir
    for name in ("logs", "pulumi", PREFECT_HOME, "work"):
        (folder / name).mkdir(mode=0o700)
    # A workspace is often a repository; nothing of the sandbox belongs into it.
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    for path in (addresses.passphrase_file, addresses.digest_key_file):
        _write_secret(path)


def _write_secret(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(32))
