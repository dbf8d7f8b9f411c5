"""V11 to V15 and V24: the stacks and what they depend on, per environment where it matters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from cloud_core.domain.graph import find_cycles
from cloud_core.domain.manifest import ALL
from cloud_core.domain.validation.findings import Finding
from cloud_core.domain.validation.subject import Subject
from cloud_core.domain.validation.unknown_keys import did_you_mean

# A tangle has more cycles than anybody reads; to cut these is the way to what is left of it.
_TOLD_CYCLES: Final = 100


def check_template_stacks(subject: Subject) -> Iterator[Finding]:
    """V11: every stack of the deployment template is in the manifest; a disabled one is there too."""
    template = subject.manifest.deployment.template
    expected = subject.catalogue.deployment_templates.get(template, frozenset())
    for stack in sorted(expected - subject.manifest.stacks.keys()):
        message = f"the template {template!r} has a stack {stack!r}, which the manifest lacks"
        yield subject.found("TEMPLATE_STACK_MISSING", ("stacks",), message, stack=stack)


def check_known_stacks(subject: Subject) -> Iterator[Finding]:
    """V24: each stack has a stack template and a program."""
    catalogue = subject.catalogue
    known = catalogue.stack_templates.keys() | catalogue.programs
    for name in subject.manifest.stacks:
        places = {"stack template": catalogue.stack_templates.keys(), "program": catalogue.programs}
        missing = [what for what, names in places.items() if name not in names]
        if missing:
            hint = did_you_mean(name, known - {name})
            message = f"the stack {name!r} has no {' and no '.join(missing)}{hint}"
            folder = name.replace("-", "_")
            yield subject.found("UNKNOWN_STACK", ("stacks", name), message, stack=name, folder=folder)


def check_missing_dependencies(subject: Subject) -> Iterator[Finding]:
    """V12: each dependency is in the manifest."""
    stacks = subject.manifest.stacks
    for name, stack in stacks.items():
        for dependency in sorted({*stack.dependencies} - {ALL} - stacks.keys()):
            message = f"Missing dependency: {dependency} (needed by {name!r}){did_you_mean(dependency, stacks)}"
            path = ("stacks", name, "dependencies")
            yield subject.found("MISSING_DEPENDENCY", path, message, stack=name, dependency=dependency)


def check_disabled_dependencies(subject: Subject) -> Iterator[Finding]:
    """V13: each hard dependency of an enabled stack is enabled in the environment."""
    manifest = subject.manifest
    for view in subject.views:
        for name, edges in view.edges.items():
            declared = edges.hard - edges.undeclared
            for dependency in sorted(declared & manifest.stacks.keys() - view.stacks.keys()):
                message = f"{name!r} depends on {dependency!r}, which is disabled"
                yield _of_edge(subject, "DISABLED_DEPENDENCY", view.name, (name, dependency), message)


def check_cycles(subject: Subject) -> Iterator[Finding]:
    """V14: no cycle, implicit and soft dependencies included. The first ones of each environment are told."""
    for view in subject.views:
        for cycle in islice(find_cycles({name: edges.all for name, edges in view.edges.items()}), _TOLD_CYCLES):
            message = f"Circular dependency detected: {' → '.join(cycle)}"
            path = ("stacks", cycle[0], "dependencies")
            yield subject.found("CIRCULAR_DEPENDENCY", path, message, path=cycle, environments=[view.name])


def check_template_dependencies(subject: Subject) -> Iterator[Finding]:
    """V15: the list holds the stack template's hard dependencies, and beside them at most its soft ones."""
    everyone = frozenset(subject.manifest.stacks)
    for name, stack in subject.manifest.stacks.items():
        template = subject.template(name)
        if template is None:
            continue
        listed = {*stack.dependencies} - {ALL} | (everyone - {name} if ALL in stack.dependencies else set())
        missing = sorted({*template.dependencies} - listed)
        surplus = sorted(name for name in listed - {*template.dependencies} if not template.is_soft(name))
        if missing or surplus:
            parts = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"adds {', '.join(surplus)}"] * bool(surplus)
            yield subject.found(
                "TEMPLATE_DEPENDENCY_MISMATCH",
                ("stacks", name, "dependencies"),
                f"the list differs from the stack template of {name!r}: it {' and '.join(parts)}",
                stack=name,
                missing=missing,
                surplus=surplus,
                expected=", ".join(template.dependencies),
            )


def check_undeclared(subject: Subject) -> Iterator[Finding]:
    """A dependency that only a placeholder names is used, but should be written down."""
    for view in subject.views:
        for name, edges in view.edges.items():
            for dependency in sorted(edges.undeclared & view.stacks.keys() - {name}):
                message = f"{name!r} reads an output of {dependency!r} without listing it as a dependency"
                yield _of_edge(subject, "UNDECLARED_DEPENDENCY", view.name, (name, dependency), message)


def _of_edge(subject: Subject, code: str, environment: str, edge: tuple[str, str], message: str) -> Finding:
    """About a stack and what it depends on, in one environment."""
    stack, dependency = edge
    return subject.found(
        code,
        ("stacks", stack, "dependencies"),
        message,
        stack=stack,
        dependency=dependency,
        environments=[environment],
    )
