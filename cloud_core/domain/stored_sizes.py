"""What an item of the records can hold, and what of it has to be left out where it is more.

Sizes are those of DynamoDB's developer guide ("Item sizes and formats"), never smaller than what the store counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

LARGEST_ITEM: Final = 400 * 1024
"""Bytes of an item, the names of its attributes included."""
_WORTH_LEAVING_OUT: Final = 1024
"""Bytes below which nothing is gained by leaving one value out."""
_FLOAT: Final = 21


def stored_bytes(value: Any) -> int:
    """Bytes of plain data: texts, numbers, truth values, None, lists and maps."""
    if isinstance(value, str):
        return len(value.encode(errors="replace"))
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int):
        # Not by its text: Python refuses to write very long ones.
        return (value.bit_length() // 3 + 2) // 2 + 2
    if isinstance(value, Mapping):
        return 3 + sum(1 + stored_bytes(str(name)) + stored_bytes(one) for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return 3 + sum(1 + stored_bytes(one) for one in value)
    return _FLOAT


def too_large(values: Mapping[str, Any], most: int) -> list[str]:
    """Names of the largest values without which the others are at most so many bytes, sorted; small values stay."""
    sizes = {name: stored_bytes(value) for name, value in values.items()}
    left, total = [], stored_bytes(values)
    for name in sorted(sizes, key=lambda one: (-sizes[one], one)):
        if total <= most or sizes[name] < _WORTH_LEAVING_OUT:
            break
        left.append(name)
        total -= sizes[name]
    return sorted(left)
