"""RDS: instances with a managed password and with one of their own, a replica, their groups and events."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from sandbox.provider.services.rds_groups import EVENT_SUBSCRIPTION, PARAMETER_GROUP, SUBNET_GROUP
from sandbox.provider.services.rds_instance import INSTANCE
from sandbox.provider.testing import Case, Clients, lacks
from sandbox.provider.testing.cases import CANARY, REGION

DESCRIPTION = {False: "first", True: "second"}
ROLE = "arn:aws:iam::123456789012:role/monitoring"


def subnets() -> list[Any]:
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    return [
        aws.ec2.Subnet(
            f"subnet-{index}",
            vpc_id=vpc.id,
            cidr_block=f"10.0.{index}.0/24",
            availability_zone=f"{REGION}{'abc'[index]}",
        )
        for index in range(3)
    ]


def groups(later: bool) -> tuple[Any, Any]:
    group = aws.rds.SubnetGroup(
        "group",
        name="shop",
        description=DESCRIPTION[later],
        subnet_ids=[subnet.id for subnet in subnets()[later:]],
        tags={"Team": DESCRIPTION[later]},
    )
    changed = {"name": "log_min_duration_statement", "value": "500" if later else "1000"}
    other = {"name": "log_lock_waits" if later else "log_temp_files", "value": "1"}
    parameters = aws.rds.ParameterGroup(
        "parameters",
        name="shop",
        family="postgres16",
        parameters=[changed, other, {"name": "rds.force_ssl", "value": "1", "apply_method": "pending-reboot"}],
        tags={"Team": DESCRIPTION[later]},
    )
    aws.rds.ParameterGroup("plain", family="mysql8.4", description="plain")
    return group, parameters


def instances(later: bool) -> None:
    group, parameters = groups(later)
    key = aws.kms.Key("key")
    admitted = aws.ec2.SecurityGroup("database", vpc_id=group.vpc_id)
    primary = aws.rds.Instance(
        "primary",
        identifier="shop",
        instance_class="db.t4g.small" if later else "db.t4g.micro",
        engine="postgres",
        engine_version="16.8" if later else "16",
        allow_major_version_upgrade=later,
        auto_minor_version_upgrade=not later,
        apply_immediately=True,
        allocated_storage=30 if later else 20,
        max_allocated_storage=200 if later else 100,
        storage_type="gp3",
        storage_encrypted=True,
        kms_key_id=key.arn,
        db_name="shop",
        username="dbadmin",
        password=pulumi.Output.secret(f"{CANARY}-{later}"),
        db_subnet_group_name=group.name,
        vpc_security_group_ids=[admitted.id],
        parameter_group_name=parameters.name,
        multi_az=later,
        publicly_accessible=later,
        backup_retention_period=14 if later else 7,
        backup_window="01:00-02:00" if later else "02:00-03:00",
        maintenance_window="mon:04:00-mon:05:00" if later else "sun:04:00-sun:05:00",
        copy_tags_to_snapshot=not later,
        skip_final_snapshot=True,
        final_snapshot_identifier=f"last-{DESCRIPTION[later]}",
        delete_automated_backups=True,
        iam_database_authentication_enabled=not later,
        ca_cert_identifier="rds-ca-ecc384-g1" if later else "rds-ca-rsa2048-g1",
        enabled_cloudwatch_logs_exports=["postgresql", "upgrade"] if later else ["postgresql"],
        monitoring_interval=30 if later else 60,
        monitoring_role_arn=f"{ROLE}-{DESCRIPTION[later]}",
        performance_insights_enabled=not later,
        performance_insights_kms_key_id=key.arn,
        performance_insights_retention_period=31 if later else 7,
        database_insights_mode="advanced" if later else "standard",
        tags={"Team": DESCRIPTION[later]},
    )
    aws.rds.Instance(
        "replica",
        identifier="shop-replica",
        replicate_source_db=primary.identifier,
        instance_class="db.t4g.medium" if later else "db.t4g.small",
        storage_type="gp3",
        backup_retention_period=1 if later else 0,
        enabled_cloudwatch_logs_exports=["upgrade"],
        skip_final_snapshot=True,
        apply_immediately=True,
        tags={"Team": DESCRIPTION[later]},
    )
    managed = aws.rds.Instance(
        "managed",
        instance_class="db.t4g.micro",
        engine="mysql",
        allocated_storage=20,
        username="dbadmin",
        manage_master_user_password=True,
        master_user_secret_kms_key_id=key.arn,
        skip_final_snapshot=True,
        deletion_protection=False,
        apply_immediately=later,
    )
    topic = aws.sns.Topic("events")
    aws.rds.EventSubscription(
        "events",
        name="shop",
        sns_topic=topic.arn,
        source_type="db-instance",
        source_ids=[managed.identifier, primary.identifier] if later else [primary.identifier],
        event_categories=["failure", "failover"] if later else ["failure"],
        enabled=not later,
        tags={"Team": DESCRIPTION[later]},
    )


def left(clients: Clients) -> dict[str, Any]:
    rds = clients.rds
    return {
        "instances": rds.describe_db_instances()["DBInstances"],
        "subnet groups": rds.describe_db_subnet_groups()["DBSubnetGroups"],
        "parameter groups": [
            one
            for one in rds.describe_db_parameter_groups()["DBParameterGroups"]
            if not one["DBParameterGroupName"].startswith("default.")
        ],
        "subscriptions": rds.describe_event_subscriptions()["EventSubscriptionsList"],
        "snapshots": rds.describe_db_snapshots()["DBSnapshots"],
    }


def instance(server: Clients) -> dict[str, Any]:
    """An instance as the server tells it, with everything that it might lose."""
    asked = {"DBInstanceIdentifier": "lossy", "DBInstanceClass": "db.t4g.micro", "Engine": "postgres", "Port": 5432}
    lost = {
        "EnablePerformanceInsights": True,
        "PerformanceInsightsRetentionPeriod": 7,
        "DatabaseInsightsMode": "standard",
    }
    server.rds.create_db_instance(**asked, **lost)
    server.rds.modify_db_instance(DBInstanceIdentifier="lossy", ApplyImmediately=True, DBPortNumber=5433)
    (found,) = server.rds.describe_db_instances(DBInstanceIdentifier="lossy")["DBInstances"]
    server.rds.delete_db_instance(DBInstanceIdentifier="lossy", SkipFinalSnapshot=True)
    return dict(found)


def logs_are_shared(server: Clients) -> bool:
    rds = server.rds
    asked = {"DBInstanceClass": "db.t4g.micro", "Engine": "postgres", "EnableCloudwatchLogsExports": ["upgrade"]}
    rds.create_db_instance(DBInstanceIdentifier="lossy-source", **asked)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="lossy", SourceDBInstanceIdentifier="lossy-source")
    changed = {"EnableLogTypes": ["postgresql"]}
    rds.modify_db_instance(DBInstanceIdentifier="lossy", CloudwatchLogsExportConfiguration=changed)
    (source,) = rds.describe_db_instances(DBInstanceIdentifier="lossy-source")["DBInstances"]
    for name in ("lossy", "lossy-source"):
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    return "postgresql" in source["EnabledCloudwatchLogsExports"]


def subnet_group_is_lost(server: Clients) -> bool:
    vpc = server.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = server.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = {"DBSubnetGroupName": "lossy", "SubnetIds": [subnet]}
    server.rds.create_db_subnet_group(**group, DBSubnetGroupDescription="lossy")
    server.rds.modify_db_subnet_group(**group)
    found = [one["DBSubnetGroupName"] for one in server.rds.describe_db_subnet_groups()["DBSubnetGroups"]]
    server.ec2.delete_subnet(SubnetId=subnet)
    server.ec2.delete_vpc(VpcId=vpc)
    return "lossy" not in found


CASE = Case(
    modules=("rds_groups", "rds_instance"),
    program=instances,
    left=left,
    untold=frozenset(
        {
            "allowMajorVersionUpgrade",
            "applyImmediately",
            "finalSnapshotIdentifier",
            "password",
            "skipFinalSnapshot",
            "engineVersion",
        }
    ),
    import_ids={INSTANCE.token: lambda state: str(state["identifier"])},
    probes={
        (SUBNET_GROUP.token, "subnetIds"): subnet_group_is_lost,
        (PARAMETER_GROUP.token, "parameters"): lambda server: lacks(
            lambda: server.rds.reset_db_parameter_group(DBParameterGroupName="any")
        ),
        (EVENT_SUBSCRIPTION.token, "eventCategories"): lambda server: lacks(
            lambda: server.rds.modify_event_subscription(SubscriptionName="any")
        ),
        (INSTANCE.token, "performanceInsightsEnabled"): lambda server: (
            "PerformanceInsightsEnabled" not in instance(server)
        ),
        (INSTANCE.token, "performanceInsightsKmsKeyId"): lambda server: (
            "PerformanceInsightsKMSKeyId" not in instance(server)
        ),
        (INSTANCE.token, "performanceInsightsRetentionPeriod"): lambda server: (
            "PerformanceInsightsRetentionPeriod" not in instance(server)
        ),
        (INSTANCE.token, "databaseInsightsMode"): lambda server: "DatabaseInsightsMode" not in instance(server),
        (INSTANCE.token, "enabledCloudwatchLogsExports"): logs_are_shared,
        (INSTANCE.token, "port"): lambda server: instance(server)["Endpoint"]["Port"] == 5432,
    },
)
