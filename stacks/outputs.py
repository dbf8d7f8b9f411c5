"""What a stack program gives: a dataclass with snake_case fields, or a plain map, exported in camelCase.

A field with another outside name stands in the dataclass's `exported_names`, a class variable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pulumi
from pydantic.alias_generators import to_camel

from stacks.context import StackContext


def export_outputs(outputs: Any, context: StackContext) -> None:
    """Export the program's result and the four outputs that every stack has. None: the program exported by itself."""
    for name, value in {**_as_map(outputs), **_common(context)}.items():
        pulumi.export(name, value)


def _common(context: StackContext) -> dict[str, str]:
    return {
        "stackName": context.stack,
        "deploymentId": context.deployment_id,
        "region": context.region,
        "environment": context.environment.value,
    }


def _as_map(outputs: Any) -> dict[str, Any]:
    if outputs is None:
        return {}
    if isinstance(outputs, Mapping):
        return dict(outputs)
    if is_dataclass(outputs):
        names = getattr(outputs, "exported_names", {})
        return {names.get(one.name, to_camel(one.name)): getattr(outputs, one.name) for one in fields(outputs)}
    raise TypeError(f"a stack program returns a dataclass, a map or None, not {type(outputs).__name__}")
