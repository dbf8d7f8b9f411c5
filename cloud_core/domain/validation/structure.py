"""V1 to V3: is it a manifest at all. And how to go on with one that is not, so that all its other faults are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cloud_core.domain.manifest import Manifest, dotted, normalise, written_path
from cloud_core.domain.validation.findings import Finding, finding

SECTIONS: Final = ("deployment", "environments", "stacks")
_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "a text (put numbers in quotes)",
    "bool_type": "true or false",
    "float_type": "a number without quotes",
    "int_type": "a whole number without quotes",
    "int_from_float": "a whole number",
    "dict_type": "a map",
    "model_type": "a map",
    "tuple_type": "a list of stack names, or ALL",
}
# What stands in for a field that is missing or of a wrong type, only to look further.
_STAND_INS: Final[Mapping[str, Any]] = {
    "id": "",
    "org": "",
    "project": "",
    "template": "",
    "createdAt": "",
    "enabled": True,
    "account": "",
    "region": "",
    "dependencies": [],
}

Locate = Callable[[tuple[str | int, ...]], str]


def locator(file: str, data: Any) -> Locate:
    """Turns a canonical path into `file:dotted.path` as the file spells it."""

    def locate(path: tuple[str | int, ...]) -> str:
        written = written_path(path, data) if isinstance(data, Mapping) else path
        return ":".join(part for part in (file, dotted(written)) if part)

    return locate


def check_sections(data: Any, locate: Locate) -> Iterator[Finding]:
    """V1: the top level is a map. V2: its three sections are there and are maps."""
    if not isinstance(data, Mapping):
        yield finding("SYNTAX_ERROR", locate(()), f"the top level must be a map, but it is {_kind(data)}")
        return
    canonical = normalise(data)
    for section in SECTIONS:
        if section not in canonical:
            yield finding("MISSING_SECTION", locate(()), f"the section {section!r} is missing", section=section)
        elif not isinstance(canonical[section], Mapping):
            kind = _kind(canonical[section])
            message = f"the section {section!r} must be a map, but it is {kind}"
            yield finding("MISSING_SECTION", locate((section,)), message, section=section)


def check_structure(canonical: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """V3: required fields are there, and every field has its type. Values are never shown."""
    for error in _errors(canonical):
        path = error["loc"]
        if error["type"] == "missing":
            field = str(path[-1])
            yield finding("REQUIRED_FIELD", locate(path), f"the field {dotted(path)!r} is required", field=field)
        else:
            expected = _EXPECTED.get(error["type"], error["msg"])
            message = f"{dotted(path)!r} must be {expected}, but it is {_kind(error['input'])}"
            yield finding("INVALID_TYPE", locate(path), message, expected=expected)


def salvage(canonical: Mapping[str, Any]) -> Manifest:
    """The manifest with stand-ins for what is missing, and without what has a wrong type."""
    data = deepcopy(dict(canonical))
    while errors := _errors(data):
        for error in errors:
            _mend(data, error["loc"])
    return Manifest.model_validate(data)


def _errors(canonical: Mapping[str, Any]) -> list[ErrorDetails]:
    try:
        Manifest.model_validate(canonical)
    except ValidationError as error:
        return error.errors(include_url=False, include_context=False)
    return []


def _mend(data: Any, path: tuple[str | int, ...]) -> None:
    """Replace or drop the innermost named field of the path; a list with a bad item goes as a whole.

    A whole environment or stack is emptied, not dropped: the next round gives it its stand-ins.
    """
    names = [step for step in path if isinstance(step, str)]
    *way, last = names
    for step in way:
        data = data[step]
    if len(names) == 2 and names[0] in ("environments", "stacks"):
        data[last] = {}
    elif last in _STAND_INS and data.get(last) != _STAND_INS[last]:
        data[last] = deepcopy(_STAND_INS[last])
    else:
        data.pop(last, None)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list() | tuple():
            return "a list"
    return "a map"
