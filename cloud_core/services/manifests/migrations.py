"""Workspaces of version 2.3 brought to version 3.1: what would change, and the change itself.

A plan is made from what lies there, so a plan of what was migrated is empty, and one that broke off is taken up again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError, InvalidInput
from cloud_core.domain.manifest import SetValue, apply_edits, normalise
from cloud_core.domain.migration import migrate_manifest, stack_name
from cloud_core.domain.names import folder_name
from cloud_core.domain.stack_template import StackTemplate, parse_stack_template
from cloud_core.ports.clock import Clock
from cloud_core.ports.migrations import Change, LegacyWorkspace

MANIFEST: Final = "Deployment_Manifest.yaml"
_ID_LENGTH: Final = 7


@dataclass(frozen=True)
class MigrationPlan:
    """The changes in the order of application, and what can't be migrated, in words."""

    changes: tuple[Change, ...]
    problems: tuple[str, ...]

    def to_data(self) -> dict[str, Any]:
        changes = [
            {"path": str(one.path), "target": str(one.target), "reasons": list(one.reasons), "diff": one.diff()}
            for one in self.changes
        ]
        return {"changes": changes, "problems": list(self.problems)}


class MigrationService:
    """`product` are the product's stack templates; the workspace's own are read in the spelling that they have."""

    def __init__(self, workspace: LegacyWorkspace, product: Mapping[str, StackTemplate], clock: Clock) -> None:
        self._workspace = workspace
        self._product = product
        self._clock = clock

    def plan(self) -> MigrationPlan:
        """What would change. Nothing is written."""
        own = {file: self._workspace.read(file) for file in self._workspace.own_templates()}
        changes, problems = [*self._stacks(), *self._stack_templates(own)], []
        templates = {**self._product, **_todays_templates(own)}
        for deployment in self._workspace.deployments():
            try:
                changes += self._deployment(deployment, templates)
            except CloudError as error:
                problems.append(f"{deployment}: {error.message}")
        problems += [f"{one.target} exists already: {one.path} can't be moved there" for one in self._blocked(changes)]
        return MigrationPlan(tuple(changes), tuple(problems))

    def apply(self, plan: MigrationPlan) -> PurePosixPath:
        """Carry the plan out and return the backup's folder. InvalidInput, nothing written, when it has problems."""
        if plan.problems:
            raise InvalidInput(
                f"the workspace can't be migrated: {'; '.join(plan.problems)}",
                problems=list(plan.problems),
                suggestion="mend these by hand first; nothing was changed",
            )
        return self._workspace.apply(plan.changes)

    def _blocked(self, changes: list[Change]) -> list[Change]:
        return [one for one in changes if one.target != one.path and self._workspace.exists(one.target)]

    def _stacks(self) -> Iterator[Change]:
        for folder in self._workspace.own_stacks():
            target = folder.with_name(stack_name(folder.name))
            if target != folder:
                yield Change(folder, target, (f"the stack is called {target.name} now",))

    def _stack_templates(self, own: Mapping[PurePosixPath, Any]) -> Iterator[Change]:
        for file, data in own.items():
            target = file.with_name(f"{stack_name(file.stem)}{file.suffix}")
            edits = _template_edits(data, target.stem)
            if edits or target != file:
                change = self._workspace.edited(file, edits, target)
                yield replace(change, reasons=(f"the stack is called {target.stem} now",))

    def _deployment(self, folder: PurePosixPath, templates: Mapping[str, StackTemplate]) -> list[Change]:
        """The manifest first, then the folder: broken off between, the next plan takes up the folder alone."""
        found = self._workspace.manifests(folder)
        if len(found) != 1:
            names = ", ".join(str(path) for path in found) or "none"
            raise InvalidInput(f"there must be one manifest, but there are: {names}")
        data = self._workspace.read(found[0])
        if not isinstance(data, Mapping):
            raise InvalidInput(f"{found[0]} is no manifest: its top level must be a map")
        fixes = migrate_manifest(data, templates, timestamp(self._clock.now()))
        changes = []
        target = folder / MANIFEST
        if fixes or found[0] != target:
            change = self._workspace.edited(found[0], [fix.edit for fix in fixes], target)
            moved = [f"moved {found[0]} to {target}"] if found[0] != target else []
            changes.append(replace(change, reasons=(*moved, *(fix.description for fix in fixes))))
        renamed = _todays_folder(folder, data)
        if renamed != folder:
            changes.append(Change(folder, renamed, (f"a deployment's folder is called {renamed.name} now",)))
        return changes


def _template_edits(data: Any, name: str) -> list[SetValue]:
    """Of a stack template: its own name, and those of its dependencies."""
    if not isinstance(data, Mapping):
        return []
    edits = [SetValue(("name",), name)] if data.get("name", name) != name else []
    for key in ("dependencies", "soft_dependencies"):
        listed = data.get(key)
        if isinstance(listed, list) and (names := [stack_name(str(one)) for one in listed]) != listed:
            edits.append(SetValue((key,), names))
    return edits


def _todays_templates(own: Mapping[PurePosixPath, Any]) -> dict[str, StackTemplate]:
    """The workspace's templates as they will be; one that is not valid is the validation's business, not ours."""
    found = {}
    for file, data in own.items():
        name = stack_name(file.stem)
        renamed = dict(data) if isinstance(data, Mapping) else {}
        apply_edits(renamed, _template_edits(data, name))
        try:
            found[name] = parse_stack_template(renamed, file.name)
        except InvalidInput:
            continue
    return found


def _todays_folder(folder: PurePosixPath, data: Mapping[str, Any]) -> PurePosixPath:
    """Only a folder that is not found by its id today is renamed: any name behind the id will do."""
    if folder.name[_ID_LENGTH:].startswith("-"):
        return folder
    deployment = normalise(data).get("deployment") or {}
    org, project = (str(deployment.get(key) or "") for key in ("org", "project"))
    return folder.with_name(folder_name(folder.name[:_ID_LENGTH], org, project))
