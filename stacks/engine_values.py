"""Our values as the engine's: secrets become secret outputs, values not known yet become unknown outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from cloud_core.domain.values import SecretValue, Unknown, Value


def to_engine_value(value: Value) -> Any:
    """Rebuild lists and maps with outputs in place of secret and unknown leaves. Call it inside a running program:
    an output belongs to the program's event loop."""
    if isinstance(value, SecretValue):
        return pulumi.Output.secret(to_engine_value(value.value))
    if isinstance(value, Unknown):
        return _unknown_output()
    if isinstance(value, Mapping):
        return {key: to_engine_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_engine_value(item) for item in value]
    return value


def _unknown_output() -> pulumi.Output[Any]:
    async def content() -> Any:
        return pulumi.UNKNOWN

    async def is_known() -> bool:
        return False

    return pulumi.Output(set(), content(), is_known())
