"""A file system that the applications share: encrypted on disk and on its way, mounted only by their groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext, protected
from stacks.iam_documents import allow, deny, document
from stacks.naming import SECURITY_GROUP
from stacks.security_group_rules import GroupId, Ports, allow_ingress
from stacks.storage.backups import BACKUP_TAG
from stacks.storage.contract import Inputs

NFS: Final = Ports(2049, 2049)
_MOUNT: Final = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
_USER: Final = 1001
_DIRECTORY: Final = "/app-data"


@dataclass(frozen=True)
class SharedFiles:
    file_system: aws.efs.FileSystem
    group: aws.ec2.SecurityGroup
    access_point: aws.efs.AccessPoint


def make_file_system(inputs: Inputs, context: StackContext) -> SharedFiles:
    """With an address in each zone, and one directory for applications."""
    covered = BACKUP_TAG if inputs.enable_backup else {}
    shared = aws.efs.FileSystem(
        "shared",
        encrypted=True,
        kms_key_id=inputs.application_key_arn,
        throughput_mode="elastic",
        lifecycle_policies=[
            {"transition_to_ia": "AFTER_30_DAYS"},
            {"transition_to_primary_storage_class": "AFTER_1_ACCESS"},
        ],
        tags={**context.named("shared"), **covered},
        opts=protected(inputs.protect),
    )
    # Our own plan takes the file system by its tag; without one AWS's own daily backups do.
    status = "DISABLED" if inputs.enable_backup else "ENABLED"
    aws.efs.BackupPolicy("shared", file_system_id=shared.id, backup_policy={"status": status})
    _let_clients_mount(inputs, shared)
    group = _group(inputs, context)
    _addresses(inputs, shared, group)
    return SharedFiles(shared, group, _app_directory(context, shared))


def _let_clients_mount(inputs: Inputs, shared: aws.efs.FileSystem) -> None:
    """Through the addresses in the subnets, by TLS, and never as root; a policy of ours takes the place of AWS's."""
    inside = {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}
    aws.efs.FileSystemPolicy(
        "shared",
        file_system_id=shared.id,
        policy=document(
            allow(_MOUNT, shared.arn, principal={"AWS": "*"}, conditions=inside, sid="Mount"),
            deny("*", shared.arn, conditions={"Bool": {"aws:SecureTransport": "false"}}, sid="TlsOnly"),
        ),
        opts=protected(inputs.protect),
    )


def _group(inputs: Inputs, context: StackContext) -> aws.ec2.SecurityGroup:
    group = aws.ec2.SecurityGroup(
        "efs",
        name=context.name(SECURITY_GROUP, "efs"),
        description="The shared file system",
        vpc_id=inputs.vpc_id,
        tags=context.named("efs"),
    )
    clients = {"ecs": inputs.ecs_sg_id, "eks": inputs.eks_sg_id, "web": inputs.web_application_sg_id}
    for name, client in clients.items():
        if client is not None:
            allow_ingress(f"efs-from-{name}", group, GroupId(client), NFS)
    return group


def _addresses(inputs: Inputs, shared: aws.efs.FileSystem, group: aws.ec2.SecurityGroup) -> None:
    subnets: pulumi.Output[list[str]] = pulumi.Output.from_input(inputs.private_subnet_ids or [])
    for index in range(inputs.az_count):
        aws.efs.MountTarget(
            f"shared-{index}",
            file_system_id=shared.id,
            subnet_id=subnets[index],
            security_groups=[group.id],
            opts=protected(inputs.protect),
        )


def _app_directory(context: StackContext, shared: aws.efs.FileSystem) -> aws.efs.AccessPoint:
    """Whoever mounts it is the same user, and sees nothing above it."""
    return aws.efs.AccessPoint(
        "app",
        file_system_id=shared.id,
        posix_user={"uid": _USER, "gid": _USER},
        root_directory={
            "path": _DIRECTORY,
            "creation_info": {"owner_uid": _USER, "owner_gid": _USER, "permissions": "0750"},
        },
        tags=context.named("app"),
    )
