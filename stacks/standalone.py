"""Runs a stack outside the platform, for people with the full Pulumi: `pulumi preview` in the stack's folder.

Inputs are read from the project's configuration (`pulumi config set azCount 3`); lists, maps, numbers and flags are
JSON, as in the generated files `config/<stack>.<environment>.yaml`.
"""

from __future__ import annotations

import json
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pulumi

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import parse_environment
from cloud_core.domain.values import SecretValue
from cloud_core.ports.engine import StackTarget
from stacks.inputs import StackInputs, input_name
from stacks.registry import StackRegistry


def run(stack: str) -> None:
    """Describe the stack's resources to the engine that runs this process."""
    config = pulumi.Config()
    registry = StackRegistry()
    registry.load_python(stack, _configured(registry.inputs(stack), config), _target(stack, config))()


def _target(stack: str, config: pulumi.Config) -> StackTarget:
    return StackTarget(
        deployment_id=config.require("deploymentId"),
        stack=stack,
        environment=parse_environment(config.require("environment")),
        organization=config.get("org") or pulumi.get_organization(),
        project=config.get("project") or pulumi.get_project(),
        region=config.get("region") or pulumi.Config("aws").require("region"),
        account=config.require("accountId"),
    )


def _configured(model: type[StackInputs], config: pulumi.Config) -> dict[str, Any]:
    values = {}
    for field in model.model_fields:
        name = input_name(model, field)
        text = config.get(name)
        if field == "environment" or text is None:
            continue
        value = text if _is_text(model.model_fields[field].annotation) else _parsed(name, text)
        values[name] = SecretValue(value) if pulumi.runtime.is_config_secret(config.full_key(name)) else value
    return values


def _is_text(annotation: Any) -> bool:
    """Whether a text is a value of this type as it stands: `str`, a literal of texts, or a union with one of them."""
    if get_origin(annotation) is Literal:
        return all(isinstance(choice, str) for choice in get_args(annotation))
    if get_origin(annotation) in (Union, UnionType, Annotated):
        return any(_is_text(part) for part in get_args(annotation))
    return annotation is str


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise InvalidStackInput(f'configuration {name!r} must be JSON, such as 3, true or ["a"]') from None
