"""Which stack in the engine's backend, and where in AWS: from the deployment's record and its manifest."""

from __future__ import annotations

from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment
from cloud_core.ports.engine import StackTarget
from cloud_core.ports.records import StackRepository


def stack_target(deployment: Deployment, manifest: Manifest, environment: EnvironmentName, stack: str) -> StackTarget:
    """The stack with the account, region and tags of the environment; InvalidInput when the manifest lacks it."""
    section = manifest.environment(environment.value)
    return StackTarget(
        deployment_id=deployment.deployment_id,
        stack=stack,
        environment=environment,
        organization=deployment.pulumi_org,
        project=manifest.deployment.project,
        region=section.region,
        account=section.account,
        tags={**manifest.deployment.tags, **section.tags},
    )


def require_known_stack(stacks: StackRepository, deployment: Deployment, stack: str) -> None:
    """StackNotFound for one that neither the manifest has nor a record remembers: it is misspelt."""
    manifest = Manifest.model_validate(deployment.manifest)
    if stack in manifest.stacks:
        return
    if all(record.stack_name != stack for record in stacks.list_by_deployment(deployment.deployment_id)):
        manifest.stack(stack)
