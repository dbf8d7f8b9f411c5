"""A backup every day of what carries the tag, in a vault of the deployment's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext, protected
from stacks.iam_documents import trust
from stacks.naming import BACKUP, ROLE
from stacks.storage.contract import Inputs

BACKUP_TAG: Final = {"Backup": "Required"}
"""What a resource carries, in any stack of the deployment, to be backed up."""

_EVERY_DAY: Final = "cron(0 5 * * ? *)"  # UTC
_COLD_FROM: Final = 30
_COLD_AT_LEAST: Final = 90  # AWS keeps what is cold for that long
_POLICIES: Final = ("AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores")


@dataclass(frozen=True)
class Backups:
    vault: aws.backup.Vault
    plan: aws.backup.Plan
    role: aws.iam.Role


def make_backups(inputs: Inputs, context: StackContext) -> Backups:
    vault = aws.backup.Vault(
        "backups",
        name=context.name(BACKUP, "backups"),
        kms_key_arn=inputs.database_key_arn,
        force_destroy=inputs.force_destroy,
        opts=protected(inputs.protect),
    )
    if inputs.enable_vault_lock:
        aws.backup.VaultLockConfiguration(
            "backups",
            backup_vault_name=vault.name,
            min_retention_days=inputs.backup_retention_days,
            opts=protected(inputs.protect),
        )
    plan = aws.backup.Plan(
        "daily",
        name=context.name(BACKUP, "daily"),
        rules=[
            {
                "rule_name": "daily",
                "target_vault_name": vault.name,
                "schedule": _EVERY_DAY,
                "start_window": 60,
                "completion_window": 360,
                "lifecycle": _lifecycle(inputs.backup_retention_days),
            }
        ],
    )
    role = _role(context)
    _select(context, plan, role)
    return Backups(vault, plan, role)


def _lifecycle(days: int) -> Any:
    """Cold only where a backup lives long enough for that."""
    cold = {"cold_storage_after": _COLD_FROM} if days >= _COLD_FROM + _COLD_AT_LEAST else {}
    return {"delete_after": days, **cold}


def _select(context: StackContext, plan: aws.backup.Plan, role: aws.iam.Role) -> None:
    """All three tags together: the account may hold other deployments, with backups of their own."""
    tags = {**BACKUP_TAG, "DeploymentId": context.deployment_id, "Environment": context.environment.value}
    wanted = [
        aws.backup.SelectionConditionStringEqualArgs(key=f"aws:ResourceTag/{key}", value=value)
        for key, value in tags.items()
    ]
    aws.backup.Selection(
        "tagged",
        name=context.name(BACKUP, "tagged"),
        plan_id=plan.id,
        iam_role_arn=role.arn,
        resources=["*"],
        conditions=[aws.backup.SelectionConditionArgs(string_equals=wanted)],
    )


def _role(context: StackContext) -> aws.iam.Role:
    partition = aws.get_partition_output().partition
    role = aws.iam.Role(
        "backup",
        name=context.name(ROLE, "backup"),
        description="Takes backups and restores them",
        # AWS Backup names no source account when it takes its role on.
        assume_role_policy=trust("backup.amazonaws.com"),
    )
    for policy in _POLICIES:
        aws.iam.RolePolicyAttachment(
            f"backup-{policy}",
            role=role.name,
            policy_arn=pulumi.Output.concat("arn:", partition, ":iam::aws:policy/service-role/", policy),
        )
    return role
