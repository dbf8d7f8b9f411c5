"""What a stack can give away: the engine's state, or what it is made from and what it gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloud_core.domain.clock import timestamp
from cloud_core.domain.engine_state import state_resources
from cloud_core.domain.errors import StackNotFound
from cloud_core.domain.manifest import Manifest, merged_config, stack_edges, stacks_read
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.placeholders import find_placeholders
from cloud_core.domain.records import Deployment, StackRecord
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.statuses import StackStatus
from cloud_core.domain.values import MASK, map_leaves
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import StackEngine
from cloud_core.ports.records import Records
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.records.targets import stack_target


@dataclass(frozen=True)
class StackExport:
    """`content` is the state, or the description; it goes into a file as it is. `resource_count` is the state's, None
    for a description."""

    deployment_id: str
    environment: EnvironmentName
    stack: str
    exported_at: str
    content: Mapping[str, Any]
    resource_count: int | None = None

    @property
    def kind(self) -> str:
        """What the content is called."""
        return "description" if self.resource_count is None else "state"

    def place(self) -> dict[str, Any]:
        """Whose it is, for programs."""
        return {
            "deployment_id": self.deployment_id,
            "environment": self.environment.value,
            "stack_name": self.stack,
            "exported_at": self.exported_at,
        }

    def to_data(self) -> dict[str, Any]:
        return {**self.place(), self.kind: dict(self.content)}


class StackExports:
    """Reads only. Both raise DeploymentNotFound, InvalidInput (unknown environment) and StackNotFound."""

    def __init__(
        self,
        records: Records,
        templates: Callable[[], Mapping[str, StackTemplate]],
        engine: Callable[[], StackEngine],
        clock: Clock,
    ) -> None:
        self._records = records
        self._templates = templates
        self._engine = engine
        self._clock = clock

    def state(
        self, deployment_id: str, stack: str, environment: EnvironmentName, show_secrets: bool = False
    ) -> StackExport:
        """The engine's state; secrets stay encrypted unless they are asked for. StackNotFound when it has none."""
        deployment, manifest, record = self._find(deployment_id, stack, environment)
        if record is None:
            manifest.stack(stack)
        state = self._engine().export_state(stack_target(deployment, manifest, environment, stack), show_secrets)
        if not state:
            status = (record.status if record else StackStatus.PENDING).value
            raise StackNotFound(
                f"stack {stack!r} has no state in {environment.value}: it is {status}",
                stack=stack,
                suggestion=f"run 'cloud status {deployment_id} --environment {environment.value}'",
            )
        return self._export(deployment_id, environment, stack, state, len(state_resources(state)))

    def description(self, deployment_id: str, stack: str, environment: EnvironmentName) -> StackExport:
        """The configuration as the manifest and the template have it, before placeholders are filled in, with the
        dependencies and the masked outputs."""
        deployment, manifest, record = self._find(deployment_id, stack, environment)
        manifest.stack(stack)
        template = self._templates().get(stack)
        config = merged_config(manifest, stack, environment.value, template)
        shared = manifest.environment(environment.value).config
        present = frozenset(manifest.stacks_in(environment.value)) | {stack}
        edges = stack_edges(manifest, stack, template, present, stacks_read(config, shared))
        is_deployed = record is not None and record.status is StackStatus.DEPLOYED
        content = {
            "manifest_version": deployment.manifest_version,
            "configuration": _masked(config, template),
            "dependencies": {"hard": sorted(edges.hard), "soft": sorted(edges.soft)},
            "outputs": dict(record.outputs) if record and is_deployed else {},
        }
        return self._export(deployment_id, environment, stack, content)

    def _find(
        self, deployment_id: str, stack: str, environment: EnvironmentName
    ) -> tuple[Deployment, Manifest, StackRecord | None]:
        deployment = require_deployment(self._records.deployments, deployment_id)
        manifest = Manifest.model_validate(deployment.manifest)
        manifest.environment(environment.value)
        return deployment, manifest, self._records.stacks.get_stack(deployment_id, stack, environment)

    def _export(
        self,
        deployment_id: str,
        environment: EnvironmentName,
        stack: str,
        content: Mapping[str, Any],
        resource_count: int | None = None,
    ) -> StackExport:
        return StackExport(deployment_id, environment, stack, timestamp(self._clock.now()), content, resource_count)


def _masked(config: Mapping[str, Any], template: StackTemplate | None) -> dict[str, Any]:
    """A secret input's value is masked, unless it only says where the secret is kept."""
    inputs = template.inputs if template else {}
    secret = {name for name, one in inputs.items() if one.secret}
    return {name: map_leaves(value, _hidden) if name in secret else value for name, value in config.items()}


def _hidden(leaf: Any) -> Any:
    return leaf if isinstance(leaf, str) and find_placeholders(leaf) else MASK
