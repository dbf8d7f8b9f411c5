"""Values of a configuration as they are typed and shown: YAML scalars, JSON, and texts as they are."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from cli.options import UsageProblem

_NULLS: Final = frozenset({"null", "Null", "NULL", "~"})
_STRUCTURED: Final = ("{", "[", '"', "'")
_PLACEHOLDER: Final = "{{"
_LEADING_ZERO: Final = re.compile(r"[-+]?0\d")


def parse_value(text: str) -> Any:
    """Plain data. What begins like a map, a list or a quoted text has to be one; a placeholder never is.

    Of other texts only `true`, `null` and numbers without leading zeros are anything but a text: account numbers stay
    texts. UsageProblem for broken JSON.
    """
    bare = text.strip()
    if bare.startswith(_STRUCTURED) and not bare.startswith(_PLACEHOLDER):
        return _structured(bare)
    if not bare or bare != text or " " in bare or _LEADING_ZERO.match(bare):
        return text
    value = _scalar(bare)
    if isinstance(value, (bool, int, float)) or (value is None and bare in _NULLS):
        return value
    return text


def written(value: Any) -> str:
    """As it could be typed: a text that would be read as something else stands in quotes."""
    if isinstance(value, str) and _reads_as_itself(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _reads_as_itself(text: str) -> bool:
    try:
        return bool(text) and parse_value(text) == text
    except UsageProblem:
        return False


def _structured(text: str) -> Any:
    """JSON, or the more lenient YAML in one line."""
    # Lazy for start-up time: only this needs YAML.
    from cloud_core.adapters.local.yaml_reading import UnreadableText, read_text

    try:
        return read_text(text, "the value.json")
    except UnreadableText:
        pass
    try:
        return read_text(text, "the value")
    except UnreadableText as error:
        problem = f"the value begins like JSON, but is none: {error.context['problem']}"
        raise UsageProblem(problem, "correct it, or add --string to store it as a text") from None


def _scalar(text: str) -> Any:
    # Lazy, as above.
    from cloud_core.adapters.local.yaml_reading import UnreadableText, read_text

    try:
        return read_text(text, "the value")
    except UnreadableText:
        return text
