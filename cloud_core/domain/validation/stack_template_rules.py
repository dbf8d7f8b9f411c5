"""What a stack template says about other stacks, held against their templates: dependencies, and what defaults read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cloud_core.domain.graph import find_cycles
from cloud_core.domain.manifest import ALL
from cloud_core.domain.placeholders import Placeholder, PlaceholderKind, check_placeholders, find_placeholders
from cloud_core.domain.stack_template import ParameterType, StackTemplate
from cloud_core.domain.validation.findings import Finding, finding
from cloud_core.domain.validation.unknown_keys import did_you_mean

_LISTS_OF_STACKS: Final = ("dependencies", "soft_dependencies")


@dataclass(frozen=True)
class StackTemplateSubject:
    """A stack template, all that are known, the programs that there are, and the template's file for places."""

    template: StackTemplate
    known: Mapping[str, StackTemplate]
    programs: frozenset[str]
    file: str

    def found(self, code: str, place: str, message: str, /, **details: object) -> Finding:
        return finding(code, f"{self.file}:{place}", message, stack=self.template.name, **details)


def check_stack_template(subject: StackTemplateSubject) -> Iterator[Finding]:
    """Every finding of one stack template."""
    yield from _check_program(subject)
    yield from _check_dependencies(subject)
    yield from _check_cycles(subject)
    yield from _check_defaults(subject)
    yield from _check_words(subject)


def _check_program(subject: StackTemplateSubject) -> Iterator[Finding]:
    name = subject.template.name
    if name not in subject.programs:
        message = f"the stack {name!r} has no program{did_you_mean(name, subject.programs - subject.known.keys())}"
        yield subject.found("UNKNOWN_STACK", "name", message, folder=name.replace("-", "_"))


def _check_dependencies(subject: StackTemplateSubject) -> Iterator[Finding]:
    for key in _LISTS_OF_STACKS:
        for name in getattr(subject.template, key):
            if name != ALL and name not in subject.known:
                hint = did_you_mean(name, subject.known)
                message = f"Missing dependency: {name} has no stack template{hint}"
                yield subject.found("MISSING_DEPENDENCY", key, message, dependency=name)


def _check_cycles(subject: StackTemplateSubject) -> Iterator[Finding]:
    """Soft edges count, for both stacks may be on."""
    names = frozenset(subject.known)
    edges = {name: {*one.dependencies, *one.soft_among(names)} for name, one in subject.known.items()}
    for cycle in find_cycles(edges):
        if subject.template.name in cycle:
            message = f"Circular dependency detected: {' → '.join(cycle)}"
            yield subject.found("CIRCULAR_DEPENDENCY", "dependencies", message, path=cycle)


def _check_defaults(subject: StackTemplateSubject) -> Iterator[Finding]:
    for name, spec in subject.template.inputs.items():
        place = f"parameters.inputs.{name}.default"
        for problem in check_placeholders(spec.default):
            message = f"the placeholder {problem.text!r} is malformed: {problem.reason}"
            yield subject.found("INVALID_PLACEHOLDER", place, message)
        for placeholder in find_placeholders(spec.default):
            if placeholder.kind is PlaceholderKind.STACK_OUTPUT:
                yield from _check_output(subject, placeholder, spec.type, place)


def _check_output(
    subject: StackTemplateSubject, placeholder: Placeholder, wanted: ParameterType, place: str
) -> Iterator[Finding]:
    """The output is declared, fits the input, and its stack is a dependency.

    A soft one may be of a stack that the workspace brings along.
    """
    template, text = subject.template, placeholder.text
    source, output = placeholder.stack or "", placeholder.output or ""
    if source not in template.dependencies and not template.is_soft(source):
        message = f"{text} reads an output of {source!r}, which is no dependency"
        yield subject.found("UNDECLARED_DEPENDENCY", place, message, dependency=source)
    outputs = subject.known[source].outputs if source in subject.known else {}
    if outputs and output not in outputs:
        message = f"{text}: the stack {source!r} has no output {output!r}{did_you_mean(output, outputs)}"
        yield subject.found("UNKNOWN_OUTPUT", place, message, dependency=source)
    elif outputs and placeholder.is_whole and not placeholder.path and outputs[output].type is not wanted:
        message = f"{text} is of type {outputs[output].type.value}, but the input takes {wanted.value}"
        yield subject.found("OUTPUT_TYPE_MISMATCH", place, message, dependency=source)


def _check_words(subject: StackTemplateSubject) -> Iterator[Finding]:
    template = subject.template
    described = {"description": template.description}
    described |= {f"parameters.inputs.{name}": spec.description for name, spec in template.inputs.items()}
    described |= {f"parameters.outputs.{name}": spec.description for name, spec in template.outputs.items()}
    for place, text in described.items():
        if not text:
            yield subject.found("MISSING_DESCRIPTION", place, f"{place!r} is not described")
