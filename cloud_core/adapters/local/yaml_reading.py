"""YAML and JSON texts read into plain data: strictly, with bounds, and with the place of what is wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import SequenceNode

from cloud_core.adapters.local.text_files import file_errors
from cloud_core.domain.errors import InvalidInput

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_NODES: Final = 100_000
MAX_DEPTH: Final = 60
_MAX_DIGITS: Final = 38  # what the records can hold
_MERGE: Final = "tag:yaml.org,2002:merge"


class UnreadableText(InvalidInput):
    """Context `file`, `problem`, and 1-based `line` and `column` where known (else None)."""


class _Refused(Exception):
    """Readable, but not what a manifest can hold."""


_TOO_LARGE: Final = f"it is too large: at most {MAX_NODES} values and {MAX_DEPTH} levels, aliases unfolded"


class _PlainConstructor(SafeConstructor):
    """Times stay the texts that were written; what merge keys (`<<`) may blow up is bounded."""

    _merged = 0

    def flatten_mapping(self, node: Any) -> Any:
        for key, value in node.value:
            if key.tag == _MERGE:
                for source in value.value if isinstance(value, SequenceNode) else [value]:
                    self._count_merged(source)
        return super().flatten_mapping(node)

    def _count_merged(self, source: Any) -> None:
        """The library copies each source's pairs into the node that merges it, sources of sources first."""
        if isinstance(source.value, list):
            self.flatten_mapping(source)
            self._merged += len(source.value)
        if self._merged > MAX_NODES:
            raise _Refused(_TOO_LARGE)


_PlainConstructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def file_text(path: Path) -> str:
    """The file's text, its line breaks as they are; UnreadableText when it is too large or not UTF-8.

    NotPermitted when the file system refuses it.
    """
    with file_errors("read"), _errors(path.name):
        if path.stat().st_size > MAX_BYTES:
            raise _Refused(f"it is too large: at most {MAX_BYTES // 1024} KB")
        return path.read_bytes().decode("utf-8")


def read_text(text: str, file: str) -> Any:
    """Maps, lists, texts, finite numbers, booleans and null; keys are texts. UnreadableText names line and column."""
    with _errors(file):
        data = json.loads(text, object_pairs_hook=_unique_pairs) if file.endswith(".json") else _construct(text)
        return _Plain().convert(data, 0)


@lru_cache(maxsize=64)
def _construct(text: str) -> Any:
    """Kept, since reading YAML is slow and the same files are asked for several times a command; whoever wants the data
    gets a copy of it."""
    loader = YAML(typ="safe", pure=True)
    loader.Constructor = _PlainConstructor
    try:
        return loader.load(text)
    except (LookupError, ArithmeticError, TypeError, AttributeError) as error:  # `!!bool x`, `"\UFFFFFFFF"`
        raise _Refused(f"a value is not what its tag or escape says ({error})") from None


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Refused(f"the key {key!r} stands there twice")
        found[key] = value
    return found


class _Plain:
    """Copies loaded data, with a bound on what aliases may blow up."""

    def __init__(self) -> None:
        self._nodes = 0

    def convert(self, value: Any, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise _Refused(_TOO_LARGE)
        if isinstance(value, Mapping):
            return _unique_pairs([(self._key(key), self.convert(item, depth + 1)) for key, item in value.items()])
        if isinstance(value, list):
            return [self.convert(item, depth + 1) for item in value]
        return _scalar(value)

    def _key(self, key: Any) -> str:
        if isinstance(key, (str, int, float)) and not isinstance(key, bool):
            return str(self.convert(key, 0))
        raise _Refused(f"the key {key!r} is not a text")


def _scalar(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise _Refused(f"{value} is not a number that can be stored")
    if isinstance(value, int) and abs(value) >= 10**_MAX_DIGITS:
        raise _Refused(f"a whole number has more than {_MAX_DIGITS} digits: put it in quotes if it is a text")
    if isinstance(value, str):
        value.encode("utf-8")  # refuses the half of a surrogate pair
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise _Refused(f"a value of type {type(value).__name__} is not allowed")


@contextmanager
def _errors(file: str) -> Iterator[None]:
    """What the libraries raise, as one error with its place."""
    try:
        yield
    except json.JSONDecodeError as error:
        raise _unreadable(file, error.msg, error.lineno, error.colno) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        raise _unreadable(file, problem, *place) from None
    except UnicodeDecodeError as error:
        raise _unreadable(file, f"it is not UTF-8 text (byte {error.start})", None, None) from None
    except (YAMLError, ValueError, _Refused) as error:
        raise _unreadable(file, str(error), None, None) from None
    except RecursionError:
        raise _unreadable(file, "it is nested too deeply", None, None) from None


def _unreadable(file: str, text: str, line: int | None, column: int | None) -> UnreadableText:
    problem = text.splitlines()[0]
    place = f" at line {line}, column {column}" if line else ""
    return UnreadableText(
        f"{file} can't be read{place}: {problem}", file=file, problem=problem, line=line, column=column
    )
