"""Reads raw inputs into a stack's typed model: every finding at once, none of them showing a secret."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.values import SecretValue, Unknown, contains, mask
from stacks.context import StackContext
from stacks.inputs import StackInputs, input_name, is_wired

InputsT = TypeVar("InputsT", bound=StackInputs)

FROM_THE_DEPLOYMENT: Final = frozenset(
    {"project", "environment", "deploymentId", "region", "org", "account", "accountId", "stackName"}
)
_SHOWN_LENGTH: Final = 80


def read_inputs(model: type[InputsT], raw: Mapping[str, Any], context: StackContext) -> InputsT:
    """The typed inputs, or InvalidStackInput naming each input, its value (secrets masked) and the broken rule."""
    names = {input_name(model, field): field for field in model.model_fields if field != "environment"}
    problems = {
        **{name: _why_foreign(name, names) for name in raw if name not in names},
        **{
            name: why
            for name, field in names.items()
            if name in raw and (why := _why_not_plain(model, field, raw[name]))
        },
    }
    accepted = {name: value for name, value in raw.items() if name not in problems}
    try:
        inputs = model.model_validate({**accepted, "environment": context.environment})
    except ValidationError as error:
        raise _refusal(context.stack, raw, {**_broken_rules(model, error), **problems}) from None
    if problems:
        raise _refusal(context.stack, raw, problems)
    return inputs


def _why_foreign(name: str, known: Mapping[str, str]) -> str:
    if name in FROM_THE_DEPLOYMENT:
        return "is given by the deployment itself: leave it out"
    folded = {_folded(candidate): candidate for candidate in known}
    close = difflib.get_close_matches(_folded(name), folded, n=1)
    if close:
        return f"unknown input, did you mean {folded[close[0]]!r}?"
    return f"unknown input; the stack takes {', '.join(sorted(known)) or 'none'}"


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _why_not_plain(model: type[StackInputs], field: str, value: Any) -> str | None:
    if is_wired(model, field):
        return None
    if contains(value, Unknown):
        return (
            "is not known before the stack that it comes from is deployed, but decides what is made: give a plain value"
        )
    if contains(value, SecretValue):
        return "is secret, but ends up in names and counts that everybody sees: give a plain value"
    return None


def _broken_rules(model: type[StackInputs], error: ValidationError) -> dict[str, str]:
    """Input name (with the position inside a list or map) to the rule in words."""
    rules: dict[str, str] = {}
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        if item["type"] == "default_factory_not_called":
            continue  # no finding of its own: defaults by environment wait until the other fields are right
        place = [str(part) for part in item["loc"] if not str(part).startswith("function-")]
        if place[0] in model.model_fields:  # a default is named by its field, a given value by its outside name
            place[0] = input_name(model, place[0])
        rules.setdefault(".".join(place), item["msg"].removeprefix("Value error, "))
    return rules


def _refusal(stack: str, raw: Mapping[str, Any], problems: Mapping[str, str]) -> InvalidStackInput:
    texts = [f"{place}{_shown(place, raw)}: {why}" for place, why in sorted(problems.items())]
    return InvalidStackInput(
        f"stack {stack} refuses its inputs: {'; '.join(texts)}",
        stack=stack,
        inputs=sorted({place.split(".")[0] for place in problems}),
        problems=texts,
        suggestion=f"correct the configuration of stack {stack} in the manifest",
    )


def _shown(place: str, raw: Mapping[str, Any]) -> str:
    name = place.split(".")[0]
    if name not in raw:
        return ""
    text = repr(mask(raw[name]))
    return f" = {text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + '…'}"
