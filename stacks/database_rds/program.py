"""The database-rds stack: surroundings, instances, how to connect to them, alarms."""

from __future__ import annotations

from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.alarms import Metric, Watch, make_alarm
from stacks.context import StackContext
from stacks.database_rds.contract import Inputs, Outputs
from stacks.database_rds.credentials import MASTER_USER, OwnPassword, make_connection_facts, make_own_password
from stacks.database_rds.instances import (
    database_name,
    make_primary,
    make_replica,
    make_surroundings,
)
from stacks.naming import DATABASE_GROUP

_FREE_PART: Final = 0.1
_GIGABYTE: Final = 1024**3
_EVENTS: Final = ["availability", "failover", "failure", "low storage", "recovery"]

Alarms = dict[str, aws.cloudwatch.MetricAlarm]


def program(inputs: Inputs, context: StackContext) -> Outputs:
    around = make_surroundings(inputs, context)
    password = make_own_password(inputs, context)
    primary = make_primary(inputs, context, around, password)
    replica = make_replica(inputs, context, around, primary)
    master_secret = _master_secret(primary, password)
    facts = make_connection_facts(inputs, context, _facts(inputs, context, primary, replica, master_secret))
    alarms = _alarms(inputs, context, primary)
    _tell_events(inputs, context, [one for one in (primary, replica) if one])
    return Outputs(
        primary_endpoint=primary.endpoint,
        primary_address=primary.address,
        primary_port=primary.port,
        primary_database_name=database_name(inputs, context),
        primary_instance_id=primary.identifier,
        primary_master_user_secret_arn=master_secret,
        master_user_secret_arn=master_secret,
        replica_endpoint=replica.endpoint if replica else None,
        replica_instance_id=replica.identifier if replica else None,
        subnet_group_name=around.subnets.name,
        parameter_group_name=around.parameters.name,
        database_credentials_secret_arn=facts.arn,
        performance_insights_enabled=inputs.performance_insights,
        enhanced_monitoring_enabled=inputs.enhanced_monitoring,
        cpu_alarm_arn=alarms["cpu"].arn,
        connections_alarm_arn=alarms["connections"].arn,
        storage_alarm_arn=alarms["storage"].arn,
        summary={
            "engine": f"{inputs.engine} {inputs.engine_version}",
            "instanceClass": inputs.instance_class,
            "multiAz": inputs.multi_az,
            "readReplica": inputs.read_replica,
            "backupDays": inputs.backup_retention_days,
        },
    )


def _master_secret(primary: aws.rds.Instance, password: OwnPassword | None) -> pulumi.Output[str]:
    return password.secret_arn if password else primary.master_user_secrets[0].secret_arn


def _facts(
    inputs: Inputs,
    context: StackContext,
    primary: aws.rds.Instance,
    replica: aws.rds.Instance | None,
    master_secret: pulumi.Output[str],
) -> dict[str, pulumi.Input[Any]]:
    return {
        "engine": inputs.engine,
        "host": primary.address,
        "readHost": replica.address if replica else primary.address,
        "port": primary.port,
        "database": database_name(inputs, context),
        "masterUser": MASTER_USER,
        "masterUserSecretArn": master_secret,
    }


def _alarms(inputs: Inputs, context: StackContext, primary: aws.rds.Instance) -> Alarms:
    def measured(name: str) -> Metric:
        return Metric("AWS/RDS", name, "Average", {"DBInstanceIdentifier": primary.identifier})

    cpu, connections = inputs.cpu_threshold, inputs.connections_threshold
    free = int(_FREE_PART * inputs.allocated_storage_gb * _GIGABYTE)
    watches = [
        Watch("cpu", f"The database uses more than {cpu} % of its CPU", measured("CPUUtilization"), cpu),
        Watch(
            "connections",
            f"The database has more than {connections} connections",
            measured("DatabaseConnections"),
            connections,
        ),
        Watch(
            "storage",
            "Less than a tenth of the database's storage is free",
            measured("FreeStorageSpace"),
            free,
            below=True,
        ),
    ]
    return {watch.what: make_alarm(watch, context, inputs.alarm_topic_arn) for watch in watches}


def _tell_events(inputs: Inputs, context: StackContext, instances: list[aws.rds.Instance]) -> None:
    """The alarms' topic hears of failures and failovers, too, if its policy admits events.rds.amazonaws.com."""
    if inputs.alarm_topic_arn is None:
        return
    aws.rds.EventSubscription(
        "database",
        name=context.name(DATABASE_GROUP, "events"),
        sns_topic=inputs.alarm_topic_arn,
        source_type="db-instance",
        source_ids=[one.identifier for one in instances],
        event_categories=_EVENTS,
    )
