"""Copies of records: whoever has stored one, or been given one, can't change what the store holds."""

from __future__ import annotations

from copy import deepcopy
from enum import Enum
from typing import Any, Final, TypeVar

from pydantic import BaseModel

RecordT = TypeVar("RecordT", bound=BaseModel)
_UNCHANGING: Final = frozenset({str, int, float, bool, type(None)})


def copy_of(record: RecordT) -> RecordT:
    """As `model_copy(deep=True)`, in a quarter of the time, which is most of what the property tests take: records are
    plain data, so that nothing in them stands twice or refers back."""
    copied = record.__new__(type(record))
    copied.__setstate__({**record.__getstate__(), "__dict__": _copied_values(record.__dict__)})
    return copied


def _copied_values(values: dict[Any, Any]) -> dict[Any, Any]:
    return {key: one if type(one) in _UNCHANGING else _copied(one) for key, one in values.items()}


def _copied(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return _copied_values(value)
    if kind is list:
        return [one if type(one) in _UNCHANGING else _copied(one) for one in value]
    if isinstance(value, Enum):
        return value
    return copy_of(value) if isinstance(value, BaseModel) else deepcopy(value)
