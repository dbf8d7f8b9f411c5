"""ECR: repositories with what belongs to each, and the settings of the whole registry.

The API writes its names as Pulumi does, in camelCase.
"""

from __future__ import annotations

from typing import Any, Final

from sandbox.provider.language import (
    Create,
    Delete,
    Detail,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Tags,
    call,
    setting,
)
from sandbox.provider.scope import Scope

GONE: Final = ("RepositoryNotFoundException",)
ARN: Final = "arn:{partition}:ecr:{region}:{account}:repository/{id}"
NO_REPLICATION: Final[dict[str, Any]] = {"replicationConfiguration": {"rules": []}}


def _read_repository(scope: Scope) -> LiveObject | None:
    """The key that AWS picks is told only if the program named one."""
    live = Read(
        call("describe_repositories", repositoryNames=["$id"]),
        at="repositories[0]",
        gone=GONE,
        details=(Detail("tags", call("list_tags_for_resource", resourceArn=scope.format(ARN)), "tags"),),
    )(scope)
    if live is None:
        return None
    encryption = dict(live["encryptionConfiguration"])
    if scope.value("encryptionConfigurations") and not scope.value("encryptionConfigurations")[0].get("kmsKey"):
        encryption.pop("kmsKey", None)
    return {**live, "encryptionConfigurations": [encryption]}


def _create_repository(scope: Scope) -> str:
    encryption = (scope.value("encryptionConfigurations") or [None])[0]
    return Create(
        call(
            "create_repository",
            "name imageTagMutability imageTagMutabilityExclusionFilters imageScanningConfiguration",
            encryptionConfiguration=encryption,
        ),
        text="{name}",
        tags="tags",
    )(scope)


REPOSITORY: Final = Resource(
    token="aws:ecr/repository:Repository",
    service="ecr",
    inputs=(
        Input("name", "repositoryName", replaces=True, autoname=256),
        Input("imageTagMutability", "=", default="MUTABLE"),
        Input("imageTagMutabilityExclusionFilters", "="),
        Input("imageScanningConfiguration", "=", computed=True),
        Input("encryptionConfigurations", "=", computed=True, replaces=True),
        Input("forceDelete", default=False, stored=True),
    ),
    outputs=(
        Output("arn", "repositoryArn"),
        Output("registryId", "="),
        Output("repositoryUrl", "repositoryUri"),
    ),
    create=_create_repository,
    read=_read_repository,
    settings=(
        setting(
            "imageTagMutability imageTagMutabilityExclusionFilters",
            call(
                "put_image_tag_mutability",
                "imageTagMutability imageTagMutabilityExclusionFilters",
                repositoryName="$id",
            ),
            on_create=False,
        ),
        setting(
            "imageScanningConfiguration",
            call("put_image_scanning_configuration", "imageScanningConfiguration", repositoryName="$id"),
            on_create=False,
        ),
    ),
    delete=Delete((call("delete_repository", repositoryName="$id", force="$forceDelete"),), gone=GONE),
    tags=Tags(
        add=call("tag_resource", resourceArn="$arn", tags="$new_tags"),
        remove=call("untag_resource", resourceArn="$arn", tagKeys="$gone_keys"),
        at="tags",
    ),
    identity=("name",),
)

LIFECYCLE_POLICY: Final = Resource(
    token="aws:ecr/lifecyclePolicy:LifecyclePolicy",
    service="ecr",
    inputs=(
        Input("repository", "repositoryName", required=True, replaces=True),
        Input("policy", "lifecyclePolicyText", kind=Kind.JSON, required=True, replaces=True),
    ),
    outputs=(Output("registryId", "="),),
    create=Create(call("put_lifecycle_policy", "repository policy"), text="{repository}"),
    read=Read(
        call("get_lifecycle_policy", repositoryName="$id"), at="@", gone=(*GONE, "LifecyclePolicyNotFoundException")
    ),
    delete=Delete(
        (call("delete_lifecycle_policy", repositoryName="$id"),), gone=(*GONE, "LifecyclePolicyNotFoundException")
    ),
    identity=("repository",),
)

PUT_REPOSITORY_POLICY: Final = call("set_repository_policy", "repository policy")

REPOSITORY_POLICY: Final = Resource(
    token="aws:ecr/repositoryPolicy:RepositoryPolicy",
    service="ecr",
    inputs=(
        Input("repository", "repositoryName", required=True, replaces=True),
        Input("policy", "policyText", kind=Kind.POLICY, required=True),
    ),
    outputs=(Output("registryId", "="),),
    create=Create(PUT_REPOSITORY_POLICY, text="{repository}"),
    read=Read(
        call("get_repository_policy", repositoryName="$id"), at="@", gone=(*GONE, "RepositoryPolicyNotFoundException")
    ),
    settings=(setting("policy", PUT_REPOSITORY_POLICY, on_create=False),),
    delete=Delete(
        (call("delete_repository_policy", repositoryName="$id"),), gone=(*GONE, "RepositoryPolicyNotFoundException")
    ),
    identity=("repository",),
)


def _set_scanning(scope: Scope) -> str:
    wanted = {"scanType": scope.value("scanType"), "rules": scope.value("rules") or []}
    scope.request("put_registry_scanning_configuration", wanted)
    return scope.aws.account


REGISTRY_SCANNING: Final = Resource(
    token="aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
    service="ecr",
    inputs=(
        Input("scanType", "scanningConfiguration.scanType", required=True),
        Input("rules", "scanningConfiguration.rules", kind=Kind.SET),
    ),
    outputs=(Output("registryId", "="),),
    create=_set_scanning,
    read=Read(call("get_registry_scanning_configuration"), at="@"),
    settings=(setting("scanType rules", _set_scanning, on_create=False),),
    # Every registry has a configuration: to delete it is to take up the one that a new registry has.
    delete=lambda scope: scope.request("put_registry_scanning_configuration", {"scanType": "BASIC", "rules": []}),
)


def _set_replication(scope: Scope) -> str:
    """A registry without a configuration of the program replicates nothing."""
    wanted = scope.value("replicationConfiguration")
    scope.request("put_replication_configuration", {"replicationConfiguration": wanted} if wanted else NO_REPLICATION)
    return scope.aws.account


def _read_replication(scope: Scope) -> LiveObject | None:
    """A rule without filters is told with an empty list of them, a registry without rules with none."""
    live: LiveObject = scope.request("describe_registry", {})
    told = live["replicationConfiguration"]["rules"]
    rules = [{key: value for key, value in rule.items() if value} for rule in told]
    return {**live, "replicationConfiguration": {"rules": rules} if rules else None}


REPLICATION: Final = Resource(
    token="aws:ecr/replicationConfiguration:ReplicationConfiguration",
    service="ecr",
    inputs=(Input("replicationConfiguration", "="),),
    outputs=(Output("registryId", "="),),
    create=_set_replication,
    read=_read_replication,
    settings=(setting("replicationConfiguration", _set_replication, on_create=False),),
    delete=lambda scope: scope.request("put_replication_configuration", NO_REPLICATION),
)

RESOURCES: Final = (REPOSITORY, LIFECYCLE_POLICY, REPOSITORY_POLICY, REGISTRY_SCANNING, REPLICATION)
