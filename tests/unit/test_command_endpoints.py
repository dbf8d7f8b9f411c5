"""The table of commands and endpoints holds every command, and no endpoint that the API does not have."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from typer.main import get_command

from api.app import create_app
from api.routes import BASE
from cli.main import COMMANDS as PROGRAM
from cloud_core.answers.endpoints import COMMANDS, WITHOUT_A_COMMAND, Endpoint, NotRemote
from cloud_core.settings import Settings

TOLD = [(name, one) for name, found in COMMANDS.items() if not isinstance(found, NotRemote) for one in found]


@pytest.fixture(scope="module")
def paths() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = create_app(Settings()).openapi()["paths"]
    return {path.removeprefix(BASE): methods for path, methods in found.items()}


def commands() -> set[str]:
    """Those of the program, `group command` for a group's; older names are left out."""
    names = set()
    for name, entry in PROGRAM.items():
        if entry.alias_of is None:
            found: Any = get_command(import_module(f"cli.commands.{entry.module}").app)
            own = getattr(found, "commands", {})
            names |= {name} if name in own or not own else {f"{name} {one}" for one in own}
    return names


def test_every_command_is_told_of() -> None:
    # `detect-drift` is an older name with a handler of its own.
    assert set(COMMANDS) == commands() | {"detect-drift"}


@pytest.mark.parametrize(("command", "endpoint"), TOLD, ids=str)
def test_every_endpoint_is_there_with_its_permission(
    paths: dict[str, dict[str, Any]], command: str, endpoint: Endpoint
) -> None:
    operation = paths[endpoint.path][endpoint.method.lower()]
    assert operation.get("x-permission") == endpoint.permission


def test_every_other_endpoint_is_explained(paths: dict[str, dict[str, Any]]) -> None:
    told = {(one.path, one.method.lower()) for _, one in TOLD}
    others = {
        operation["operationId"]
        for path, methods in paths.items()
        for method, operation in methods.items()
        if (path, method) not in told
    }
    assert others == set(WITHOUT_A_COMMAND)
