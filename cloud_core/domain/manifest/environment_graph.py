"""The graph of one environment: declared dependencies, the stack templates' soft ones, and what placeholders read.

What the stack template calls soft is soft, wherever else it is named; the rest is hard. `ALL` means every other
stack that is switched on, softly. The environment's own flag is not looked at: whether it may run is the caller's
question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloud_core.domain.errors import InvalidManifest
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.manifest.inheritance import merged_config
from cloud_core.domain.manifest.model import ALL, Manifest
from cloud_core.domain.placeholders import PlaceholderKind, Reference, expand, references
from cloud_core.domain.stack_template import DEFAULT_PRIORITY, StackTemplate

Templates = Mapping[str, StackTemplate]


@dataclass(frozen=True)
class StackEdges:
    """A stack's dependencies. Soft ones are switched on; hard ones may be off or absent, which is then an error.

    `undeclared` are the hard ones that only placeholders name.
    """

    hard: frozenset[str]
    soft: frozenset[str]
    undeclared: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        return self.hard | self.soft


def environment_graph(manifest: Manifest, environment: str, templates: Templates) -> StackGraph:
    """The graph over the stacks that are switched on.

    Raises InvalidManifest for a dependency that is switched off, InvalidInput for one that is not in the manifest,
    DependencyCycle, and InvalidInput for an environment that the manifest does not have.
    """
    edges = environment_edges(manifest, environment, templates)
    switched_off = frozenset(manifest.stacks) - frozenset(edges)
    for name, stack in edges.items():
        if off := sorted(stack.hard & switched_off):
            raise InvalidManifest(
                f"stack {name!r} depends on {off[0]!r}, which is disabled in {environment}",
                stack=name,
                dependency=off[0],
                environment=environment,
                suggestion=f"enable the stack {off[0]!r} in {environment}, or disable {name!r} there",
            )
    return StackGraph.build(
        edges,
        {name: stack.hard for name, stack in edges.items()},
        {name: stack.soft for name, stack in edges.items()},
        {name: priority_of(manifest, name, templates.get(name)) for name in edges},
    )


def environment_edges(manifest: Manifest, environment: str, templates: Templates) -> dict[str, StackEdges]:
    """The dependencies of every stack that is switched on, by name; nothing is checked."""
    present = frozenset(manifest.stacks_in(environment))
    shared = manifest.environment(environment).config
    edges: dict[str, StackEdges] = {}
    for name in sorted(present):
        template = templates.get(name)
        read = stacks_read(merged_config(manifest, name, environment, template), shared)
        edges[name] = stack_edges(manifest, name, template, present, read)
    return edges


def stack_edges(
    manifest: Manifest, stack: str, template: StackTemplate | None, present: frozenset[str], read: frozenset[str]
) -> StackEdges:
    """One stack's dependencies among `present` stacks, when its configuration reads the stacks `read`."""
    listed = frozenset(manifest.stack(stack).dependencies)
    named = (listed - {ALL}) | (frozenset(template.dependencies) if template and ALL in listed else frozenset())
    hard = frozenset(other for other in named | read if template is None or not template.is_soft(other))
    soft = template.soft_among(present) if template else frozenset()
    if ALL in listed:
        soft |= present - {stack} - named
    return StackEdges(hard - soft, soft, hard - soft - named)


def stacks_read(config: Mapping[str, Any], shared: Mapping[str, Any]) -> frozenset[str]:
    """Stacks whose outputs the configuration reads, through the environment's values too."""
    tree, _problems = expand(config, shared)
    return frozenset(stack for stack in map(_stack_of, references(tree)) if stack is not None)


def priority_of(manifest: Manifest, stack: str, template: StackTemplate | None) -> float:
    """The manifest's, else the template's, else the middle of the scale."""
    own = manifest.stack(stack).priority
    if own is not None:
        return own
    return template.priority if template else DEFAULT_PRIORITY


def _stack_of(reference: Reference) -> str | None:
    placeholder = reference.placeholder
    return placeholder.stack if placeholder.kind is PlaceholderKind.STACK_OUTPUT else None
