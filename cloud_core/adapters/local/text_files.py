"""Text files written so that a reader sees the old or the new content, never half of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

from cloud_core.domain.errors import AlreadyExists, NotPermitted

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


def write_atomically(path: Path, text: str) -> None:
    """Replace the file's content and keep its mode; folders on the way are made. NotPermitted names the path."""
    with file_errors("written", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = draft_name(path)
        try:
            draft.write_text(text, encoding="utf-8", newline="\n")
            if path.exists():
                draft.chmod(path.stat().st_mode)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def write_privately(path: Path, text: str, replace: bool = False) -> None:
    """A file that only its owner may read, whole or not at all; its folder has to be there.

    AlreadyExists for a path that is taken, unless it may be replaced; NotPermitted names the path.
    """
    with file_errors("written", path):
        draft = draft_name(path)
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            if replace:
                draft.replace(path)
            else:
                path.hardlink_to(draft)
        except FileExistsError:
            raise _taken(path) from None
        finally:
            draft.unlink(missing_ok=True)


def require_free(path: Path) -> None:
    """AlreadyExists for a path that is taken."""
    if path.exists():
        raise _taken(path)


def _taken(path: Path) -> AlreadyExists:
    return AlreadyExists(f"{path} exists already", path=str(path), suggestion="choose another name, or use --force")


def draft_name(path: Path) -> Path:
    """A hidden name beside the path that nobody else uses."""
    return path.with_name(f".{path.name}.{uuid4().hex}")


@contextmanager
def file_errors(done: str, path: Path | None = None) -> Iterator[None]:
    """What the file system refuses, as the platform's error; `done` tells what can't be done.

    It names `path`, or what the file system names: for a hidden draft the file that it shall become is clearer.
    """
    try:
        yield
    except OSError as error:
        name = str(path or error.filename)
        raise NotPermitted(
            f"{name} can't be {done}: {error.strerror}",
            path=name,
            suggestion="check the owner, the mode and the free space of the workspace",
        ) from None
