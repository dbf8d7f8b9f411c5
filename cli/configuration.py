"""The tool's configuration file: defaults for options.

    defaults:
      environment: stage     # --environment
      region: eu-west-1      # --region of init
      org: Birchway          # --org of init
      parallel: 4            # --parallel

`--config` (or CLOUD_CONFIG) names the file; else `~/.cloud/config.yaml` is read, and over it
`<workspace>/.cloud/config.yaml`. Options win over variables, variables over files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import typer

from cloud_core.adapters.local.text_files import file_errors
from cloud_core.adapters.local.workspace import locate_workspace
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.names import parse_environment

CONFIG_VARIABLE: Final = "CLOUD_CONFIG"
MOST_PARALLEL: Final = 100
_SECTION: Final = "defaults"
_FILE: Final = Path(".cloud") / "config.yaml"
_OF_INIT: Final = frozenset({"region", "org"})


def _parallel(text: str) -> None:
    if not (text.isdecimal() and 1 <= int(text) <= MOST_PARALLEL):
        raise InvalidInput(f"{text!r} is no number from 1 to {MOST_PARALLEL}")


_CHECKS: Final[Mapping[str, Callable[[str], object]]] = {
    "environment": parse_environment,
    "region": str,
    "org": str,
    "parallel": _parallel,
}
OPTIONS: Final = tuple(_CHECKS)


def defaults_of(command: str | None, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the command takes: organisation and region are filters everywhere but in `init`."""
    return {name: value for name, value in defaults.items() if command == "init" or name not in _OF_INIT}


def option_defaults(chosen: Path | None, home: Path, start: Path) -> dict[str, Any]:
    """Values by the option's name. typer.BadParameter for a chosen file that is not there, or an unreadable one;
    NotPermitted for a home or workspace that can't be entered."""
    if chosen is not None:
        with file_errors("used as the tool's configuration", chosen):
            is_there = chosen.is_file()
        if not is_there:
            raise typer.BadParameter(f"the configuration file {chosen} does not exist")
        return _read(chosen)
    workspace = locate_workspace(None, os.environ, start).root
    with file_errors("searched for the tool's configuration"):
        files = [path for path in (home / _FILE, workspace / _FILE) if path.is_file()]
    return {name: value for path in dict.fromkeys(files) for name, value in _read(path).items()}


def _read(path: Path) -> dict[str, Any]:
    # Lazy for start-up time: most people have no such file.
    from cloud_core.adapters.local.yaml_reading import read_text

    try:
        document = read_text(path.read_text("utf-8"), path.name) or {}
    except (InvalidInput, OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} can't be read: {error}") from None
    defaults = document.get(_SECTION) or {} if isinstance(document, Mapping) else None
    if not isinstance(defaults, Mapping):
        raise typer.BadParameter(f"{path} must be a map whose 'defaults' is a map as well")
    if unknown := sorted(set(map(str, document)) - {_SECTION}):
        raise typer.BadParameter(f"{path}: there is no section {unknown[0]!r}, only {_SECTION}")
    if unknown := sorted(set(map(str, defaults)) - set(OPTIONS)):
        raise typer.BadParameter(f"{path}: defaults has no {unknown[0]!r}, only {', '.join(OPTIONS)}")
    return {name: _checked(path, name, str(value)) for name, value in defaults.items()}


def _checked(path: Path, name: str, value: str) -> str:
    """A mistake is told here, where the file is known: the option would blame the command line."""
    try:
        _CHECKS[name](value)
    except InvalidInput as error:
        raise typer.BadParameter(f"{path}: {_SECTION}.{name}: {error.message}") from None
    return value
