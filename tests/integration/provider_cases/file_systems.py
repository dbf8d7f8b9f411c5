"""EFS file systems, and the vaults, plans and selections of AWS Backup."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi_aws as aws

from sandbox.provider.gaps import WHOLE
from sandbox.provider.services.backup import LOCK, PLAN, SELECTION
from sandbox.provider.services.efs import BACKUP_POLICY, FILE_SYSTEM, FILE_SYSTEM_POLICY
from sandbox.provider.testing import Case, Clients, lacks
from sandbox.provider.testing.cases import REGION

KEY = f"arn:aws:kms:{REGION}:123456789012:key/11111111-2222-3333-4444-555555555555"
ROLE = "arn:aws:iam::123456789012:role/backup"
DESCRIPTION = {False: "first", True: "second"}


def file_systems(later: bool) -> None:
    tags = {"Team": DESCRIPTION[later]}
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24", availability_zone=f"{REGION}a")
    groups = [aws.ec2.SecurityGroup(f"group-{index}", vpc_id=vpc.id) for index in range(2)]
    shared = aws.efs.FileSystem(
        "shared",
        creation_token="shared",
        encrypted=True,
        kms_key_id=KEY,
        performance_mode="generalPurpose",
        throughput_mode="bursting" if later else "provisioned",
        provisioned_throughput_in_mibps=None if later else 100,
        protection={"replication_overwrite": "DISABLED" if later else "ENABLED"},
        lifecycle_policies=[
            {"transition_to_ia": "AFTER_60_DAYS" if later else "AFTER_30_DAYS"},
            {"transition_to_primary_storage_class": "AFTER_1_ACCESS"},
        ],
        tags=tags,
    )
    aws.efs.FileSystem("plain")
    aws.efs.MountTarget(
        "shared",
        file_system_id=shared.id,
        subnet_id=subnet.id,
        security_groups=[groups[later].id],
        ip_address="10.0.0.9",
    )
    aws.efs.AccessPoint(
        "app",
        file_system_id=shared.id,
        posix_user={"uid": 1001, "gid": 1001, "secondary_gids": [1002]},
        root_directory={
            "path": "/app-data",
            "creation_info": {"owner_uid": 1001, "owner_gid": 1001, "permissions": "0750"},
        },
        tags=tags,
    )
    aws.efs.BackupPolicy(
        "shared", file_system_id=shared.id, backup_policy={"status": "DISABLED" if later else "ENABLED"}
    )
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:ClientMount"}
    aws.efs.FileSystemPolicy(
        "shared",
        file_system_id=shared.id,
        policy=json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": DESCRIPTION[later], **statement}]}),
    )


def backups(later: bool) -> None:
    vault = aws.backup.Vault("vault", name="shop", kms_key_arn=KEY, force_destroy=True, tags={"T": DESCRIPTION[later]})
    aws.backup.VaultLockConfiguration(
        "vault", backup_vault_name=vault.name, min_retention_days=7, max_retention_days=90, changeable_for_days=3
    )
    plan = aws.backup.Plan(
        "daily",
        rules=[
            {
                "rule_name": "daily",
                "target_vault_name": vault.name,
                "schedule": "cron(0 5 * * ? *)",
                "start_window": 60,
                "completion_window": 300,
                "lifecycle": {"delete_after": 90 if later else 30},
                "recovery_point_tags": {"Plan": "daily"},
            }
        ],
        advanced_backup_settings=[{"backup_options": {"WindowsVSS": "enabled"}, "resource_type": "EC2"}],
        tags={"Team": DESCRIPTION[later]},
    )
    aws.backup.Selection(
        "tagged",
        name="tagged",
        plan_id=plan.id,
        iam_role_arn=ROLE,
        selection_tags=[{"type": "STRINGEQUALS", "key": "Backup", "value": "Required"}],
        not_resources=["arn:aws:s3:::*"],
    )


def storage(later: bool) -> None:
    file_systems(later)
    backups(later)


def left(clients: Clients) -> dict[str, Any]:
    vpcs = [one["VpcId"] for one in clients.ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]]
    return {
        "file systems": clients.efs.describe_file_systems()["FileSystems"],
        "access points": clients.efs.describe_access_points()["AccessPoints"],
        "vaults": clients.backup.list_backup_vaults()["BackupVaultList"],
        "vpcs": vpcs,
    }


def efs(operation: str, **asked: Any) -> Callable[[Clients], bool]:
    return lambda server: lacks(lambda: getattr(server.efs, operation)(FileSystemId="fs-1", **asked))


def backup(operation: str, **asked: Any) -> Callable[[Clients], bool]:
    return lambda server: lacks(lambda: getattr(server.backup, operation)(BackupPlanId="any", **asked))


def told_lock(server: Clients) -> dict[str, Any]:
    """A lock as the server tells it; the date from which on it is for ever is no part of that."""
    vault = {"BackupVaultName": "locked"}
    server.backup.create_backup_vault(**vault)
    server.backup.put_backup_vault_lock_configuration(**vault, ChangeableForDays=3)
    found = server.backup.describe_backup_vault(**vault)
    server.backup.delete_backup_vault(**vault)
    return dict(found)


NO_RULES = {"BackupPlanName": "any", "Rules": []}
CASE = Case(
    modules=("efs", "backup"),
    program=storage,
    left=left,
    constant=frozenset({LOCK.token, SELECTION.token}),
    untold=frozenset({"forceDestroy", "bypassPolicyLockoutSafetyCheck"}),
    import_ids={SELECTION.token: lambda outputs: f"{outputs['planId']}|{outputs['id']}"},
    probes={
        (FILE_SYSTEM.token, "throughputMode"): efs("update_file_system"),
        (FILE_SYSTEM.token, "provisionedThroughputInMibps"): efs("update_file_system"),
        (FILE_SYSTEM.token, "protection"): efs("update_file_system_protection"),
        (BACKUP_POLICY.token, WHOLE): efs("put_backup_policy", BackupPolicy={"Status": "ENABLED"}),
        (FILE_SYSTEM_POLICY.token, "policy"): efs("delete_file_system_policy"),
        (PLAN.token, WHOLE): backup("update_backup_plan", BackupPlan=NO_RULES),
        (SELECTION.token, WHOLE): backup(
            "create_backup_selection", BackupSelection={"SelectionName": "any", "IamRoleArn": ROLE}
        ),
        (LOCK.token, "changeableForDays"): lambda server: "ChangeableForDays" not in told_lock(server),
    },
)
