"""EFS: file systems, the addresses under which subnets reach them, the directories that applications get."""

from __future__ import annotations

import uuid
from typing import Final

from sandbox.provider.gaps import KEPT, WHOLE, Gap
from sandbox.provider.kept import Keeping, kept
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
    Wait,
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import block

FILE_SYSTEM_GONE: Final = ("FileSystemNotFound",)
MOUNT_TARGET_GONE: Final = ("MountTargetNotFound",)
ACCESS_POINT_GONE: Final = ("AccessPointNotFound",)
FILE_SYSTEM_ARN: Final = "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{fileSystemId}"
TAGS: Final = Tags(
    add=call("tag_resource", ResourceId="$id", Tags="$new_tags"),
    remove=call("untag_resource", ResourceId="$id", TagKeys="$gone_keys"),
)
READY: Final = Wait("LifeCycleState", ("available",), failed=("error",))
PUT_LIFECYCLE: Final = call("put_lifecycle_configuration", "lifecyclePolicies", FileSystemId="$id")
_owner: Final = Read(
    call("describe_file_systems", FileSystemId="$fileSystemId"), at="FileSystems[0]", gone=FILE_SYSTEM_GONE
)

NO_TIERS: Final[dict[str, list[str]]] = {"LifecyclePolicies": []}


def _create_file_system(scope: Scope) -> str:
    """The token makes a repeated call harmless; a program that has none gets one."""
    token = scope.value("creationToken") or f"pulumi-{uuid.uuid4()}"
    sent = "availabilityZoneName encrypted kmsKeyId performanceMode throughputMode provisionedThroughputInMibps"
    return Create(call("create_file_system", sent, CreationToken=token), at="FileSystemId", tags="Tags")(scope)


FILE_SYSTEM: Final = Resource(
    token="aws:efs/fileSystem:FileSystem",
    service="efs",
    inputs=(
        Input("creationToken", replaces=True, computed=True),
        Input("availabilityZoneName", replaces=True, computed=True),
        Input("encrypted", replaces=True, computed=True),
        Input("kmsKeyId", kind=Kind.REFERENCE, replaces=True, computed=True),
        Input("performanceMode", replaces=True, computed=True),
        Input("throughputMode", default="bursting", stored=True),
        Input("provisionedThroughputInMibps", stored=True),
        Input("protection", kind=Kind.BLOCK, computed=True, stored=True),
        Input("lifecyclePolicies", kind=Kind.BLOCK, shape=block({"transitionToIa": "TransitionToIA"})),
    ),
    outputs=(
        Output("arn", "FileSystemArn"),
        Output("availabilityZoneId"),
        Output("dnsName", text="{id}.efs.{region}.{suffix}"),
        Output("name"),
        Output("ownerId"),
    ),
    create=_create_file_system,
    read=Read(
        call("describe_file_systems", FileSystemId="$id"),
        at="FileSystems[0]",
        gone=FILE_SYSTEM_GONE,
        details=(
            Detail(
                "LifecyclePolicies",
                call("describe_lifecycle_configuration", FileSystemId="$id"),
                "LifecyclePolicies",
                none=FILE_SYSTEM_GONE,
            ),
        ),
    ),
    settings=(
        setting(
            "lifecyclePolicies",
            lambda scope: scope.run(PUT_LIFECYCLE, {} if scope.value("lifecyclePolicies") else NO_TIERS),
        ),
    ),
    delete=Delete(
        (call("delete_file_system", FileSystemId="$id"),), gone=FILE_SYSTEM_GONE, busy=("FileSystemInUse",), seconds=60
    ),
    tags=TAGS,
    ready=READY,
    vanishes=600,
    identity=("creationToken",),
)

MOUNT_TARGET: Final = Resource(
    token="aws:efs/mountTarget:MountTarget",
    service="efs",
    inputs=(
        Input("fileSystemId", required=True, replaces=True),
        Input("subnetId", required=True, replaces=True),
        Input("ipAddress", replaces=True, computed=True),
        Input("securityGroups", kind=Kind.SET, computed=True),
    ),
    outputs=(
        Output("availabilityZoneId"),
        Output("availabilityZoneName"),
        Output("dnsName", text="{fileSystemId}.efs.{region}.{suffix}"),
        Output("fileSystemArn", text=FILE_SYSTEM_ARN),
        Output("mountTargetDnsName", text="{availabilityZoneName}.{fileSystemId}.efs.{region}.{suffix}"),
        Output("networkInterfaceId"),
        Output("ownerId"),
    ),
    create=Create(call("create_mount_target", "fileSystemId subnetId ipAddress securityGroups"), at="MountTargetId"),
    read=Read(
        call("describe_mount_targets", MountTargetId="$id"),
        at="MountTargets[0]",
        gone=MOUNT_TARGET_GONE,
        details=(
            Detail(
                "SecurityGroups",
                call("describe_mount_target_security_groups", MountTargetId="$id"),
                "SecurityGroups",
                none=MOUNT_TARGET_GONE,
            ),
        ),
    ),
    settings=(
        setting(
            "securityGroups",
            call("modify_mount_target_security_groups", "securityGroups", MountTargetId="$id"),
            on_create=False,
        ),
    ),
    delete=Delete((call("delete_mount_target", MountTargetId="$id"),), gone=MOUNT_TARGET_GONE),
    ready=READY,
    vanishes=600,
    # A file system has one address in each zone: two subnets of a zone are in each other's way.
    identity=("fileSystemId", "subnetId"),
)

ACCESS_POINT: Final = Resource(
    token="aws:efs/accessPoint:AccessPoint",
    service="efs",
    inputs=(
        Input("fileSystemId", required=True, replaces=True),
        Input("posixUser", kind=Kind.BLOCK, replaces=True),
        Input("rootDirectory", kind=Kind.BLOCK, replaces=True, computed=True, partial=True),
    ),
    outputs=(
        Output("arn", "AccessPointArn"),
        Output("fileSystemArn", text=FILE_SYSTEM_ARN),
        Output("ownerId"),
    ),
    create=Create(call("create_access_point", "fileSystemId posixUser rootDirectory"), at="AccessPointId", tags="Tags"),
    read=Read(call("describe_access_points", AccessPointId="$id"), at="AccessPoints[0]", gone=ACCESS_POINT_GONE),
    delete=Delete((call("delete_access_point", AccessPointId="$id"),), gone=ACCESS_POINT_GONE),
    tags=TAGS,
    ready=READY,
    vanishes=60,
)

BACKUP_POLICY: Final = kept(
    "aws:efs/backupPolicy:BackupPolicy",
    "efs",
    Keeping(
        "{fileSystemId}",
        parent=_owner,
        missing="FileSystemNotFound",
    ),
    inputs=(
        Input("fileSystemId", required=True, replaces=True),
        Input("backupPolicy", kind=Kind.BLOCK, required=True),
    ),
    identity=("fileSystemId",),
)

NO_POLICY: Final = "{}"
PUT_POLICY: Final = call(
    "put_file_system_policy",
    "policy",
    FileSystemId="$fileSystemId",
    BypassPolicyLockoutSafetyCheck="$bypassPolicyLockoutSafetyCheck",
)
TAKE_POLICY: Final = call("put_file_system_policy", FileSystemId="$fileSystemId", Policy=NO_POLICY)


def _read_policy(scope: Scope) -> LiveObject | None:
    """The server fails when it is asked for the policy of a file system that is gone."""
    if not _owner(scope):
        return None
    asked = call("describe_file_system_policy", FileSystemId="$fileSystemId")
    live = Read(asked, at="@", gone=("PolicyNotFound",))(scope)
    return None if live is None or live["Policy"] == NO_POLICY else live


def _delete_policy(scope: Scope) -> None:
    if _owner(scope):
        scope.run(TAKE_POLICY)


FILE_SYSTEM_POLICY: Final = Resource(
    token="aws:efs/fileSystemPolicy:FileSystemPolicy",
    service="efs",
    inputs=(
        Input("fileSystemId", required=True, replaces=True),
        Input("policy", kind=Kind.POLICY, required=True),
        Input("bypassPolicyLockoutSafetyCheck", default=False, stored=True),
    ),
    create=Create(PUT_POLICY, text="{fileSystemId}"),
    read=_read_policy,
    settings=(setting("policy", PUT_POLICY, on_create=False),),
    delete=_delete_policy,
    identity=("fileSystemId",),
    imports=r"(?P<fileSystemId>.+)",
)

RESOURCES: Final = (FILE_SYSTEM, MOUNT_TARGET, ACCESS_POINT, BACKUP_POLICY, FILE_SYSTEM_POLICY)

NO_UPDATE: Final = "update_file_system has not been implemented: what the object is made with stays"
GAPS: Final = (
    Gap(FILE_SYSTEM.token, "throughputMode", NO_UPDATE),
    Gap(FILE_SYSTEM.token, "provisionedThroughputInMibps", NO_UPDATE),
    Gap(FILE_SYSTEM.token, "protection", "update_file_system_protection has not been implemented"),
    Gap(BACKUP_POLICY.token, WHOLE, "put_backup_policy has not been implemented", KEPT),
    Gap(
        FILE_SYSTEM_POLICY.token,
        "policy",
        "delete_file_system_policy has not been implemented",
        "an empty document takes the place of a deleted one",
    ),
)
