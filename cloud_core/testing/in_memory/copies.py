"""Copies of records: whoever has stored one, or been given one, can't change what the store holds."""

from __future__ import annotations

from copy import deepcopy
from enum import Enum
from typing import Any, Final, TypeVar

from pydantic import BaseModel

RecordT = TypeVar("RecordT", bound=BaseModel)
_UNCHANGING: Final = (str, int, float, Enum, type(None))


def copy_of(record: RecordT) -> RecordT:
    """As `model_copy(deep=True)`, in half of the time, which is most of what the property tests take: records are
    plain data, so that nothing in them stands twice or refers back."""
    copied = record.model_copy()
    # By the dictionary, since records are frozen.
    copied.__dict__.update({name: _copied(value) for name, value in record.__dict__.items()})
    return copied


def _copied(value: Any) -> Any:
    if isinstance(value, _UNCHANGING):
        return value
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    if type(value) is list:
        return [_copied(item) for item in value]
    return copy_of(value) if isinstance(value, BaseModel) else deepcopy(value)
