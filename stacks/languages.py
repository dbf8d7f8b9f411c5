"""Programs in other languages than Python: what their project files ask for, and what they are given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cloud_core.domain.errors import InvalidInput, InvalidStackInput
from cloud_core.domain.names import PROJECT_FILE
from cloud_core.domain.values import SecretValue, Unknown, Value, contains
from cloud_core.ports.engine import StackTarget

PYTHON: Final = "python"


def runtime_of(stack: str, folder: Path) -> str:
    """The runtime that the folder's project file asks for; Python without one. InvalidInput when it can't be read."""
    file = folder / PROJECT_FILE
    if not file.is_file():
        return PYTHON
    try:
        project = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    except YAMLError as error:
        raise InvalidInput(f"{file} is not readable YAML: {error}", stack=stack) from None
    runtime = project.get("runtime") if isinstance(project, dict) else None
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    return str(language or PYTHON)


def program_config(inputs: Mapping[str, Value], target: StackTarget, runtime: str) -> dict[str, Value]:
    """The inputs, and what every stack knows of its deployment.

    InvalidStackInput names inputs that the engine's configuration can't hold: it lies on disk in clear, and knows no
    unknown values.
    """
    refused = [name for name, value in inputs.items() if contains(value, Unknown) or contains(value, SecretValue)]
    if refused:
        raise InvalidStackInput(
            f"stack {target.stack} is a program of the runtime {runtime!r}, which can't be given what is secret or not "
            f"known yet: {', '.join(sorted(refused))}; deploy the stacks that these come from first, give a plain "
            "value, or let the program read the secret itself",
            stack=target.stack,
            inputs=sorted(refused),
        )
    facts = {
        "deploymentId": target.deployment_id,
        "environment": target.environment.value,
        "org": target.organization,
        "project": target.project,
        "region": target.region,
        "accountId": target.account,
        "stackName": target.stack,
    }
    return {**inputs, **facts}
