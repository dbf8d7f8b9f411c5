"""Fill in a template's variables: the YAML is read first, then every text in it is rendered by itself.

So a value can't break the document or add to it, whatever characters it holds. Variables stand between `((` and `))`,
which means nothing in YAML and is no runtime placeholder: `{{RUNTIME:...}}` and `${...}` pass untouched. A text that is
one variable alone takes its value with its type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.manifest import dotted
from cloud_core.domain.template_variables import STACK_NAME_VARIABLE

_OPEN: Final = "(("
_WHOLE: Final = re.compile(r"\(\((?![%#])((?:(?!\(\(|\)\)).)+)\)\)", re.DOTALL)
_Path = tuple[str | int, ...]


class TemplateRenderer:
    """Renders in Jinja2's sandbox: no private attributes, no changes of what it is given, no undefined variables."""

    def __init__(self) -> None:
        self._jinja = ImmutableSandboxedEnvironment(
            variable_start_string=_OPEN,
            variable_end_string="))",
            block_start_string="((%",
            block_end_string="%))",
            comment_start_string="((#",
            comment_end_string="#))",
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )

    def render(self, data: Any, variables: Mapping[str, Any], file: str) -> Any:
        """A copy of plain data with its texts rendered; InvalidInput names the file and the place."""
        return self._value(data, variables, file, ())

    def _value(self, value: Any, variables: Mapping[str, Any], file: str, path: _Path) -> Any:
        if isinstance(value, Mapping):
            return {
                key: self._value(item, _in_scope(variables, (*path, key)), file, (*path, key))
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._value(item, variables, file, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, str) and _OPEN in value:
            with _errors(file, path):
                return self._text(value, variables)
        return value

    def _text(self, text: str, variables: Mapping[str, Any]) -> Any:
        whole = _WHOLE.fullmatch(text.strip())
        if whole is None:
            return self._jinja.from_string(text).render(variables)
        value = self._jinja.compile_expression(whole.group(1).strip(), undefined_to_none=False)(**variables)
        if isinstance(value, Undefined):
            str(value)  # a strict one raises, naming itself
        if not _is_plain(value):
            raise TypeError(f"the value is a {type(value).__name__}, which a manifest can't hold")
        return value


def _in_scope(variables: Mapping[str, Any], path: _Path) -> Mapping[str, Any]:
    """Inside `stacks.<name>` the stack's name is a variable too."""
    match path:
        case ("stacks", str() as stack):
            return {**variables, STACK_NAME_VARIABLE: stack}
    return variables


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, (str, int, float, bool))


@contextmanager
def _errors(file: str, path: _Path) -> Iterator[None]:
    """What Jinja2 raises, and what an expression itself may raise."""
    try:
        yield
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise InvalidInput(
            f"template {file} can't be rendered at {dotted(path)}: {error}",
            source=file,
            field=dotted(path),
            suggestion="variables stand between (( and )); 'cloud template-show' lists them",
        ) from None
