"""What a part of a placeholder may look like, and how a part that does not is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from cloud_core.domain.placeholders.model import MalformedPlaceholder, Placeholder

DEPLOYMENT_FIELDS: Final = ("id", "org", "project", "domain")
VARIABLE_PREFIX: Final = "CLOUD_VAR_"
PASSWORD_LENGTHS: Final = range(8, 129)
DEFAULT_PASSWORD_LENGTH: Final = "32"
KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
OUTPUT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
VARIABLE: Final = re.compile(r"CLOUD_VAR_[A-Za-z0-9_]+")
DOMAIN: Final = re.compile(r"(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
SECRET_NAME: Final = re.compile(r"[A-Za-z0-9/_+=.@-]+|arn:[A-Za-z0-9/_+=.@:-]+")
PARAMETER_PATH: Final = re.compile(r"[A-Za-z0-9/_.-]+(:[A-Za-z0-9_.-]+)?")
DIGITS: Final = re.compile(r"[0-9]{1,4}")

Handler = Callable[[str, str], Placeholder]
"""Takes what follows the word that chose it, and the separator of the generation (`:` or `.`)."""


def fail(reason: str) -> NoReturn:
    """Raise MalformedPlaceholder."""
    raise MalformedPlaceholder(reason)


def choose(table: Mapping[str, Handler], what: str, word: str) -> Handler:
    """The handler of that word; MalformedPlaceholder lists the words there are."""
    if word not in table:
        close = next((known for known in table if known.lower() == word.lower()), None)
        hint = f"did you mean {close}?" if close else f"use {', '.join(table)}"
        fail(f"unknown {what} {word!r}: {hint}")
    return table[word]


def require(pattern: re.Pattern[str], what: str, value: str, rule: str) -> str:
    """The value if all of it fits the pattern; else MalformedPlaceholder naming what it is and the rule."""
    if not pattern.fullmatch(value):
        fail(f"{what} is missing" if not value else f"{what} {value!r} is malformed: {rule}")
    return value


def split(rest: str, separator: str, least: int, most: int, form: str) -> list[str]:
    """The filled parts between separators; MalformedPlaceholder shows the form when their number is wrong."""
    parts = rest.split(separator) if rest else []
    if not least <= len(parts) <= most or "" in parts:
        fail(f"wrong number of parts: write {form}")
    return parts
