"""Source code as trees, for tests that hold rules about it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")

_TRIES: Final = 3


def parsed(source: str) -> ast.Module:
    """`ast.parse`. SyntaxError as there."""
    return _again(lambda: ast.parse(source))


def source_of(thing: type[Any]) -> str:
    """`inspect.getsource` of a class, which parses its module. OSError as there."""
    return _again(lambda: inspect.getsource(thing))


def _again(parse: Callable[[], T]) -> T:
    """Tried again when CPython 3.11 miscounts its own recursion, which it tells as a SystemError: the count is shared
    by all threads that parse at the same time. Seen in long processes with many threads; the next try is right."""
    for _ in range(_TRIES - 1):
        try:
            return parse()
        except SystemError:
            continue
    return parse()
