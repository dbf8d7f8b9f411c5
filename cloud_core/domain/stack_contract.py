"""A stack's template held against what its program takes and gives, without any deployment.

`preview_inputs` stands in for everything that a deployment would bring: outputs of other stacks are unknown, what is
secret is a secret unknown, and the deployment itself is a sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.placeholders import PlaceholderKind, Reference, expand, fill, references
from cloud_core.domain.stack_template import ParameterType, StackTemplate
from cloud_core.domain.template_variables import SAMPLE_ANSWERS
from cloud_core.domain.values import UNKNOWN, SecretValue, Unknown, Value

SAMPLE_FACTS: Final[Mapping[str, str]] = {
    "id": SAMPLE_ANSWERS["DEPLOYMENT_ID"],
    "org": SAMPLE_ANSWERS["ORGANIZATION"],
    "project": SAMPLE_ANSWERS["PROJECT_NAME"],
    "domain": SAMPLE_ANSWERS["DOMAIN"],
}
"""The deployment that a stack is previewed in, by the fields of `${deployment.<field>}`."""

SAMPLE_INPUTS: Final[Mapping[str, str]] = {"alertEmail": "ops@example.test", "imageTag": "4f2a91c"}
"""What no default can know, though some environments need it."""


@dataclass(frozen=True)
class ProgramInputs:
    """What a program takes: the type of each input, None for one that takes several, and those without a default."""

    types: Mapping[str, ParameterType | None]
    required: frozenset[str] = frozenset()


_SECRET_KINDS: Final = frozenset({PlaceholderKind.OS_ENV, PlaceholderKind.SECRET, PlaceholderKind.SSM})


def preview_inputs(template: StackTemplate, given: Mapping[str, Any] | None = None) -> dict[str, Value]:
    """The template's defaults under the given values, each placeholder with a stand-in.

    InvalidInput names a malformed placeholder, and a given input that the template does not have.
    """
    given = given or {}
    if foreign := sorted(given.keys() - template.inputs.keys()):
        raise InvalidInput(
            f"stack {template.name} has no input {foreign[0]!r}: it has {', '.join(sorted(template.inputs)) or 'none'}",
            field=foreign[0],
        )
    samples = {name: SAMPLE_INPUTS[name] for name in template.inputs if name in SAMPLE_INPUTS}
    tree, problems = expand({**samples, **template.defaults, **given}, {})
    values, misplaced = fill(tree, {found: _stand_in(found) for found in references(tree)})
    if broken := [*problems, *misplaced]:
        texts = "; ".join(f"{problem.field}: {problem.text}: {problem.reason}" for problem in broken)
        raise InvalidInput(f"placeholders of stack {template.name} can't be read: {texts}")
    return dict(values)


def _stand_in(reference: Reference) -> Value:
    placeholder = reference.placeholder
    if placeholder.kind is PlaceholderKind.DEPLOYMENT:
        return SAMPLE_FACTS[placeholder.key or ""]
    return SecretValue(UNKNOWN) if placeholder.kind in _SECRET_KINDS else UNKNOWN


def input_problems(template: StackTemplate, program: ProgramInputs) -> list[str]:
    """Where the template's inputs differ from those of the program, in words.

    The template may be stricter: it may require more, and it may give a default to what the program requires.
    """
    declared = template.inputs
    foreign = [name for name in declared if name not in program.types]
    problems = [f"input {name!r} is declared, but the program does not take it" for name in foreign]
    for name, kind in program.types.items():
        spec = declared.get(name)
        if spec is None:
            problems.append(f"input {name!r} is taken by the program, but not declared")
        elif kind not in (None, spec.type):
            problems.append(f"input {name!r} is declared as {spec.type.value}, but the program takes {kind}")
        elif name in program.required and not spec.required and spec.default is None:
            problems.append(f"input {name!r} is needed by the program: declare 'required: true' or a default")
    return problems


def output_problems(template: StackTemplate, outputs: Mapping[str, Value]) -> list[str]:
    """Where a program's outputs differ from the declared ones, in words; what is unknown has every type."""
    declared = template.outputs
    foreign = [name for name in outputs if name not in declared]
    problems = [f"output {name!r} is given by the program, but not declared" for name in foreign]
    for name, spec in declared.items():
        value = outputs.get(name)
        if value is None and not spec.optional:
            problems.append(f"output {name!r} is declared, but not given by the program: give it, or mark it optional")
        elif not _fits(spec.type, value):
            problems.append(f"output {name!r} is declared as {spec.type.value}, but the program gives another type")
    return problems


def _fits(kind: ParameterType, value: Value) -> bool:
    if isinstance(value, SecretValue):
        return _fits(kind, value.value)
    return value is None or isinstance(value, Unknown) or kind.accepts(value)
