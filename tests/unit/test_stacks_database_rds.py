"""The database-rds stack: what is made in which environment, who knows the password, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN, SecretValue, reveal
from stacks.database_rds.windows import overlap
from stacks.testing import DrawnResource, Picture, sample_target
from stacks.testing_pictures import picture_of

DEV, STAGE, PROD = EnvironmentName.DEV, EnvironmentName.STAGE, EnvironmentName.PROD
KEY = "arn:aws:kms:eu-central-1:410000000017:key/1111"
LOG_KEY = "arn:aws:kms:eu-central-1:410000000017:key/2222"
TOPIC = "arn:aws:sns:eu-central-1:410000000017:alerts"
WIRED: dict[str, Any] = {
    "databaseSubnetIds": ["subnet-1", "subnet-2"],
    "databaseSgId": "sg-1",
    "databaseKeyArn": KEY,
    "infrastructureKeyArn": LOG_KEY,
}


def database(environment: EnvironmentName = DEV, preview: bool = False, **inputs: Any) -> Picture:
    return picture_of(sample_target("database-rds", environment), {**WIRED, **inputs}, preview=preview)


def primary(picture: Picture) -> dict[str, Any]:
    return picture.one("Instance", "primary").inputs


class TestInstance:
    @pytest.mark.parametrize(
        ("environment", "size"),
        [
            (DEV, ("db.t4g.micro", 20, 100, 7, False)),
            (STAGE, ("db.t4g.small", 100, 1000, 14, False)),
            (PROD, ("db.r6g.large", 100, 1000, 30, True)),
        ],
    )
    def test_sizes(self, environment: EnvironmentName, size: tuple[Any, ...]) -> None:
        found = primary(database(environment))
        names = ("instanceClass", "allocatedStorage", "maxAllocatedStorage", "backupRetentionPeriod", "multiAz")
        assert tuple(found[name] for name in names) == size

    @pytest.mark.parametrize("environment", list(EnvironmentName))
    def test_it_is_encrypted_and_nobody_outside_reaches_it(self, environment: EnvironmentName) -> None:
        found = primary(database(environment))
        assert (found["storageEncrypted"], found["kmsKeyId"], found["storageType"]) == (True, KEY, "gp3")
        assert (found["publiclyAccessible"], found["vpcSecurityGroupIds"]) == (False, ["sg-1"])
        assert (found["iamDatabaseAuthenticationEnabled"], found["autoMinorVersionUpgrade"]) == (True, True)
        assert found["caCertIdentifier"] == "rds-ca-rsa2048-g1"

    def test_its_names(self) -> None:
        picture = database()
        assert primary(picture)["identifier"] == "web-shop-d1brv40-dev-database-rds-primary"
        assert primary(picture)["dbName"] == picture.outputs["primaryDatabaseName"] == "web_shop"
        assert primary(database(databaseName="orders"))["dbName"] == "orders"

    def test_changes_wait_for_the_window_outside_of_dev(self) -> None:
        assert [primary(database(one))["applyImmediately"] for one in EnvironmentName] == [True, False, False]

    def test_storage_need_not_grow(self) -> None:
        assert "maxAllocatedStorage" not in primary(database(maxAllocatedStorageGb=None))

    def test_in_prod_it_is_kept(self) -> None:
        picture = database(PROD)
        found = picture.one("Instance", "primary")
        assert found.protect
        assert found.inputs["deletionProtection"]
        assert (found.inputs["skipFinalSnapshot"], found.inputs["deleteAutomatedBackups"]) == (False, False)
        assert found.inputs["finalSnapshotIdentifier"].startswith("web-shop-d1brv40-prod-database-rds-last-20")
        assert "finalSnapshotIdentifier" in found.ignore_changes

    def test_in_dev_it_can_go(self) -> None:
        found = database().one("Instance", "primary")
        assert not found.protect
        assert (found.inputs["skipFinalSnapshot"], found.inputs["deletionProtection"]) == (True, False)
        assert "finalSnapshotIdentifier" not in found.inputs


class TestEngines:
    @pytest.mark.parametrize(
        ("inputs", "family"),
        [
            ({}, "postgres16"),
            ({"engineVersion": "17.4"}, "postgres17"),
            ({"engine": "mysql"}, "mysql8.4"),
            ({"engine": "mysql", "engineVersion": "8.0.40"}, "mysql8.0"),
        ],
    )
    def test_a_family_has_its_own_parameter_group(self, inputs: dict[str, str], family: str) -> None:
        group = database(**inputs).one("ParameterGroup").inputs
        assert group["family"] == family
        assert group["name"].endswith(f"-{family.replace('.', '-')}")

    def test_postgres_is_asked_over_tls_only_and_counts_statements(self) -> None:
        found = {one["name"]: one for one in database().one("ParameterGroup").inputs["parameters"]}
        assert found["rds.force_ssl"] == {"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"}
        assert found["shared_preload_libraries"]["applyMethod"] == "pending-reboot"
        assert (found["log_statement"]["value"], found["log_lock_waits"]["value"]) == ("ddl", "1")

    def test_mysql_is_asked_over_tls_only_and_logs_slow_queries(self) -> None:
        found = {
            one["name"]: one["value"] for one in database(engine="mysql").one("ParameterGroup").inputs["parameters"]
        }
        assert (found["require_secure_transport"], found["slow_query_log"]) == ("1", "1")

    def test_insights_where_the_class_is_large_enough(self) -> None:
        picture = database()
        assert {name: value for name, value in primary(picture).items() if name.startswith("performance")} == {
            "performanceInsightsEnabled": True,
            "performanceInsightsKmsKeyId": KEY,
            "performanceInsightsRetentionPeriod": 7,
        }
        assert picture.outputs["performanceInsightsEnabled"] is True
        small = database(engine="mysql")
        assert primary(small)["performanceInsightsEnabled"] is False
        assert "performanceInsightsKmsKeyId" not in primary(small)
        assert small.outputs["performanceInsightsEnabled"] is False


class TestLogs:
    @pytest.mark.parametrize(("engine", "logs"), [("postgres", ["postgresql"]), ("mysql", ["error", "slowquery"])])
    def test_groups_are_there_before_rds_would_make_them(self, engine: str, logs: list[str]) -> None:
        picture = database(engine=engine)
        path = "/aws/rds/instance/web-shop-d1brv40-dev-database-rds-primary"
        assert [one.inputs["name"] for one in picture.of("LogGroup")] == [f"{path}/{log}" for log in logs]
        assert primary(picture)["enabledCloudwatchLogsExports"] == logs
        assert {f"primary-{log}" for log in logs} <= picture.one("Instance", "primary").depends_on

    def test_they_end_and_are_encrypted(self) -> None:
        for environment, days in ((DEV, 7), (STAGE, 30), (PROD, 30)):
            for group in database(environment).of("LogGroup"):
                assert (group.inputs["retentionInDays"], group.inputs["kmsKeyId"]) == (days, LOG_KEY)

    def test_the_operating_system_is_watched_outside_of_dev(self) -> None:
        dev, stage = database(), database(STAGE)
        assert (primary(dev)["monitoringInterval"], dev.of("Role")) == (0, [])
        assert primary(stage)["monitoringInterval"] == 60
        assert primary(stage)["monitoringRoleArn"] == "arn:aws:test:::Role/monitoring"
        statement = json.loads(stage.one("Role").inputs["assumeRolePolicy"])["Statement"][0]
        assert statement["Principal"] == {"Service": "monitoring.rds.amazonaws.com"}
        assert stage.one("RolePolicyAttachment").inputs["policyArn"].endswith("/AmazonRDSEnhancedMonitoringRole")
        assert stage.outputs["enhancedMonitoringEnabled"] is True


class TestPassword:
    def test_rds_manages_it(self) -> None:
        picture = database()
        found = primary(picture)
        assert (found["manageMasterUserPassword"], found["masterUserSecretKmsKeyId"]) == (True, KEY)
        assert "password" not in found
        managed = "arn:aws:test:::Secret/managed-primary"
        assert picture.outputs["primaryMasterUserSecretArn"] == picture.outputs["masterUserSecretArn"] == managed

    def test_with_a_replica_the_stack_keeps_it_as_rds_refuses_to(self) -> None:
        picture = database(readReplica=True)
        found = primary(picture)
        assert "manageMasterUserPassword" not in found
        assert found["password"] == SecretValue("drawn-password")
        version = picture.one("SecretVersion", "master-user")
        assert version.ignore_changes == ["secretString"]
        assert version.inputs["secretString"] == SecretValue('{"username": "dbadmin", "password": "drawn-password"}')
        assert picture.outputs["primaryMasterUserSecretArn"] == "arn:aws:test:::Secret/master-user"
        assert "drawn-password" not in json.dumps(picture.outputs)

    def test_applications_are_told_where_it_is_but_not_what(self) -> None:
        facts = json.loads(reveal(database(PROD).one("SecretVersion", "connection").inputs["secretString"]))
        assert facts == {
            "engine": "postgres",
            "host": "primary.test",
            "readHost": "replica.test",
            "port": 5432,
            "database": "web_shop",
            "masterUser": "dbadmin",
            "masterUserSecretArn": "arn:aws:test:::Secret/master-user",
        }

    def test_secrets_are_encrypted_and_can_come_back(self) -> None:
        for environment, days in ((DEV, 0), (STAGE, 7), (PROD, 30)):
            for secret in database(environment).of("Secret"):
                assert (secret.inputs["kmsKeyId"], secret.inputs["recoveryWindowInDays"]) == (KEY, days)


class TestReplica:
    @staticmethod
    def replica(picture: Picture) -> DrawnResource:
        return picture.one("Instance", "replica")

    def test_prod_has_one(self) -> None:
        picture = database(PROD)
        found = self.replica(picture)
        assert not found.protect  # it can be made again
        assert found.inputs["replicateSourceDb"] == primary(picture)["identifier"]
        assert found.inputs["identifier"] == "web-shop-d1brv40-prod-database-rds-replica"
        assert not {"engine", "username", "password", "kmsKeyId", "dbName"} & set(found.inputs)
        assert picture.outputs["replicaInstanceId"] == found.inputs["identifier"]
        assert picture.outputs["replicaEndpoint"] == "replica.test:5432"
        assert "/aws/rds/instance/web-shop-d1brv40-prod-database-rds-replica/postgresql" in [
            one.inputs["name"] for one in picture.of("LogGroup")
        ]

    @pytest.mark.parametrize("environment", [DEV, STAGE])
    def test_the_others_have_none(self, environment: EnvironmentName) -> None:
        picture = database(environment)
        assert [one.name for one in picture.of("Instance")] == ["primary"]
        assert picture.outputs.get("replicaEndpoint") is None


class TestAlarms:
    def test_three_of_them(self) -> None:
        picture = database()
        found = {one.name: one.inputs for one in picture.of("MetricAlarm")}
        assert {name: one["threshold"] for name, one in found.items()} == {
            "cpu": 80,
            "connections": 80,
            "storage": 2 * 1024**3,
        }
        assert found["storage"]["comparisonOperator"] == "LessThanThreshold"
        identifier = primary(picture)["identifier"]
        assert all(one["dimensions"] == {"DBInstanceIdentifier": identifier} for one in found.values())
        assert picture.outputs["storageAlarmArn"] == "arn:aws:test:::MetricAlarm/storage"
        assert {one.inputs["threshold"] for one in database(PROD).of("MetricAlarm")} >= {70, 150, 10 * 1024**3}

    def test_a_topic_hears_of_them_and_of_failures(self) -> None:
        picture = database(PROD, alarmTopicArn=TOPIC)
        assert all(one.inputs["alarmActions"] == [TOPIC] for one in picture.of("MetricAlarm"))
        events = picture.one("EventSubscription").inputs
        assert events["snsTopic"] == TOPIC
        assert events["sourceIds"] == [one.inputs["identifier"] for one in picture.of("Instance")]
        assert database(PROD, alarmTopicArn="").of("EventSubscription") == []


@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_a_preview_needs_no_other_stack(environment: EnvironmentName) -> None:
    picture = database(environment, preview=True, **dict.fromkeys(WIRED, UNKNOWN))
    assert primary(picture)["kmsKeyId"] is UNKNOWN
    assert picture.one("SubnetGroup").inputs["subnetIds"] is UNKNOWN
    assert picture.outputs["primaryMasterUserSecretArn"] is UNKNOWN


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"engine": "oracle"}, "engine = 'oracle': Input should be 'postgres' or 'mysql'"),
        ({"engineVersion": "latest"}, "engineVersion = 'latest': String should match"),
        ({"instanceClass": "t3.micro"}, "instanceClass = 't3.micro': String should match pattern '^db"),
        ({"allocatedStorageGb": 10}, "allocatedStorageGb = 10: Input should be greater than or equal to 20"),
        ({"allocatedStorageGb": "20"}, "allocatedStorageGb = '20': Input should be a valid integer"),
        (
            {"allocatedStorageGb": 95},
            "maxAllocatedStorageGb: must be at least a tenth more than allocatedStorageGb (95)",
        ),
        ({"maxAllocatedStorageGb": 21}, "maxAllocatedStorageGb = 21: must be at least a tenth more"),
        ({"backupRetentionDays": 36}, "backupRetentionDays = 36: Input should be less than or equal to 35"),
        (
            {"backupRetentionDays": 0, "readReplica": True},
            "backupRetentionDays = 0: must be at least 1 with readReplica",
        ),
        ({"backupWindow": "2:00-3:00"}, "backupWindow = '2:00-3:00': must be a daily window such as 02:00-03:00"),
        ({"backupWindow": "02:00-02:10"}, "backupWindow = '02:00-02:10': must last at least 30 minutes"),
        ({"maintenanceWindow": "Sun:04:00-Sun:05:00"}, "must be a weekly window in lower case"),
        ({"maintenanceWindow": "sun:02:30-sun:03:30"}, "must not overlap with backupWindow (02:00-03:00)"),
        ({"databaseName": "web-shop"}, "databaseName = 'web-shop': String should match"),
        ({"databaseKeyArn": "1111"}, "databaseKeyArn = '1111': String should match"),
        ({"secretRecoveryDays": 3}, "secretRecoveryDays = 3: Input should be greater than or equal to 7"),
        ({"multiAZ": True}, "did you mean 'multiAz'?"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        database(**inputs)
    assert message in caught.value.message


def test_only_dev_goes_without_backups() -> None:
    assert primary(database(backupRetentionDays=0))["backupRetentionPeriod"] == 0
    with pytest.raises(InvalidStackInput, match="must be at least 1 outside of dev"):
        database(STAGE, backupRetentionDays=0)


@pytest.mark.parametrize(
    ("backup", "maintenance", "meet"),
    [
        ("02:00-03:00", "sun:04:00-sun:05:00", False),
        ("02:00-04:00", "sun:04:00-sun:05:00", False),
        ("02:00-04:01", "sun:04:00-sun:05:00", True),
        ("04:15-04:45", "sun:04:00-sun:05:00", True),
        ("23:30-00:30", "mon:00:00-mon:01:00", True),
        ("02:00-03:00", "sun:23:00-mon:02:30", True),
        ("03:00-04:00", "sun:23:00-mon:02:30", False),
        ("02:00-03:00", "sat:02:30-sat:02:00", True),
    ],
)
def test_windows_meet_on_any_day_and_over_midnight(backup: str, maintenance: str, meet: bool) -> None:
    assert overlap(backup, maintenance) is meet
