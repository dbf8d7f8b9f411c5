"""What a stack program is made of, told from files and installed packages alone."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from cloud_core.domain.names import PROJECT_FILE

_PACKAGE_MARKS: Final = (".dist-info", ".egg-info")
_NOT_CODE: Final = frozenset({"__pycache__", "docs", "node_modules"})


def program_digest(folder: Path, shared: bytes) -> str:
    """SHA-256 over the program's files and the `shared_code` of all programs."""
    return hashlib.sha256(_content(folder, _code_files(folder)) + shared).hexdigest()


def shared_code(folder: Path) -> bytes:
    """The building blocks beside all programs, `*.py` in `folder`, as they go into a digest."""
    return _content(folder, sorted(folder.glob("*.py")))


def _content(root: Path, files: Sequence[Path]) -> bytes:
    """Each file's name, length and bytes."""
    return b"".join(_entry(file.relative_to(root).as_posix(), file.read_bytes()) for file in files)


def _entry(name: str, data: bytes) -> bytes:
    return f"{name}\0{len(data)}\0".encode() + data


@lru_cache(maxsize=1)
def engine_packages() -> Mapping[str, str]:
    """Versions of the installed packages whose names begin with `pulumi`, by name.

    Found by the names of their folders: to ask all installed packages for their names reads the description of each.
    """
    found = {name.partition("-")[0] for folder in dict.fromkeys(sys.path) for name in _engine_folders(folder)}
    return dict(sorted((name.lower().replace("_", "-"), version(name)) for name in found))


def _engine_folders(folder: str) -> list[str]:
    """`pulumi_aws-7.51.1.dist-info`; none in what is no folder, or none of ours to read."""
    try:
        names = os.listdir(folder or os.curdir)
    except OSError:
        return []
    return [name for name in names if name.endswith(_PACKAGE_MARKS) and name.lower().startswith("pulumi")]


def _code_files(folder: Path) -> list[Path]:
    """The files that make the program: nothing hidden, compiled, written for readers, or configured by a person."""
    return sorted(file for file in folder.rglob("*") if file.is_file() and _is_code(file.relative_to(folder)))


def _is_code(file: Path) -> bool:
    hidden = any(part.startswith(".") or part in _NOT_CODE for part in file.parts)
    configuration = file.name != PROJECT_FILE and file.name.startswith("Pulumi.")
    return not hidden and not configuration
