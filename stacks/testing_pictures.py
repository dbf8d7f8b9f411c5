"""Pictures of the product's stacks, drawn once in a process: one stack over given inputs, or all as one deployment,
each on what those before it give, for rules that hold for all.

A new stack is in it as soon as it has its folder and its template. Pictures are shared: nobody may change one.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import asdict
from functools import cache
from graphlib import TopologicalSorter
from types import MappingProxyType
from typing import Any, Final

from ruamel.yaml import YAML

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_template import StackTemplate, parse_stack_template
from cloud_core.domain.values import SecretValue
from cloud_core.ports.engine import StackTarget
from stacks.inputs import StackInputs, input_name
from stacks.registry import StackRegistry
from stacks.testing import Picture, draw, sample_target
from stacks.testing_deployments import DOMAIN, TEMPLATES

# What no default can know, by input; and what flags need besides.
GIVEN: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "deployDomain": DOMAIN,
        "alertEmail": "ops@example.com",
        "imageTag": "4f2a91c",
        "httpsListenerArn": "arn:aws:elasticloadbalancing:eu-central-1:410000000017:listener/app/public/1/2",
    }
)
GIVEN_WITH_FLAGS: Final[Mapping[str, Any]] = MappingProxyType(
    {"githubRepo": "company/shop", "endpointPublicAccessCidrs": ["192.0.2.0/24"]}
)
_REFERENCE: Final = re.compile(r"\$\{([a-z0-9-]+)\.(\w+)\}")
_DRAWN: Final[dict[Hashable, Picture]] = {}


def picture_of(
    target: StackTarget,
    inputs: Mapping[str, Any],
    *,
    preview: bool = False,
    answers: Mapping[str, Mapping[str, Any]] | None = None,
) -> Picture:
    """The target's stack over these inputs, as `draw` draws it; raises what loading and running the program raises."""
    question = (_frozen(asdict(target)), _frozen(inputs), preview, _frozen(answers))
    if question not in _DRAWN:
        program = StackRegistry().load_python(target.stack, inputs, target)
        _DRAWN[question] = draw(program, preview=preview, answers=answers)
    return _DRAWN[question]


def _frozen(value: Any) -> Hashable:
    """The same for the same inputs only: True is not 1, and a secret is not its clear text."""
    if isinstance(value, SecretValue):
        return SecretValue, _frozen(value.value)
    if isinstance(value, Mapping):
        return dict, tuple(sorted((name, _frozen(item)) for name, item in value.items()))
    if isinstance(value, list | tuple):
        return list, tuple(map(_frozen, value))
    return type(value), value


@cache
def template(stack: str) -> StackTemplate:
    file = TEMPLATES / f"{stack}.yaml"
    return parse_stack_template(YAML(typ="safe", pure=True).load(file.read_text("utf-8")), str(file))


@cache
def pictures(environment: EnvironmentName, *, all_flags: bool = False) -> Mapping[str, Picture]:
    """By stack, in the order of dependencies; with `all_flags`, whatever a flag turns on is there as well."""
    drawn: dict[str, Picture] = {}
    for stack in _order():
        inputs = {**_flags(stack, all_flags), **_read_elsewhere(stack, drawn, all_flags)}
        drawn[stack] = draw(StackRegistry().load_python(stack, inputs, sample_target(stack, environment)))
    return MappingProxyType(drawn)


def _order() -> list[str]:
    names = StackRegistry().names()
    needs = {
        name: [one for one in names if one in template(name).dependencies or template(name).is_soft(one)]
        for name in names
    }
    return list(TopologicalSorter(needs).static_order())


def _read_elsewhere(stack: str, drawn: Mapping[str, Picture], all_flags: bool) -> dict[str, Any]:
    """What the template's defaults read; null where nobody gives it, as for a stack that is off."""
    found: dict[str, Any] = {}
    given = {**GIVEN, **GIVEN_WITH_FLAGS} if all_flags else GIVEN
    for name, spec in template(stack).inputs.items():
        if name in given:
            found[name] = given[name]
        elif read := _REFERENCE.fullmatch(str(spec.default)):
            source, output = read.groups()
            found[name] = drawn[source].outputs.get(output) if source in drawn else None
    return found


def _flags(stack: str, wanted: bool) -> dict[str, bool]:
    model: type[StackInputs] = StackRegistry().inputs(stack)
    flags = [name for name, field in model.model_fields.items() if field.annotation is bool] if wanted else []
    return dict.fromkeys((input_name(model, name) for name in flags), True)
