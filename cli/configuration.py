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
SECTION: Final = "defaults"
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
    """Values by the option's name; raises as `configuration_files` and `read_defaults`."""
    files = configuration_files(chosen, home, start)
    return {name: value for path in files for name, value in read_defaults(path).items()}


def user_file(home: Path) -> Path:
    """The file of the person, for all workspaces; it need not exist."""
    return home / _FILE


def configuration_files(chosen: Path | None, home: Path, start: Path) -> list[Path]:
    """The files that are there; what stands in a later one wins.

    typer.BadParameter for a chosen one that is not there; NotPermitted for a home or workspace that can't be entered.
    """
    if chosen is not None:
        with file_errors("used as the tool's configuration", chosen):
            is_there = chosen.is_file()
        if not is_there:
            raise typer.BadParameter(f"the configuration file {chosen} does not exist")
        return [chosen]
    workspace = locate_workspace(None, os.environ, start).root
    with file_errors("searched for the tool's configuration"):
        return list(dict.fromkeys(path for path in (user_file(home), workspace / _FILE) if path.is_file()))


def read_defaults(path: Path) -> dict[str, Any]:
    """The file's values as texts, by the option's name; typer.BadParameter for a file that breaks a rule."""
    # Lazy for start-up time: most people have no such file.
    from cloud_core.adapters.local.yaml_reading import read_text

    try:
        document = read_text(path.read_text("utf-8"), path.name) or {}
    except (InvalidInput, OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} can't be read: {error}") from None
    defaults = document.get(SECTION) or {} if isinstance(document, Mapping) else None
    if not isinstance(defaults, Mapping):
        raise typer.BadParameter(f"{path} must be a map whose 'defaults' is a map as well")
    if unknown := sorted(set(map(str, document)) - {SECTION}):
        raise typer.BadParameter(f"{path}: there is no section {unknown[0]!r}, only {SECTION}")
    if unknown := sorted(set(map(str, defaults)) - set(OPTIONS)):
        raise typer.BadParameter(f"{path}: defaults has no {unknown[0]!r}, only {', '.join(OPTIONS)}")
    return {name: _checked(path, name, str(value)) for name, value in defaults.items()}


def check_default(name: str, value: str) -> None:
    """InvalidInput for a value that the option would refuse."""
    _CHECKS[name](value)


def _checked(path: Path, name: str, value: str) -> str:
    """A mistake is told here, where the file is known: the option would blame the command line."""
    try:
        check_default(name, value)
    except InvalidInput as error:
        raise typer.BadParameter(f"{path}: {SECTION}.{name}: {error.message}") from None
    return value
