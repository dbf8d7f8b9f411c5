"""V21 to V23: what the stacks are given, and what looks like an oversight."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, Final

from cloud_core.domain.manifest import tiers
from cloud_core.domain.placeholders import PlaceholderKind, Reference, Text, expand, references
from cloud_core.domain.placeholders.model import AwsQuery, Calculation
from cloud_core.domain.stack_template import ParameterType, StackInput
from cloud_core.domain.validation.findings import Finding
from cloud_core.domain.validation.subject import StackView, Subject
from cloud_core.domain.validation.unknown_keys import did_you_mean
from cloud_core.domain.values import MASK

FOUNDATIONS: Final = frozenset({"authentication", "dns", "network"})
_LISTS: Final = frozenset({AwsQuery.AVAILABILITY_ZONES.value, Calculation.SUBNETS.value})


def check_parameters(subject: Subject) -> Iterator[Finding]:
    """V21: required inputs are given, and every value has its input's type and form (unless a broken placeholder hides
    it, or only the deployment can tell).

    An empty text, as templates write it where somebody has to decide, is no value.
    """
    for view in subject.views:
        for stack in view.stacks.values():
            for name, spec in (stack.template.inputs if stack.template else {}).items():
                details: dict[str, Any] = {"stack": stack.name, "parameter": name, "environments": [view.name]}
                if view.name in spec.required_in and stack.tree.get(name, "") == "":
                    message = f"the stack {stack.name!r} requires {name!r} in {view.name}, which has no value"
                    own = ("stacks", stack.name, "environments", view.name, "config")
                    place = stack.place(name) if name in stack.tree else own
                    yield subject.found("MISSING_PARAMETER", place, message, **details)
                elif name in stack.tree:
                    yield from _check_type(subject, stack, name, spec, details)
                elif spec.required:
                    message = f"the stack {stack.name!r} requires {name!r}, which has no value"
                    yield subject.found("MISSING_PARAMETER", ("stacks", stack.name, "config"), message, **details)


def _check_type(
    subject: Subject, stack: StackView, name: str, spec: StackInput, details: dict[str, Any]
) -> Iterator[Finding]:
    given = type_of(stack.tree[name])
    if any(problem.field == name for problem in stack.problems):
        return
    if given not in (None, spec.type):
        message = f"{name!r} of {stack.name!r} must be of type {spec.type.value}, but it is of type {given}"
        details = {**details, "expected": spec.type.value, "given": given}
        yield subject.found("TYPE_MISMATCH", stack.place(name), message, **details)
        return
    for place, text, why in spec.badly_formed(stack.tree[name]):
        # The broken rule may say the text again.
        told = f"{MASK}: it must be of the form {spec.format}" if spec.secret else f"{text!r}: it {why}"
        message = f"{name + place!r} of {stack.name!r} is {told}"
        yield subject.found("INVALID_VALUE", stack.place(name + place), message, **details)


def type_of(tree: Any) -> str | None:
    """The type that an expanded value will have; None where only the deployment can tell (outputs: see V20)."""
    if isinstance(tree, Text):
        return ParameterType.STRING.value
    if isinstance(tree, Reference):
        placeholder = tree.placeholder
        if placeholder.kind is PlaceholderKind.STACK_OUTPUT:
            return None
        return (ParameterType.ARRAY if placeholder.key in _LISTS else ParameterType.STRING).value
    return next((kind.value for kind in ParameterType if kind.accepts(tree)), None)


def check_clear_secrets(subject: Subject) -> Iterator[Finding]:
    """A secret input takes its value from a placeholder: manifests, records and files hold no secrets.

    Looked for in every tier, enabled or not and overridden or not, because the whole manifest is stored.
    """
    manifest = subject.manifest
    for stack, environment in product(manifest.stacks, manifest.environment_names):
        template = subject.template(stack)
        secret = {name for name, spec in template.inputs.items() if spec.secret} if template else set()
        shared = manifest.environment(environment).config
        for tier in tiers(manifest, stack, environment, template) if secret else ():
            for name in sorted(secret & tier.config.keys()):
                tree, _problems = expand(tier.config[name], shared)
                if tree is not None and not any(references(tree)):
                    path = (*tier.path, name) if tier.path else ("stacks", stack)
                    message = f"{name!r} of {stack!r} is a secret, but its value stands there in clear"
                    yield subject.found("SECRET_IN_CLEAR", path, message, stack=stack, environments=[environment])


def check_unknown_parameters(subject: Subject) -> Iterator[Finding]:
    """A key that the stack template does not declare is not read by the stack."""
    for view in subject.views:
        for stack in view.stacks.values():
            inputs = stack.template.inputs if stack.template else {}
            for name in stack.config if inputs else ():
                if name not in inputs:
                    message = f"the stack {stack.name!r} has no input {name!r}{did_you_mean(name, inputs)}"
                    details = {"stack": stack.name, "parameter": name, "environments": [view.name]}
                    yield subject.found("UNKNOWN_PARAMETER", stack.place(name), message, **details)


def check_disabled_stacks(subject: Subject) -> Iterator[Finding]:
    """V22: a stack is off in an enabled environment."""
    for view in subject.views:
        for name in subject.manifest.stacks:
            if name not in view.stacks:
                message = f"the stack {name!r} is disabled in an enabled environment"
                yield subject.found("STACK_DISABLED", ("stacks", name), message, stack=name, environments=[view.name])


def check_lonely_stacks(subject: Subject) -> Iterator[Finding]:
    """V23: a stack that is no foundation and depends on nothing, not even softly or through a placeholder."""
    for view in subject.views:
        for name, edges in view.edges.items():
            template = subject.template(name)
            optional = template.soft_dependencies if template else ()
            if name not in FOUNDATIONS and not edges.all and not optional:
                message = f"the stack {name!r} depends on no other stack"
                path = ("stacks", name, "dependencies")
                yield subject.found("NO_DEPENDENCIES", path, message, stack=name, environments=[view.name])
