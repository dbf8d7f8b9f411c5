"""The storage stack: buckets by what they are for, and, when asked for, a shared file system and backups."""

from __future__ import annotations

import pulumi

from stacks.context import StackContext
from stacks.storage.backups import Backups, make_backups
from stacks.storage.contract import BucketPurpose, Inputs, Outputs
from stacks.storage.deployment_buckets import Buckets, make_buckets
from stacks.storage.file_system import SharedFiles, make_file_system


def program(inputs: Inputs, context: StackContext) -> Outputs:
    buckets = make_buckets(inputs, context)
    backups = make_backups(inputs, context) if inputs.enable_backup else None
    files = make_file_system(inputs, context) if inputs.enable_efs else None
    return _outputs(inputs, buckets, backups, files)


def _outputs(inputs: Inputs, buckets: Buckets, backups: Backups | None, files: SharedFiles | None) -> Outputs:
    def name(purpose: BucketPurpose) -> pulumi.Output[str] | None:
        return buckets[purpose].name if purpose in buckets else None

    def arn(purpose: BucketPurpose) -> pulumi.Output[str] | None:
        return buckets[purpose].arn if purpose in buckets else None

    return Outputs(
        primary_bucket_name=name("primary"),
        primary_bucket_arn=arn("primary"),
        static_assets_bucket_name=name("static-assets"),
        static_assets_bucket_arn=arn("static-assets"),
        logs_bucket_name=name("logs"),
        logs_bucket_arn=arn("logs"),
        backup_bucket_name=name("backups"),
        backup_bucket_arn=arn("backups"),
        artifacts_bucket_name=name("artifacts"),
        artifacts_bucket_arn=arn("artifacts"),
        backup_vault_arn=backups.vault.arn if backups else None,
        backup_vault_name=backups.vault.name if backups else None,
        backup_plan_id=backups.plan.id if backups else None,
        backup_plan_arn=backups.plan.arn if backups else None,
        backup_service_role_arn=backups.role.arn if backups else None,
        shared_efs_id=files.file_system.id if files else None,
        shared_efs_dns_name=files.file_system.dns_name if files else None,
        efs_security_group_id=files.group.id if files else None,
        app_access_point_id=files.access_point.id if files else None,
        app_access_point_arn=files.access_point.arn if files else None,
        summary={
            "buckets": inputs.buckets,
            "backups": f"daily, kept {inputs.backup_retention_days} d" if backups else "off",
            "fileSystem": files is not None,
        },
    )
