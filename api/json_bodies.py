"""JSON as it is taken: what RFC 8259 has, in texts that can be written anew.

The language's own reader takes more: `NaN`, numbers that become infinite, and halves of surrogate pairs, which no
store and no other reader takes.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request


def read_json(text: str | bytes) -> Any:
    """Raises ValueError for what is no JSON that can be read, RecursionError for what is too deep."""
    value = json.loads(text)
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError as error:
        raise json.JSONDecodeError(f"it can't be written anew: {type(error).__name__}", "", 0) from None
    return value


class JsonRequest(Request):
    """A request whose body is read so."""

    async def json(self) -> Any:
        return read_json(await self.body())
