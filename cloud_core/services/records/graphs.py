"""What an operation is to do: its stacks as a graph, from the manifest that it pins."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from cloud_core.domain.digest import content_digest
from cloud_core.domain.errors import Conflict, InvalidInput, NotFound
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.manifest import Manifest, environment_graph
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment, Operation, StackRecord
from cloud_core.domain.rollback_graph import rollback_graph
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.statuses import Action
from cloud_core.domain.wishes import RollbackWish
from cloud_core.ports.records import Records
from cloud_core.services.records.statuses import require_deployment


@dataclass(frozen=True)
class OperationPlan:
    """`graph` is over what will run: for a destroy the arrows are turned round already. `whole` is that of the
    environment, whatever the operation is confined to."""

    manifest: Manifest
    templates: Mapping[str, StackTemplate]
    graph: StackGraph
    whole: StackGraph


class OperationPlans:
    """Pure but for reading records and templates."""

    def __init__(self, records: Records, stack_templates: Callable[[], Mapping[str, StackTemplate]]) -> None:
        self._records = records
        self._stack_templates = stack_templates

    def load(self, operation: Operation) -> tuple[Deployment, OperationPlan]:
        """The plan of an accepted operation; Conflict when the manifest is not the one that it pins any more."""
        deployment = require_deployment(self._records.deployments, operation.deployment_id)
        if operation.type is Action.PREVIEW:
            deployment = self.at_version(deployment, operation.manifest_version)
            deployment = self.with_sections_of(deployment, operation.back_to_version, operation.stacks)
        if deployment.digest != operation.digest:
            raise Conflict(
                f"the manifest of {deployment.deployment_id} changed after operation {operation.operation_id} was "
                f"accepted (version {operation.manifest_version}, now {deployment.manifest_version})",
                suggestion="start the operation again",
            )
        stacks, rollback = operation.stacks, operation.rollback
        return deployment, self.make(deployment, operation.environment, operation.goal, stacks, rollback)

    def at_version(self, deployment: Deployment, manifest_version: int) -> Deployment:
        """The deployment as it was, or would be, with that version of its manifest; NotFound when it was not kept."""
        if manifest_version == deployment.manifest_version:
            return deployment
        kept = self._records.deployments.kept_manifest(deployment.deployment_id, manifest_version)
        if kept is None:
            raise NotFound(
                f"version {manifest_version} of the manifest of {deployment.deployment_id} is not kept: the newest is "
                f"{deployment.manifest_version}",
                manifest_version=manifest_version,
                suggestion=f"see the versions with 'cloud history {deployment.deployment_id}'",
            )
        changes = {"manifest": kept.manifest, "digest": kept.digest, "manifest_version": kept.manifest_version}
        return deployment.model_copy(update=changes)

    def with_sections_of(
        self, deployment: Deployment, manifest_version: int | None, stacks: Collection[str]
    ) -> Deployment:
        """The deployment as it would be with these stacks' sections of that version; as it is without a version, or
        without stacks. StackNotFound when one of the two manifests has no such stack."""
        if manifest_version is None or not stacks:
            return deployment
        earlier = self.at_version(deployment, manifest_version)
        for stack in stacks:
            for one in (deployment, earlier):
                Manifest.model_validate(one.manifest).stack(stack)
        sections = {stack: earlier.manifest["stacks"][stack] for stack in stacks}
        manifest = {**deployment.manifest, "stacks": {**deployment.manifest["stacks"], **sections}}
        return deployment.model_copy(update={"manifest": manifest, "digest": content_digest(manifest)})

    def make(
        self,
        deployment: Deployment,
        environment: EnvironmentName,
        action: Action,
        stacks: list[str],
        rollback: RollbackWish | None = None,
    ) -> OperationPlan:
        """`stacks` empty means all; `rollback` says which of them go. Raises StackNotFound, InvalidInput and its
        subclasses as the graph does."""
        manifest = Manifest.model_validate(deployment.manifest)
        templates = self._stack_templates()
        if action in (Action.DEPLOY, Action.ROLLBACK):
            graph = whole = environment_graph(manifest, environment.value, templates)
            if action is Action.ROLLBACK:
                destroys = rollback.destroys if rollback else []
                graph = rollback_graph(self._needs(deployment, environment), whole, destroys)
        else:
            graph = self._present(deployment, environment, is_binding=action is Action.DESTROY)
            graph = whole = graph.reverse() if action is Action.DESTROY else graph
        if stacks:
            require_known(stacks, graph, manifest, environment, action)
        return OperationPlan(manifest, templates, graph.subset(stacks) if stacks else graph, whole)

    def _present(self, deployment: Deployment, environment: EnvironmentName, *, is_binding: bool) -> StackGraph:
        """Everything that exists, also what the manifest has switched off or dropped since: the order is the one
        that it was deployed in, which the records keep. Unless it is binding, a failure keeps no other stack back."""
        edges = self._needs(deployment, environment)
        return StackGraph.build(edges, edges) if is_binding else StackGraph.build(edges, {}, edges)

    def _needs(self, deployment: Deployment, environment: EnvironmentName) -> dict[str, list[str]]:
        """Every stack that exists, and which others it was deployed on."""
        return needs_of(self._records.stacks.list_by_deployment(deployment.deployment_id, environment))


def needs_of(stored: Collection[StackRecord]) -> dict[str, list[str]]:
    """Of these records the stacks that may have resources, and which others of them each was deployed on."""
    present = {record.stack_name: record for record in stored if record.status.may_have_resources}
    return {name: [other for other in record.dependencies if other in present] for name, record in present.items()}


def require_known(
    stacks: list[str], graph: StackGraph, manifest: Manifest, environment: EnvironmentName, action: Action
) -> None:
    """StackNotFound when not even the manifest has it, InvalidInput for a stack that is not in the graph."""
    unknown = sorted(set(stacks) - set(graph.names))
    if unknown:
        manifest.stack(unknown[0])
        what = "enabled" if action is Action.DEPLOY else "deployed"
        raise InvalidInput(
            f"stack {unknown[0]!r} is not {what} in {environment.value}: there are {', '.join(graph.names) or 'none'}",
            field="stacks",
            value=unknown[0],
        )
