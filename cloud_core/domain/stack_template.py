"""Stack templates: what a stack needs, takes and gives, as written in `templates/config/<stack>.yaml`.

    name: security                    # equals the file's name
    version: "1.0.0"
    description: Security groups, roles and keys that the other stacks share.
    dependencies: [network]           # hard: must be enabled and deployed first
    soft_dependencies: []             # orders only when enabled; `ALL` = every other stack
    priority: 90                      # 0-100, higher first, inside a layer only
    permissions: [kms:CreateKey]      # AWS actions without which it can't be made
    parameters:
      inputs:
        vpcId: {type: string, required: true, default: "${network.vpcId}", description: ...}
        alertEmail: {type: string, required_in: [prod], description: ...}
        albIngressCidrs: {type: array, format: cidr, default: ["0.0.0.0/0"], description: ...}
      outputs:
        databaseSgId: {type: string, description: ...}
    dns_names:                        # names that one stack alone may own; inputs stand in braces
      - {name: "api.{domainName}", owned_if: manageApiRecord}

A default may be a placeholder: that is how a stack reads another one without a word in the manifest. The template
is the single source of dependencies and priorities; manifests copy them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cloud_core.domain.formats import Format
from cloud_core.domain.names import STACK_NAME, EnvironmentName
from cloud_core.domain.template_parsing import parse_template

ALL: Final = "ALL"
DEFAULT_PRIORITY: Final = 50
_STACK_NAME_PATTERN: Final = f"^{STACK_NAME.pattern}$"
_PARAMETER_NAME: Final = r"^[A-Za-z][A-Za-z0-9_]*$"
_AWS_ACTION: Final = r"^[a-z0-9-]+:[A-Za-z0-9]+$"
_NAMED_INPUT: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")


class ParameterType(StrEnum):
    """The five types of JSON that a parameter can have; `number` holds integers and decimals."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ARRAY = "array"
    OBJECT = "object"

    def accepts(self, value: Any) -> bool:
        """Whether a resolved value has this type; a boolean is never a number."""
        if isinstance(value, bool):
            return self is ParameterType.BOOLEAN
        return isinstance(value, _PYTHON_TYPES[self])


_PYTHON_TYPES: Final[Mapping[ParameterType, tuple[type, ...]]] = {
    ParameterType.STRING: (str,),
    ParameterType.NUMBER: (int, float),
    ParameterType.BOOLEAN: (bool,),
    ParameterType.ARRAY: (list, tuple),
    ParameterType.OBJECT: (Mapping,),
}


def _name_list(value: Any) -> Any:
    """`ALL` may stand alone, without brackets."""
    return (ALL,) if value == ALL else value


NameList = Annotated[tuple[str, ...], BeforeValidator(_name_list)]
ParameterName = Annotated[str, Field(pattern=_PARAMETER_NAME)]
AwsAction = Annotated[str, Field(pattern=_AWS_ACTION)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StackInput(_Part):
    """One input. A required one is satisfied by its default; `default: null` is no default.

    `format`: the form of a text, or of each text of a list. `required_in` names environments in which somebody has to
    decide on a value, for there no default would be right.
    """

    type: ParameterType
    format: Format | None = None
    required: bool = False
    required_in: tuple[EnvironmentName, ...] = ()
    secret: bool = False
    default: Any = None
    description: str = ""

    @model_validator(mode="after")
    def _default_fits(self) -> Self:
        if self.default is None or _may_be_placeholder(self.default):
            return self
        if not self.type.accepts(self.default):
            raise ValueError(f"default {self.default!r} is not of type {self.type.value}")
        for _place, text, why in self.badly_formed(self.default):
            raise ValueError(f"default {text!r} {why}")
        return self

    @model_validator(mode="after")
    def _only_texts_have_a_form(self) -> Self:
        if self.format is None or self.type in (ParameterType.STRING, ParameterType.ARRAY):
            return self
        raise ValueError(f"format {self.format.value} is for inputs of type string or array, not {self.type.value}")

    def badly_formed(self, value: Any) -> Iterator[tuple[str, str, str]]:
        """Texts of another form than the input's: the place in the value (`[1]`, or empty), the text, and why not."""
        if self.format is None:
            return
        items = enumerate(value) if isinstance(value, (list, tuple)) else [(None, value)]
        for index, item in items:
            readable = isinstance(item, str) and not _may_be_placeholder(item)
            if readable and (why := self.format.problem(item)):
                yield "" if index is None else f"[{index}]", item, why


class StackOutput(_Part):
    """One output. An optional one may be absent or null, such as the NAT gateways of a network without NAT.

    `input` names the input whose value it is, so that it is known before anything is deployed.
    """

    type: ParameterType
    input: ParameterName | None = None
    optional: bool = False
    secret: bool = False
    description: str = ""


class StackParameters(_Part):
    inputs: dict[ParameterName, StackInput] = Field(default_factory=dict)
    outputs: dict[ParameterName, StackOutput] = Field(default_factory=dict)


class OwnedName(_Part):
    """A DNS name that the stack makes records for, unless the boolean input `owned_if` is false or an input in the name
    has no value. `private`: known inside the VPC only, so that it does not get in the way of the public name."""

    name: str = Field(min_length=1)
    owned_if: ParameterName | None = None
    private: bool = False

    @property
    def inputs(self) -> list[str]:
        """The inputs that the name is made of."""
        return _NAMED_INPUT.findall(self.name)

    def filled(self, values: Mapping[str, str]) -> str:
        return _NAMED_INPUT.sub(lambda match: values[match[1]], self.name).lower()


class StackTemplate(_Part):
    """A stack's contract. `layer` is accepted and ignored: layers are always computed."""

    name: str = Field(pattern=_STACK_NAME_PATTERN)
    version: str = "1.0.0"
    description: str = ""
    dependencies: tuple[str, ...] = ()
    soft_dependencies: NameList = ()
    priority: float = Field(default=DEFAULT_PRIORITY, ge=0, le=100)
    layer: int | None = None
    permissions: tuple[AwsAction, ...] = ()
    parameters: StackParameters = Field(default_factory=StackParameters)
    dns_names: tuple[OwnedName, ...] = ()

    @model_validator(mode="after")
    def _names_are_consistent(self) -> Self:
        if twice := sorted({*self.dependencies} & {*self.soft_dependencies}):
            raise ValueError(f"{', '.join(twice)}: both a hard and a soft dependency; keep one")
        if self.name in (*self.dependencies, *self.soft_dependencies):
            raise ValueError(f"{self.name} depends on itself")
        if ALL in self.dependencies:
            raise ValueError("ALL can only be a soft dependency: write 'soft_dependencies: ALL'")
        return self

    @model_validator(mode="after")
    def _inputs_are_there(self) -> Self:
        wanted = {spec.input: spec.type for spec in self.outputs.values() if spec.input}
        for owned in self.dns_names:
            wanted |= dict.fromkeys(owned.inputs, ParameterType.STRING)
            wanted |= {owned.owned_if: ParameterType.BOOLEAN} if owned.owned_if else {}
        for name, kind in wanted.items():
            if name not in self.inputs or self.inputs[name].type is not kind:
                raise ValueError(f"there is no input {name!r} of type {kind.value}, which an output or dns_names names")
        return self

    @property
    def inputs(self) -> dict[str, StackInput]:
        return self.parameters.inputs

    @property
    def outputs(self) -> dict[str, StackOutput]:
        return self.parameters.outputs

    @property
    def defaults(self) -> dict[str, Any]:
        """Tier 1 of the inheritance: the inputs' defaults, placeholders as text."""
        return {name: spec.default for name, spec in self.inputs.items() if spec.default is not None}

    def is_soft(self, name: str) -> bool:
        """Whether that stack is a soft dependency of this one; `ALL` is every other one that is not a hard one."""
        if ALL in self.soft_dependencies:
            return name != self.name and name not in self.dependencies
        return name in self.soft_dependencies

    def soft_among(self, names: Set[str]) -> frozenset[str]:
        """The names that are soft dependencies of this stack."""
        if ALL in self.soft_dependencies:
            return frozenset(names) - {self.name, *self.dependencies}
        return frozenset(name for name in self.soft_dependencies if name in names)


def is_optional(templates: Mapping[str, StackTemplate], stack: str, output: str) -> bool:
    """Whether the stack's template says that it need not give the output."""
    template = templates.get(stack)
    declared = template.outputs.get(output) if template else None
    return declared is not None and declared.optional


def _may_be_placeholder(value: Any) -> bool:
    return isinstance(value, str) and ("${" in value or "{{" in value)


def parse_stack_template(data: Any, source: str) -> StackTemplate:
    """Read a template's plain data; InvalidInput lists every broken field of the file `source`."""
    return parse_template(StackTemplate, "stack", data, source)
