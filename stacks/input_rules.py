"""Rules between two inputs of a stack that several stacks have."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationInfo, field_validator
from pydantic.alias_generators import to_camel


def needs(field: str, switch: str, why: str) -> Any:
    """A validator: the field may be on only where the switch is, which stands before it among the inputs."""

    def check(value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get(switch) is False:
            raise ValueError(f"needs {to_camel(switch)}: {why}")
        return value

    return field_validator(field)(check)
