"""Typed inputs of stack programs.

    class Inputs(StackInputs):
        az_count: Annotated[int, Field(ge=2, le=3)] = by_environment(dev=2, stage=2, prod=3)
        vpc_id: Wired[str]
        log_key_arn: Wired[str] | None = None

Names are snake_case here and camelCase outside. A plain input decides how the architecture looks (counts, flags,
names), so it must be known and not secret. A `Wired` one is passed on to resources: it may come from another stack, be
secret or, in a preview, unknown; the program sees it as a value or an output of the engine. Types are strict ("2" is no
number), unknown names are refused, `null` is a value and not the same as "not given", and every rule is checked before
the engine starts.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar, cast, get_args

import pulumi
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationInfo, ValidatorFunctionWrapHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import SecretValue, Unknown, Value, contains
from stacks.engine_values import to_engine_value

T = TypeVar("T")
InputsT = TypeVar("InputsT", bound="StackInputs")


class _FromAnotherStack:
    """Marks a wired input: its known parts are checked, secret and unknown leaves are kept as they are."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        known_type = get_args(source)[0]
        return core_schema.no_info_wrap_validator_function(_check_known_part, handler.generate_schema(known_type))


Wired = Annotated[T | pulumi.Output[T], _FromAnotherStack()]


class StackInputs(BaseModel):
    """Base of every stack's `Inputs`. `environment` is set by the platform and decides the defaults by environment."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        validate_default=True,
        alias_generator=to_camel,
        hide_input_in_errors=True,
    )

    environment: EnvironmentName


def by_environment(*, dev: Any, stage: Any, prod: Any) -> Any:
    """A default that depends on the environment."""
    defaults = {EnvironmentName.DEV: dev, EnvironmentName.STAGE: stage, EnvironmentName.PROD: prod}
    return Field(default_factory=lambda validated: defaults[validated["environment"]])


def at_least(value: int, info: ValidationInfo, field: str) -> int:
    """For validators: the value, which may not be lower than that of the earlier `field`."""
    least = info.data.get(field)
    if least is not None and value < least:
        raise ValueError(f"must be at least {to_camel(field)} ({least})")
    return value


def is_wired(model: type[StackInputs], field: str) -> bool:
    """Whether the field is a `Wired` one, also when it is optional."""
    info = model.model_fields[field]
    return any(isinstance(part, _FromAnotherStack) for part in (*info.metadata, *_parts(info.annotation)))


def for_engine(inputs: InputsT) -> InputsT:
    """The inputs with every wired secret or unknown as an output of the engine; call it inside a running program."""
    wired = [name for name in type(inputs).model_fields if is_wired(type(inputs), name)]
    return inputs.model_copy(update={name: to_engine_value(getattr(inputs, name)) for name in wired})


def unknown_inputs(inputs: StackInputs) -> list[str]:
    """The outside names of inputs that hold a value which is not known yet; only a preview can go on with them."""
    fields = type(inputs).model_fields
    return [str(info.alias) for name, info in fields.items() if contains(getattr(inputs, name), Unknown)]


def _parts(annotation: Any) -> list[Any]:
    """The annotation taken apart: members of unions, and the metadata of each."""
    metadata = getattr(annotation, "__metadata__", ())
    return [*metadata, *(part for argument in get_args(annotation) for part in _parts(argument))]


def _check_known_part(value: Value, check: ValidatorFunctionWrapHandler) -> Value:
    if isinstance(value, Unknown):
        return value
    if isinstance(value, SecretValue):
        return SecretValue(_check_known_part(value.value, check))
    if contains(value, Unknown) or contains(value, SecretValue):
        check(_without_marks(value))
        return value
    return check(value)


def _without_marks(value: Value) -> Value:
    """Lists and maps with their unknown leaves left out and their secret ones in clear: what can be checked now."""
    if isinstance(value, SecretValue):
        return _without_marks(value.value)
    if isinstance(value, dict):
        return {key: _without_marks(item) for key, item in value.items() if not isinstance(item, Unknown)}
    if isinstance(value, list):
        return [_without_marks(item) for item in value if not isinstance(item, Unknown)]
    return value


def input_name(model: type[StackInputs], field: str) -> str:
    """The outside name of a field."""
    return cast(str, model.model_fields[field].alias)
