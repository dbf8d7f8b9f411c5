"""The database-rds stack through the real engine, on an AWS server, checked with boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from stacks.testing_deployments import Deployment

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
CHEAP = {"enableNat": False, "enableVpcEndpoints": False, "enableFlowLogs": False}
PREFIX = "web-shop-d1brv40-dev-database-rds-"
LOGS = f"/aws/rds/instance/{PREFIX}primary/postgresql"


def with_network(deployment: Deployment) -> Deployment:
    deployment.up("network", **CHEAP)
    deployment.up("security", protect=False)
    return deployment


def instances(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """By their role in the stack."""
    found = deployment.account.client("rds").describe_db_instances()["DBInstances"]
    return {one["DBInstanceIdentifier"].rpartition("-")[2]: one for one in found}


@pytest.fixture(scope="module")
def dev(new_deployment: NewDeployment) -> Deployment:
    """The stack in dev with what it rests on, deployed; tests only look at it."""
    deployment = with_network(new_deployment("410000000017"))
    deployment.up("database-rds")
    return deployment


class TestDeployed:
    def test_the_database_lies_encrypted_in_the_isolated_subnets(self, dev: Deployment) -> None:
        (found,) = instances(dev).values()
        outputs, security = dev.outputs["database-rds"], dev.outputs["security"]
        assert (found["StorageEncrypted"], found["KmsKeyId"]) == (True, security["databaseKeyArn"])
        assert (found["PubliclyAccessible"], found["IAMDatabaseAuthenticationEnabled"]) == (False, True)
        subnets = {one["SubnetIdentifier"] for one in found["DBSubnetGroup"]["Subnets"]}
        assert subnets == set(dev.outputs["network"]["databaseSubnetIds"])
        assert [one["VpcSecurityGroupId"] for one in found["VpcSecurityGroups"]] == [security["databaseSgId"]]
        assert outputs["primaryEndpoint"] == f"{found['Endpoint']['Address']}:{found['Endpoint']['Port']}"
        assert (outputs["primaryInstanceId"], outputs["primaryPort"]) == (f"{PREFIX}primary", 5432)
        assert {"Key": "Stack", "Value": "database-rds"} in found["TagList"]

    def test_it_is_asked_over_tls_only(self, dev: Deployment) -> None:
        name = dev.outputs["database-rds"]["parameterGroupName"]
        found = dev.account.client("rds").describe_db_parameters(DBParameterGroupName=name, Source="user")["Parameters"]
        assert {one["ParameterName"]: one["ParameterValue"] for one in found}["rds.force_ssl"] == "1"
        (instance,) = instances(dev).values()
        assert instance["DBParameterGroups"][0]["DBParameterGroupName"] == name

    def test_its_logs_end_and_are_encrypted(self, dev: Deployment) -> None:
        (group,) = dev.account.client("logs").describe_log_groups(logGroupNamePrefix="/aws/rds")["logGroups"]
        assert (group["logGroupName"], group["retentionInDays"]) == (LOGS, 7)
        assert group["kmsKeyId"] == dev.outputs["security"]["infrastructureKeyArn"]

    def test_applications_find_it_and_its_password(self, dev: Deployment) -> None:
        vault, outputs = dev.account.client("secretsmanager"), dev.outputs["database-rds"]
        text = vault.get_secret_value(SecretId=outputs["databaseCredentialsSecretArn"])["SecretString"]
        facts = json.loads(text)
        assert (facts["host"], facts["database"]) == (outputs["primaryAddress"], outputs["primaryDatabaseName"])
        master = vault.get_secret_value(SecretId=facts["masterUserSecretArn"])["SecretString"]
        assert facts["masterUserSecretArn"] == outputs["masterUserSecretArn"]
        password = json.loads(master)["password"]
        assert password not in text
        assert password not in dev.engine.state_text()

    def test_alarms_watch_it(self, dev: Deployment) -> None:
        found = dev.account.client("cloudwatch").describe_alarms()["MetricAlarms"]
        outputs = dev.outputs["database-rds"]
        arns = {outputs[name] for name in ("cpuAlarmArn", "connectionsAlarmArn", "storageAlarmArn")}
        assert {alarm["AlarmArn"] for alarm in found} == arns
        assert {alarm["Dimensions"][0]["Value"] for alarm in found} == {outputs["primaryInstanceId"]}

    def test_a_second_run_changes_nothing(self, dev: Deployment) -> None:
        assert set(dev.up("database-rds")) == {"same"}


def test_changes_touch_only_what_they_are_about(new_deployment: NewDeployment) -> None:
    deployment = with_network(new_deployment("410000000025"))
    assert set(deployment.up("database-rds")) == {"create"}
    changed = deployment.up("database-rds", instanceClass="db.t4g.medium", backupRetentionDays=3)
    assert changed["update"] == 1
    assert set(changed) == {"same", "update"}
    # The next major version has a parameter group of its own, and the instance moves over.
    upgrade = {"engineVersion": "17", "allowMajorVersionUpgrade": True, "instanceClass": "db.t4g.medium"}
    changed = deployment.up("database-rds", backupRetentionDays=3, **upgrade)
    assert {action: count for action, count in changed.items() if action != "same"} == {"update": 1, "replace": 1}
    assert instances(deployment)["primary"]["DBParameterGroups"][0]["DBParameterGroupName"].endswith("postgres17")
    deployment.stack("database-rds").destroy()
    for name in ("security", "network"):
        deployment.stack(name, **(CHEAP if name == "network" else {})).destroy()
    assert deployment.account.left_over() == {}


def test_prod_has_a_replica_and_keeps_its_password(new_deployment: NewDeployment) -> None:
    deployment = with_network(new_deployment("410000000033", EnvironmentName.PROD))
    unprotected = {"protect": False, "deletionProtection": False}
    deployment.up("database-rds")
    found, vault = instances(deployment), deployment.account.client("secretsmanager")
    assert found["replica"]["ReadReplicaSourceDBInstanceIdentifier"] == found["primary"]["DBInstanceIdentifier"]
    assert (found["primary"]["MultiAZ"], found["primary"]["MonitoringInterval"]) == (True, 60)
    assert all(one["StorageEncrypted"] for one in found.values())
    assert found["primary"]["DeletionProtection"]
    outputs = deployment.outputs["database-rds"]
    before = vault.get_secret_value(SecretId=outputs["masterUserSecretArn"])["SecretString"]
    assert json.loads(before)["password"] not in deployment.engine.state_text()
    assert set(deployment.up("database-rds")) == {"same"}
    assert vault.get_secret_value(SecretId=outputs["masterUserSecretArn"])["SecretString"] == before

    # Without a replica RDS can manage the password again.
    changed = deployment.up("database-rds", readReplica=False, **unprotected, secretRecoveryDays=None)
    assert "MasterUserSecret" in instances(deployment)["primary"]
    assert changed["delete"] == 4  # replica, its log group, the secret and its version
    deployment.stack("database-rds", **unprotected, readReplica=False, secretRecoveryDays=None).destroy()
    assert instances(deployment) == {}
    (snapshot,) = deployment.account.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert snapshot["DBSnapshotIdentifier"].startswith("web-shop-d1brv40-prod-database-rds-last-20")
