"""For tests: what a command printed, held against the schema that is shipped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from jsonschema import Draft202012Validator

from cli.answers import ANSWERS
from cli.main import COMMANDS
from cloud_core.resources import data_dir

_SHOWN: Final = 3


def check_document(arguments: Sequence[str], document: Any) -> None:
    """AssertionError for a document that is not what the schema promises, or has fields that it does not tell of.

    `arguments` are those of the command line that printed it.
    """
    _check(_validator(), document, arguments)
    if document["success"]:
        _check(_validator("commands", command_of(arguments)), document["data"], arguments)


def check_line(kind: str, line: Any) -> None:
    """A line of a command that watches; `kind` is a key of `LINES`."""
    _check(_validator("lines", kind), line, [kind])


def command_of(arguments: Sequence[str]) -> str:
    """The command's name as `ANSWERS` has it: an alias means what it stands for."""
    words = [word for word in arguments if not word.startswith("-")]
    while words and words[0] not in COMMANDS:
        words.pop(0)
    entry = COMMANDS[words[0]]
    if entry.alias_of == words[0]:  # hidden, with options of its own
        return entry.module
    if entry.alias_of is not None:
        is_command = COMMANDS.get(entry.alias_of, entry).module == entry.module and entry.alias_of in COMMANDS
        return entry.alias_of if is_command else f"{entry.module} {entry.alias_of}"
    group = " ".join(words[:2])
    return group if group in ANSWERS else words[0]


def _check(validator: Draft202012Validator, value: Any, arguments: Sequence[str]) -> None:
    found = [f"{error.json_path}: {error.message[:500]}" for error in _innermost(validator.iter_errors(value))]
    assert not found, f"{' '.join(arguments)}: " + "; ".join(found[:_SHOWN])


def _innermost(errors: Any) -> Iterator[Any]:
    """Of alternatives that all fail, what is wrong in each."""
    for error in errors:
        yield from _innermost(error.context) if error.context else (error,)


@cache
def _validator(*place: str) -> Draft202012Validator:
    """Of the whole document, or of what stands at a place in the schema.

    The published schema lets later versions add fields; here a field that it lacks is a mistake.
    """
    whole = json.loads((data_dir("templates") / "cloud.schema.json").read_text("utf-8"))
    closed = {name: {"additionalProperties": False, **one} for name, one in whole["$defs"].items()}
    chosen = whole
    for step in place:
        chosen = chosen[step]
    return Draft202012Validator({**chosen, "$defs": closed})
