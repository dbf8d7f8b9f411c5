"""The instances: the primary, its read replica, and what both of them need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.database_rds.contract import Inputs
from stacks.database_rds.credentials import MASTER_USER, OwnPassword
from stacks.database_rds.engines import family
from stacks.iam_documents import trust
from stacks.log_groups import make_log_group
from stacks.naming import DATABASE, DATABASE_GROUP, ROLE, NameRule, shorten, slug

PRIMARY: Final = "primary"
_MONITORING_SECONDS: Final = 60
_INSIGHTS_DAYS: Final = 7  # longer ones cost extra
_NAME_LIMIT: Final = 63


@dataclass(frozen=True)
class Surroundings:
    """What is there before the instances."""

    subnets: aws.rds.SubnetGroup
    parameters: aws.rds.ParameterGroup
    monitoring_role: aws.iam.Role | None


def make_surroundings(inputs: Inputs, context: StackContext) -> Surroundings:
    of = f"of {context.project}, {context.environment}"
    subnets = aws.rds.SubnetGroup(
        "database",
        name=_named(context, DATABASE_GROUP, "database"),
        description=f"Isolated subnets {of}",
        subnet_ids=inputs.database_subnet_ids,
    )
    return Surroundings(subnets, _parameters(inputs, context, of), _monitoring_role(inputs, context))


def make_primary(
    inputs: Inputs, context: StackContext, around: Surroundings, password: OwnPassword | None
) -> aws.rds.Instance:
    managed: dict[str, Any] = {
        "manage_master_user_password": True,
        "master_user_secret_kms_key_id": inputs.database_key_arn,
    }
    own: dict[str, Any] = {"password": password.value} if password else managed
    return _instance(
        PRIMARY,
        inputs,
        context,
        around,
        engine=inputs.engine,
        engine_version=inputs.engine_version,
        allow_major_version_upgrade=inputs.allow_major_version_upgrade,
        allocated_storage=inputs.allocated_storage_gb,
        storage_encrypted=True,
        kms_key_id=inputs.database_key_arn,
        db_name=database_name(inputs, context),
        username=MASTER_USER,
        db_subnet_group_name=around.subnets.name,
        multi_az=inputs.multi_az,
        backup_retention_period=inputs.backup_retention_days,
        backup_window=inputs.backup_window,
        skip_final_snapshot=not inputs.final_snapshot,
        final_snapshot_identifier=_last_snapshot(context) if inputs.final_snapshot else None,
        delete_automated_backups=not inputs.final_snapshot,
        deletion_protection=inputs.deletion_protection,
        **own,
    )


def make_replica(
    inputs: Inputs, context: StackContext, around: Surroundings, primary: aws.rds.Instance
) -> aws.rds.Instance | None:
    """Engine, size and key of the storage, users and subnets are the primary's. It can be made again at any time.

    It says that it is encrypted, as its primary is: or else the next run would find another value and make it anew.
    """
    if not inputs.read_replica:
        return None
    source = primary.identifier
    own = {"replicate_source_db": source, "storage_encrypted": True, "skip_final_snapshot": True}
    return _instance("replica", inputs, context, around, **own)


def database_name(inputs: Inputs, context: StackContext) -> str:
    """The project's name, where none is given; it has to begin with a letter."""
    made = slug(context.project).replace("-", "_") or "project"
    return inputs.database_name or (made if made[0].isalpha() else f"db_{made}")[:_NAME_LIMIT]


def _instance(what: str, inputs: Inputs, context: StackContext, around: Surroundings, **own: Any) -> aws.rds.Instance:
    """What the primary and a replica have alike. RDS writes to the log groups under the instance's identifier."""
    identifier, role, insights = _named(context, DATABASE, what), around.monitoring_role, inputs.performance_insights
    groups = [
        make_log_group(
            f"{what}-{log}",
            f"/aws/rds/instance/{identifier}/{log}",
            retention_days=inputs.log_retention_days,
            key_arn=inputs.infrastructure_key_arn,
        )
        for log in inputs.runs.logs
    ]
    return aws.rds.Instance(
        what,
        identifier=identifier,
        instance_class=inputs.instance_class,
        storage_type="gp3",
        max_allocated_storage=inputs.max_allocated_storage_gb,
        vpc_security_group_ids=[inputs.database_sg_id],
        publicly_accessible=False,
        parameter_group_name=around.parameters.name,
        auto_minor_version_upgrade=True,
        maintenance_window=inputs.maintenance_window,
        apply_immediately=inputs.apply_immediately,
        copy_tags_to_snapshot=True,
        iam_database_authentication_enabled=True,
        ca_cert_identifier=inputs.ca_cert_identifier,
        enabled_cloudwatch_logs_exports=list(inputs.runs.logs),
        monitoring_interval=_MONITORING_SECONDS if role else 0,
        monitoring_role_arn=role.arn if role else None,
        performance_insights_enabled=insights,
        performance_insights_kms_key_id=inputs.database_key_arn if insights else None,
        performance_insights_retention_period=_INSIGHTS_DAYS if insights else None,
        opts=pulumi.ResourceOptions(
            # A replica holds nothing that can't be made again.
            protect=inputs.protect and what == PRIMARY,
            depends_on=groups,
            ignore_changes=["final_snapshot_identifier"],
        ),
        **own,
    )


def _parameters(inputs: Inputs, context: StackContext, of: str) -> aws.rds.ParameterGroup:
    """Named for its family: the next major version gets a group of its own while the old one is still in use."""
    version_family = family(inputs.engine, inputs.engine_version)
    timed = {"immediate": inputs.runs.at_any_time, "pending-reboot": inputs.runs.at_start}
    return aws.rds.ParameterGroup(
        "database",
        name=_named(context, DATABASE_GROUP, slug(version_family)),
        description=f"Parameters {of}",
        family=version_family,
        parameters=[
            aws.rds.ParameterGroupParameterArgs(name=name, value=value, apply_method=method)
            for method, parameters in timed.items()
            for name, value in parameters.items()
        ],
    )


def _monitoring_role(inputs: Inputs, context: StackContext) -> aws.iam.Role | None:
    if not inputs.enhanced_monitoring:
        return None
    role = aws.iam.Role(
        "monitoring",
        name=context.name(ROLE, "monitoring"),
        description="Lets RDS write what the operating system of an instance measures",
        assume_role_policy=trust("monitoring.rds.amazonaws.com", account=context.account),
    )
    policy = pulumi.Output.concat(
        "arn:", aws.get_partition_output().partition, ":iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
    )
    aws.iam.RolePolicyAttachment("monitoring", role=role.name, policy_arn=policy)
    return role


def _last_snapshot(context: StackContext) -> str:
    """A name of its own for each database that is made: the one of an earlier database is taken for good."""
    made = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    return f"{_named(context, DATABASE, 'last')}-{made}"


def _named(context: StackContext, rule: NameRule, what: str) -> str:
    """RDS wants a letter in front."""
    name = context.name(rule, what)
    return name if name[0].isalpha() else shorten(f"db-{name}", rule.limit)
