"""Finds the Pulumi engine: the setting, else `PATH`, else our tool folder in the user's cache.

The installer (`tools/install_engine.py`) shares this and runs before anything is installed, so only the standard
library is imported here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cloud_core.adapters.local.cache_folder import cache_folder
from cloud_core.domain.errors import EngineMissing

if TYPE_CHECKING:
    from cloud_core.ports.engine import EngineInfo
    from cloud_core.settings.engine import EngineSettings

# The engine that we build and test with; tools/engine/go.mod and the SDK in pyproject.toml name the same.
PINNED_VERSION: Final = "3.255.0"
BINARY_SETTING: Final = "CLOUD_ENGINE__BINARY"
FROM_SETTING: Final = "setting"
FROM_PATH: Final = "PATH"
FROM_TOOL_FOLDER: Final = "tool folder"
WAY_OUT: Final = "make setup"
_VERSION: Final = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_ASK_SECONDS: Final = 30.0


@dataclass(frozen=True)
class FoundEngine:
    """An engine that may be used. `source` is the place's name; `version` has no leading `v`."""

    path: Path
    version: str
    source: str


class Unusable(Exception):
    """Why the engine at one place can't be used; a half sentence."""


def find_engine(settings: EngineSettings) -> EngineInfo:
    """The engine to use. EngineMissing tells what is wrong with every place, and the way out."""
    # It needs pydantic, which the installer does without.
    from cloud_core.ports.engine import EngineInfo

    found = locate(settings.binary, settings.minimum_version)
    return EngineInfo(path=found.path, version=found.version, source=found.source)


def locate(setting: Path | None, minimum_version: str) -> FoundEngine:
    """The first usable engine; one that was set explicitly is the only one that counts."""
    problems = []
    for source, path in _places(setting):
        try:
            return _examine(source, path, minimum_version)
        except Unusable as problem:
            problems.append(f"{source}: {problem}")
    raise _missing(minimum_version, problems)


def tool_folder(version: str = PINNED_VERSION) -> Path:
    """Where our own engine of that version lies: outside every clone, so that a fresh one does not build again."""
    return _cache_folder() / version


def is_older(version: str, minimum: str) -> bool:
    """Compared by major, minor and patch. ValueError when one of them is no version."""
    return _numbers(version) < _numbers(minimum)


def _places(setting: Path | None) -> list[tuple[str, Path | None]]:
    if setting is not None:
        return [(f"{FROM_SETTING} {BINARY_SETTING}", setting.expanduser())]
    on_path = shutil.which("pulumi")
    return [
        (FROM_PATH, Path(on_path) if on_path else None),
        (FROM_TOOL_FOLDER, tool_folder() / "pulumi"),
    ]


def _examine(source: str, path: Path | None, minimum: str) -> FoundEngine:
    if path is None:
        raise Unusable("no 'pulumi' there")
    if not path.is_file():
        raise Unusable(f"{path} does not exist")
    version = engine_version(path)
    if is_older(version, minimum):
        raise Unusable(f"{path} is version {version}, older than {minimum}")
    return FoundEngine(path=path.absolute(), version=version, source=source)


def engine_version(path: Path) -> str:
    """The version of the engine at `path`, remembered until the file changes. Unusable when it does not tell."""
    status = path.stat()
    mark = {"mtime_ns": status.st_mtime_ns, "size": status.st_size}
    remembered = _read_memory().get(str(path))
    if isinstance(remembered, dict) and {**remembered, "version": None} == {**mark, "version": None}:
        return str(remembered["version"])
    version = ask_version(path)
    _remember(path, {**mark, "version": version})
    return version


def ask_version(path: Path) -> str:
    """The version that the engine at `path` tells when it is run; Unusable when it does not tell."""
    try:
        answer = subprocess.run(
            [str(path), "version"],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ASK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Unusable(f"{path} can't be run ({problem})") from problem
    if answer.returncode != 0:
        raise Unusable(f"{path} ended with exit code {answer.returncode} when asked for its version")
    text = answer.stdout.strip()
    if not text and path == tool_folder() / "pulumi":
        # Built without the version stamp, it prints nothing; but only the pinned version is put there.
        return PINNED_VERSION
    if not _VERSION.match(text):
        raise Unusable(f"{path} calls itself {text!r}, which is no version")
    return text.removeprefix("v")


def _numbers(version: str) -> tuple[int, ...]:
    match = _VERSION.match(version)
    if match is None:
        raise ValueError(f"{version!r} is no version such as {PINNED_VERSION}")
    return tuple(int(part) for part in match.groups())


def _cache_folder() -> Path:
    return cache_folder() / "engine"


def _memory_file() -> Path:
    return _cache_folder() / "versions.json"


def _read_memory() -> dict[str, Any]:
    try:
        memory = json.loads(_memory_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return memory if isinstance(memory, dict) else {}


def _remember(path: Path, entry: dict[str, Any]) -> None:
    """Best effort: without the memory the engine is only asked again."""
    file = _memory_file()
    draft = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(_read_memory() | {str(path): entry}, indent=2), encoding="utf-8")
        draft.replace(file)
    except OSError:
        return


def _missing(minimum: str, problems: list[str]) -> EngineMissing:
    places = "\n".join(f"  {problem}" for problem in problems)
    return EngineMissing(
        f"no usable Pulumi engine, {minimum} or later, was found:\n{places}\nrun '{WAY_OUT}' to install it",
        problems=problems,
        suggestion=f"run '{WAY_OUT}', or set {BINARY_SETTING} to an engine of your own",
    )
