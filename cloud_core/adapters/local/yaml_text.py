"""YAML and JSON texts: read into plain data, write, and edit so that comments survive."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.representer import RoundTripRepresenter

from cloud_core.adapters.local.yaml_edits import edit_document, styled
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.manifest import Edit, apply_edits

MAX_NODES: Final = 100_000
MAX_DEPTH: Final = 60
_WIDTH: Final = 4096  # no line is folded: a comment or a long value stays as it was written
_FLOAT: Final = "tag:yaml.org,2002:float"
_BARE_KEY: Final = re.compile(r":\s*(#.*)?$")


class UnreadableText(InvalidInput):
    """Context `file`, `problem`, and 1-based `line` and `column` where known (else None)."""


class _PlainConstructor(SafeConstructor):
    """Times stay the texts that were written."""


class _WrittenFloat(float):
    """A decimal number that is written again as it was: the library's own keeps too few digits."""

    text: str


class _RoundTripConstructor(RoundTripConstructor):
    def construct_yaml_float(self, node: Any) -> _WrittenFloat:
        number = _WrittenFloat(SafeConstructor.construct_yaml_float(self, node))
        number.text = node.value
        return number


class _RoundTripRepresenter(RoundTripRepresenter):
    def represent_written_float(self, number: _WrittenFloat) -> Any:
        return self.represent_scalar(_FLOAT, number.text)


_PlainConstructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)
_RoundTripConstructor.add_constructor(_FLOAT, _RoundTripConstructor.construct_yaml_float)
_RoundTripRepresenter.add_representer(_WrittenFloat, _RoundTripRepresenter.represent_written_float)


def file_text(path: Path) -> str:
    """The file's text; UnreadableText when it is not UTF-8."""
    with _errors(path.name):
        return path.read_text("utf-8")


def read_text(text: str, file: str) -> Any:
    """Maps, lists, texts, finite numbers, booleans and null; keys are texts. UnreadableText names line and column."""
    with _errors(file):
        if file.endswith(".json"):
            data = json.loads(text, object_pairs_hook=_unique_pairs)
        else:
            loader = YAML(typ="safe", pure=True)
            loader.Constructor = _PlainConstructor
            data = loader.load(text)
        return _Plain(file).convert(data, 0)


def edit_text(text: str, file: str, edits: Sequence[Edit]) -> str:
    """The text with the edits made; in YAML comments, quotes and order are kept."""
    with _errors(file):
        if file.endswith(".json"):
            data = json.loads(text)
            apply_edits(data, edits)
            return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
        document = _round_trip().load(text)
        for edit in edits:
            edit_document(document, edit)
        return _dump(document, *_indentation(text))


def write_text(data: Mapping[str, Any], header: str = "") -> str:
    """YAML with the sections apart by an empty line, short lists in one line; `header` becomes comment lines."""
    parts = [_dump(styled({key: value})) for key, value in data.items()]
    comment = "".join(f"# {_printable(line)}".rstrip() + "\n" for line in header.splitlines())
    return "\n".join([*([comment] if comment else []), *parts])


def _printable(line: str) -> str:
    return "".join(character for character in line if character.isprintable())


def _round_trip() -> YAML:
    yaml = YAML(typ="rt")
    yaml.Constructor = _RoundTripConstructor
    yaml.Representer = _RoundTripRepresenter
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    return yaml


def _dump(document: Any, mapping: int = 2, dash: int = 0) -> str:
    writer = _round_trip()
    writer.indent(mapping=mapping, sequence=dash + 2, offset=dash)
    stream = io.StringIO()
    writer.dump(document, stream)
    return stream.getvalue()


def _indentation(text: str) -> tuple[int, int]:
    """How the writer indents: the spaces of a nested map, and those before a dash; 2 and 0 when nothing tells."""
    found: dict[bool, int] = {}
    parent: int | None = None
    for line in text.splitlines():
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        depth = len(line) - len(line.lstrip())
        if parent is not None:
            found.setdefault(content.startswith("- "), depth - parent)
        parent = depth if _BARE_KEY.search(line) else None
    return max(found.get(False, 2), 2), max(found.get(True, 0), 0)


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Refused(f"the key {key!r} stands there twice")
        found[key] = value
    return found


class _Refused(Exception):
    """Readable, but not what a manifest can hold."""


class _Plain:
    """Copies loaded data, with a bound on what aliases may blow up."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._nodes = 0

    def convert(self, value: Any, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise _Refused(f"it is too large: at most {MAX_NODES} values and {MAX_DEPTH} levels, aliases unfolded")
        if isinstance(value, Mapping):
            return {self._key(key): self.convert(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.convert(item, depth + 1) for item in value]
        if isinstance(value, float) and not math.isfinite(value):
            raise _Refused(f"{value} is not a number that can be stored")
        if isinstance(value, str):
            value.encode("utf-8")  # refuses the half of a surrogate pair
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        raise _Refused(f"a value of type {type(value).__name__} is not allowed")

    def _key(self, key: Any) -> str:
        if isinstance(key, (str, int, float)) and not isinstance(key, bool):
            return str(self.convert(key, 0))
        raise _Refused(f"the key {key!r} is not a text")


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
