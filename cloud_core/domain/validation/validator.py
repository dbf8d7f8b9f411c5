"""Run the rules over a manifest as it was written, and collect every finding at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cloud_core.domain.graph import StackGraph, find_cycle
from cloud_core.domain.manifest import Manifest, normalise
from cloud_core.domain.validation.findings import Level
from cloud_core.domain.validation.result import DISABLED, NOT_CHOSEN, EnvironmentVerdict, ValidationResult, split
from cloud_core.domain.validation.rules import RULES
from cloud_core.domain.validation.structure import check_sections, check_structure, locator, salvage
from cloud_core.domain.validation.subject import Catalogue, EnvironmentView, Subject

_LIST_ITEM: Final = re.compile(r"\[\d+\]$")
_STEP: Final = re.compile(r"[.\[]")


@dataclass(frozen=True)
class Scope:
    """How far to look: the level, one environment or all enabled ones, warnings as errors, the id that is expected.

    `file` begins every location; empty when there is no file yet.
    """

    level: Level = Level.CONFIG
    environment: str | None = None
    strict: bool = False
    expected_id: str | None = None
    file: str = "Deployment_Manifest.yaml"


def validate_manifest(data: Any, catalogue: Catalogue, scope: Scope | None = None) -> ValidationResult:
    """Every finding up to the scope's level (`full` counts as `config` here: the rest needs AWS and the engine).

    `data` is plain data in either dialect. A broken field does not hide the faults of the others; only without the
    three sections is there nothing to look at.
    """
    scope = scope or Scope()
    locate = locator(scope.file, data)
    findings = list(check_sections(data, locate))
    if findings or scope.level is Level.SYNTAX:
        errors, warnings = split(findings, scope.strict)
        return ValidationResult(level=scope.level, errors=errors, warnings=warnings)
    canonical = normalise(data)
    findings = list(check_structure(canonical, locate))
    manifest = salvage(canonical)
    subject = Subject(manifest, catalogue, _chosen(manifest, scope), locate, scope.expected_id)
    broken = frozenset(_LIST_ITEM.sub("", found.location) for found in findings)
    for rule in RULES:
        if scope.level.includes(rule.level):
            findings += [found for found in rule.check(subject) if not _lies_below(found.location, broken)]
    return _result(subject, scope).with_findings(findings, scope.strict)


def parse_manifest(data: Mapping[str, Any], catalogue: Catalogue, scope: Scope) -> Manifest:
    """The canonical manifest, valid up to the scope's level; InvalidManifest with all errors otherwise."""
    validate_manifest(data, catalogue, scope).raise_if_invalid()
    return Manifest.model_validate(normalise(data))


def _chosen(manifest: Manifest, scope: Scope) -> tuple[str, ...]:
    return tuple(name for name in manifest.enabled_environments if scope.environment in (None, name))


def _lies_below(location: str, broken: frozenset[str]) -> bool:
    """What the stand-in of a broken field makes up is not a finding."""
    return bool(broken) and (
        location in broken or any(location[: step.start()] in broken for step in _STEP.finditer(location))
    )


def _result(subject: Subject, scope: Scope) -> ValidationResult:
    manifest = subject.manifest
    return ValidationResult(
        level=scope.level,
        total_stacks=len(manifest.stacks),
        enabled_stacks=sum(stack.enabled for stack in manifest.stacks.values()),
        environments=tuple(_verdict(manifest, name, subject) for name in manifest.environment_names),
        dependency_layers=max((_layers(view) for view in subject.views), default=0),
    )


def _verdict(manifest: Manifest, name: str, subject: Subject) -> EnvironmentVerdict:
    enabled = manifest.environments[name].enabled
    status = "valid" if name in subject.environments else NOT_CHOSEN if enabled else DISABLED
    return EnvironmentVerdict(name=name, enabled=enabled, status=status)


def _layers(view: EnvironmentView) -> int:
    """Layers of what can be ordered: a cycle has none."""
    present = view.stacks.keys()
    edges = {name: edges.all & present for name, edges in view.edges.items()}
    return 0 if find_cycle(edges) else len(StackGraph.build(edges, edges).layers)
