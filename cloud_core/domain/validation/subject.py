"""What the rules look at: the manifest, what else is known, and a view of each environment that is validated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cloud_core.domain.manifest import Manifest, StackEdges, Tier, merge_tiers, origin_of, stack_edges, tiers
from cloud_core.domain.placeholders import PlaceholderKind, Problem, Reference, expand, references
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.validation.findings import Finding, finding
from cloud_core.domain.validation.structure import Locate


@dataclass(frozen=True)
class Catalogue:
    """What exists beside the manifest: stack templates, the stacks of each deployment template, stack programs."""

    stack_templates: Mapping[str, StackTemplate]
    deployment_templates: Mapping[str, frozenset[str]]
    programs: frozenset[str]


@dataclass(frozen=True)
class StackView:
    """One stack in one environment: its tiers, their merge, and the merge with `{{ENV:...}}` unfolded."""

    name: str
    template: StackTemplate | None
    tiers: list[Tier]
    config: Mapping[str, Any]
    tree: Mapping[str, Any]
    problems: list[Problem]

    @cached_property
    def references(self) -> list[Reference]:
        """Placeholders left to look up, in the order of writing."""
        return list(references(self.tree))

    @cached_property
    def outputs_read(self) -> list[tuple[Reference, str, str]]:
        """Placeholders that read another stack, with the names of the stack and its output."""
        return [
            (reference, placeholder.stack, placeholder.output)
            for reference in self.references
            if (placeholder := reference.placeholder).kind is PlaceholderKind.STACK_OUTPUT
            and placeholder.stack is not None
            and placeholder.output is not None
        ]

    def place(self, field: str) -> tuple[str | int, ...]:
        """The manifest's path of a field such as `subnets[0].name`; the stack's own for a template's default."""
        key = next(key for key in self.config if field == key or field.startswith((f"{key}.", f"{key}[")))
        tier = origin_of(self.tiers, key)
        return (*tier.path, field) if tier.path else ("stacks", self.name)


@dataclass(frozen=True)
class EnvironmentView:
    """An enabled environment: its configuration and the stacks that are switched on, by name."""

    name: str
    config: Mapping[str, Any]
    stacks: Mapping[str, StackView]
    edges: Mapping[str, StackEdges]


@dataclass(frozen=True)
class Subject:
    """The manifest under validation; `environments` are those that are enabled and chosen."""

    manifest: Manifest
    catalogue: Catalogue
    environments: tuple[str, ...]
    locate: Locate
    expected_id: str | None = None

    def found(self, code: str, path: Iterable[str | int], message: str, /, **details: Any) -> Finding:
        """A finding at a canonical path of the manifest."""
        return finding(code, self.locate(tuple(path)), message, **details)

    def template(self, stack: str) -> StackTemplate | None:
        return self.catalogue.stack_templates.get(stack)

    @cached_property
    def views(self) -> list[EnvironmentView]:
        return [self._view(name) for name in self.environments]

    def _view(self, environment: str) -> EnvironmentView:
        present = frozenset(self.manifest.stacks_in(environment))
        shared = self.manifest.environment(environment).config
        stacks = {name: self._stack(name, environment, shared) for name in sorted(present)}
        edges = {
            name: stack_edges(
                self.manifest, name, view.template, present, frozenset(stack for _, stack, _ in view.outputs_read)
            )
            for name, view in stacks.items()
        }
        return EnvironmentView(environment, shared, stacks, edges)

    def _stack(self, name: str, environment: str, shared: Mapping[str, Any]) -> StackView:
        template = self.template(name)
        layers = tiers(self.manifest, name, environment, template)
        config = merge_tiers(layers)
        tree, problems = expand(config, shared)
        return StackView(name, template, layers, config, tree, problems)
