"""AWSJSON that has to hold a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud_core.domain.errors import InvalidInput


def a_mapping(name: str, value: Any) -> Mapping[str, Any]:
    """Raises InvalidInput."""
    if isinstance(value, Mapping):
        return value
    raise InvalidInput(f"{name} must hold a JSON object", field=name)


def or_mapping(name: str, value: Any) -> Mapping[str, Any] | None:
    """As `a_mapping`; None stays None."""
    return None if value is None else a_mapping(name, value)
