"""Programs in other languages than Python: the engine runs them itself, through the language's host."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any, Final

from cloud_core.adapters.local.yaml_reading import file_text, read_text
from cloud_core.domain.errors import StackFailed
from cloud_core.domain.names import PROJECT_FILE, engine_project_name
from cloud_core.ports.engine import EngineInfo, ProgramFolder, StackTarget

# Its resources stand in the project file itself, not in a folder that `main` could name.
_IN_THE_PROJECT_FILE: Final = "yaml"


def project_document(target: StackTarget, program: ProgramFolder) -> dict[str, Any]:
    """The folder's own project file, under our project's name, with the folder as the place of the program."""
    path = program.folder / PROJECT_FILE
    own = read_text(file_text(path), path.name)
    main = {} if program.runtime == _IN_THE_PROJECT_FILE else {"main": str(program.folder / own.get("main", "."))}
    return {**own, "name": engine_project_name(target.project), **main}


def project_config(target: StackTarget, program: ProgramFolder) -> dict[str, Any]:
    """What the program is given, by the engine's own keys; what is null is left out."""
    project = engine_project_name(target.project)
    return {f"{project}:{name}": value for name, value in program.config.items() if value is not None}


def require_host(target: StackTarget, program: ProgramFolder, engine: EngineInfo, variables: Mapping[str, str]) -> None:
    """StackFailed when the language's host is neither on the path nor beside the engine."""
    host = f"pulumi-language-{program.runtime}"
    if shutil.which(host, path=variables.get("PATH")) or (engine.path.parent / host).is_file():
        return
    raise StackFailed(
        f"stack {target.stack!r} can't run: its {PROJECT_FILE} asks for the runtime {program.runtime!r}, and {host} "
        f"is neither on PATH nor in {engine.path.parent}",
        stack=target.stack,
        resource=None,
        diagnostics=[],
        suggestion=f"install {host}, which comes with the full Pulumi, and {program.runtime} where the flows run",
    )
