"""Outputs of deployed stacks: masked from the records, or in clear and whole from the engine when that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cloud_core.domain.errors import OutputNotFound, StackNotFound
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment, StackRecord
from cloud_core.domain.statuses import StackStatus
from cloud_core.domain.values import reveal
from cloud_core.ports.engine import StackEngine
from cloud_core.ports.records import Records
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.records.targets import stack_target


@dataclass(frozen=True)
class Outputs:
    """Outputs by stack, in the order of names; `secret` names those with a secret inside, by stack."""

    deployment_id: str
    environment: EnvironmentName
    values: dict[str, dict[str, Any]]
    secret: dict[str, list[str]]

    def to_data(self) -> dict[str, Any]:
        return {
            "deployment_id": self.deployment_id,
            "environment": self.environment.value,
            "outputs": self.values,
        }

    def value(self, stack: str, output: str) -> Any:
        """One output of one of the stacks; OutputNotFound names those that it has."""
        values = self.values[stack]
        if output in values:
            return values[output]
        raise OutputNotFound(
            f"stack {stack!r} has no output {output!r} in {self.environment.value}: it has "
            f"{', '.join(sorted(values)) or 'none'}",
            stack=stack,
            output=output,
            suggestion=f"run 'cloud stack-outputs {self.deployment_id} {stack} --environment {self.environment.value}'",
        )


class OutputService:
    """`engine` is asked only for secrets in clear."""

    def __init__(self, records: Records, engine: Callable[[], StackEngine]) -> None:
        self._records = records
        self._engine = engine

    def of_deployment(self, deployment_id: str, environment: EnvironmentName, show_secrets: bool = False) -> Outputs:
        """Of every deployed stack; none is no error. DeploymentNotFound, InvalidInput (unknown environment)."""
        deployment = require_deployment(self._records.deployments, deployment_id)
        Manifest.model_validate(deployment.manifest).environment(environment.value)
        stored = self._records.stacks.list_by_deployment(deployment_id, environment)
        return self._read(deployment, environment, [one for one in stored if _is_deployed(one)], show_secrets)

    def of_stack(
        self, deployment_id: str, stack: str, environment: EnvironmentName, show_secrets: bool = False
    ) -> Outputs:
        """Of one stack. StackNotFound when it is not in the manifest or not deployed."""
        deployment = require_deployment(self._records.deployments, deployment_id)
        record = self._records.stacks.get_stack(deployment_id, stack, environment)
        if record is None or not _is_deployed(record):
            Manifest.model_validate(deployment.manifest).stack(stack)
            status = record.status.value if record else StackStatus.PENDING.value
            raise StackNotFound(
                f"stack {stack!r} is not deployed in {environment.value}: it is {status}",
                stack=stack,
                suggestion=f"run 'cloud deploy-stack {deployment_id} {stack} --environment {environment.value}'",
            )
        return self._read(deployment, environment, [record], show_secrets)

    def value(
        self, deployment_id: str, stack: str, output: str, environment: EnvironmentName, show_secrets: bool = False
    ) -> Any:
        """One output of a stack; OutputNotFound names those that it has."""
        return self.of_stack(deployment_id, stack, environment, show_secrets).value(stack, output)

    def _read(
        self, deployment: Deployment, environment: EnvironmentName, stacks: list[StackRecord], show_secrets: bool
    ) -> Outputs:
        return Outputs(
            deployment.deployment_id,
            environment,
            {one.stack_name: self._values(deployment, one, show_secrets) for one in stacks},
            {one.stack_name: list(one.secret_outputs) for one in stacks},
        )

    def _values(self, deployment: Deployment, record: StackRecord, show_secrets: bool) -> dict[str, Any]:
        """Only a stack with secrets, or with what is too large for its record, needs the engine."""
        if not show_secrets or all(map(record.tells, record.outputs)):
            return dict(record.outputs)
        manifest = Manifest.model_validate(deployment.manifest)
        target = stack_target(deployment, manifest, record.environment, record.stack_name)
        clear: dict[str, Any] = reveal(self._engine().outputs(target))
        return clear


def _is_deployed(record: StackRecord) -> bool:
    return record.status is StackStatus.DEPLOYED
