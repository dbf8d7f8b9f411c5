"""V16 to V20: placeholders, in the environments that are validated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cloud_core.domain.placeholders import (
    PlaceholderKind,
    Reference,
    check_placeholders,
    environment_loops,
    find_placeholders,
)
from cloud_core.domain.stack_template import ParameterType, StackOutput
from cloud_core.domain.validation.findings import Finding
from cloud_core.domain.validation.subject import StackView, Subject
from cloud_core.domain.validation.unknown_keys import did_you_mean

Path = tuple[str, ...]


def check_grammar(subject: Subject) -> Iterator[Finding]:
    """V16: every placeholder is well-formed, in the tiers of the manifest that are used."""
    for path, config in _configs(subject):
        for problem in check_placeholders(config):
            message = f"the placeholder {problem.text!r} is malformed: {problem.reason}"
            yield subject.found("INVALID_PLACEHOLDER", (*path, problem.path), message, placeholder=problem.text)


def check_references(subject: Subject) -> Iterator[Finding]:
    """V17: a stack that is read exists and is enabled; one that is a soft dependency may be off."""
    for view in subject.views:
        for stack in view.stacks.values():
            for reference, target, _output in stack.outputs_read:
                if target in view.stacks or _is_soft(stack, target):
                    continue
                text = reference.placeholder.text
                if target in subject.manifest.stacks:
                    state, way = "disabled", f"enable {target!r} there"
                else:
                    others = sorted(subject.manifest.stacks.keys() - {stack.name})
                    state, way = f"not in the manifest{did_you_mean(target, others)}", f"add the stack {target!r}"
                yield subject.found(
                    "UNRESOLVABLE_PLACEHOLDER",
                    stack.place(reference.field),
                    f"{stack.name!r} reads {text}, but the stack {target!r} is {state}",
                    placeholder=text,
                    stack=stack.name,
                    dependency=target,
                    way=way,
                    environments=[view.name],
                )


def check_domain_is_there(subject: Subject) -> Iterator[Finding]:
    """The domain is the one field of `deployment` that placeholders read and that may be left out."""
    if subject.manifest.deployment.domain is not None:
        return
    for view in subject.views:
        for stack in view.stacks.values():
            for reference in stack.references:
                placeholder = reference.placeholder
                if placeholder.kind is PlaceholderKind.DEPLOYMENT and placeholder.key == "domain":
                    message = f"{stack.name!r} reads {placeholder.text}, but the deployment has no domain"
                    place = stack.place(reference.field)
                    yield subject.found("MISSING_DOMAIN", place, message, stack=stack.name, environments=[view.name])


def check_env_keys(subject: Subject) -> Iterator[Finding]:
    """V18: each `{{ENV:key}}` that is used has a value in every enabled environment."""
    for view in subject.views:
        places: list[tuple[Path, Mapping[str, Any]]] = [(("environments", view.name, "config"), view.config)]
        for stack in view.stacks.values():
            places += [(tier.path or ("stacks", stack.name), tier.config) for tier in stack.tiers]
        for path, config in places:
            for placeholder in find_placeholders(config):
                if placeholder.kind is PlaceholderKind.ENV and placeholder.key not in view.config:
                    key = str(placeholder.key)
                    hint = did_you_mean(key, view.config)
                    where = (*path, placeholder.path) if path[-1] == "config" else path
                    message = f"the environment {view.name!r} has no configuration key {key!r}{hint}"
                    yield subject.found("UNKNOWN_ENV_KEY", where, message, key=key, environments=[view.name])


def check_loops(subject: Subject) -> Iterator[Finding]:
    """V19: no value of an environment leads back to itself, and no chain is too deep."""
    for view in subject.views:
        path = ("environments", view.name, "config")
        looping: set[str] = set()
        for loop in environment_loops(view.config):
            looping |= set(loop)
            message = f"the values lead back to themselves: {' → '.join(loop)}"
            yield subject.found("PLACEHOLDER_LOOP", (*path, loop[0]), message, loop=loop, environments=[view.name])
        for stack in view.stacks.values():
            for problem in stack.problems:
                keys = {placeholder.key for placeholder in find_placeholders(problem.text)}
                if keys & view.config.keys() and not looping & {*problem.via}:
                    where = stack.place(problem.field)
                    yield subject.found("PLACEHOLDER_LOOP", where, problem.reason, environments=[view.name])


def check_outputs(subject: Subject) -> Iterator[Finding]:
    """V20: the output is declared by the stack template, and fits the input or the text that takes it."""
    for view in subject.views:
        for stack in view.stacks.values():
            for reference, target, output in stack.outputs_read:
                template = subject.template(target)
                if template is None or not template.outputs:
                    continue
                declared = template.outputs.get(output)
                text, place = reference.placeholder.text, stack.place(reference.field)
                if declared is None:
                    message = f"{text}: the stack {target!r} has no output {output!r}"
                    message += did_you_mean(output, template.outputs)
                    details = {"dependency": target, "output": output, "environments": [view.name]}
                    yield subject.found("UNKNOWN_OUTPUT", place, message, **details)
                elif reason := _misfit(stack, reference, declared):
                    yield subject.found("OUTPUT_TYPE_MISMATCH", place, f"{text} {reason}", environments=[view.name])


def _misfit(stack: StackView, reference: Reference, output: StackOutput) -> str | None:
    """Why the output can't stand there; None when it can, or when nothing says what is wanted."""
    given = output.type
    if not reference.placeholder.is_whole:
        if given in (ParameterType.ARRAY, ParameterType.OBJECT):
            return f"is of type {given.value}, which can't stand inside a text"
        return None
    wanted = stack.template.inputs.get(reference.field) if stack.template else None
    if wanted is None or stack.tree.get(reference.field) is not reference or wanted.type is given:
        return None
    return f"is of type {given.value}, but the input {reference.field!r} of {stack.name!r} takes {wanted.type.value}"


def _is_soft(stack: StackView, target: str) -> bool:
    return stack.template is not None and stack.template.is_soft(target)


def _configs(subject: Subject) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every configuration that is used, once: of stacks, of environments, and of stacks in environments."""
    seen: dict[Path, Mapping[str, Any]] = {}
    for view in subject.views:
        seen["environments", view.name, "config"] = view.config
        for name in view.stacks:
            section = subject.manifest.stacks[name]
            seen["stacks", name, "config"] = section.config
            if own := section.environments.get(view.name):
                seen["stacks", name, "environments", view.name, "config"] = own.config
    yield from seen.items()
