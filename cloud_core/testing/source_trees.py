"""Source code as trees, for tests that hold rules about it."""

from __future__ import annotations

import ast
from typing import Final

_TRIES: Final = 3


def parsed(source: str) -> ast.Module:
    """`ast.parse`, tried again when CPython 3.11 miscounts its own recursion, which it tells as a SystemError.

    Seen in long processes with many threads behind them; the next try is right. SyntaxError as `ast.parse`.
    """
    for _ in range(_TRIES - 1):
        try:
            return ast.parse(source)
        except SystemError:
            continue
    return ast.parse(source)
