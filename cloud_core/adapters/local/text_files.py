"""Text files written so that a reader sees the old or the new content, never half of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from cloud_core.domain.errors import NotPermitted


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
