"""The storage stack through the real engine, on an AWS server, checked with boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pulumi import automation

from cloud_core.domain.names import EnvironmentName
from stacks.testing_deployments import Deployment, security_keys

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
PURPOSES = ("artifacts", "backups", "logs", "primary", "static-assets")


GROUPS = ("ecsSgId", "eksSgId", "webApplicationSgId")
NO_NETWORK = {"vpcId": None, "privateSubnetIds": None}


def alone(new_deployment: NewDeployment, account: str, environment: EnvironmentName) -> Deployment:
    """A deployment without a network."""
    security = {**security_keys(account), **dict.fromkeys(GROUPS)}
    return new_deployment(account, environment, network=NO_NETWORK, security=security)


def name(purpose: str, account: str, environment: str = "prod") -> str:
    return f"web-shop-d1brv40-{environment}-storage-{purpose}-{account}"


def networked(new_deployment: NewDeployment, account: str, environment: EnvironmentName) -> Deployment:
    """A deployment with a network, and what security gives to the stack."""
    deployment = new_deployment(account, environment)
    deployment.up("network", enableNat=False, enableVpcEndpoints=False, enableFlowLogs=False)
    ec2, vpc = deployment.account.client("ec2"), deployment.outputs["network"]["vpcId"]
    groups = {
        group: ec2.create_security_group(GroupName=group, Description=group, VpcId=vpc)["GroupId"] for group in GROUPS
    }
    deployment.outputs["security"] = {**security_keys(account), **groups}
    return deployment


@pytest.fixture(scope="module")
def storage(new_deployment: NewDeployment) -> Deployment:
    """The stack in prod with all there is, deployed; tests only look at it."""
    deployment = networked(new_deployment, "410000000017", EnvironmentName.PROD)
    deployment.up("storage", enableEfs=True, enableVaultLock=True)
    return deployment


class TestDeployed:
    def test_buckets_are_encrypted_closed_and_tagged(self, storage: Deployment) -> None:
        s3, account = storage.account.client("s3"), storage.account.number
        names = {name(purpose, account) for purpose in PURPOSES}
        assert {one["Name"] for one in s3.list_buckets()["Buckets"]} == names
        for bucket in names:
            asked = {"Bucket": bucket}
            assert all(s3.get_public_access_block(**asked)["PublicAccessBlockConfiguration"].values())
            (owner,) = s3.get_bucket_ownership_controls(**asked)["OwnershipControls"]["Rules"]
            assert owner == {"ObjectOwnership": "BucketOwnerEnforced"}
            assert s3.get_bucket_versioning(**asked)["Status"] == "Enabled"
            assert {"Key": "Stack", "Value": "storage"} in s3.get_bucket_tagging(**asked)["TagSet"]
            first = json.loads(s3.get_bucket_policy(**asked)["Policy"])["Statement"][0]
            assert (first["Sid"], first["Effect"]) == ("TlsOnly", "Deny")

    def test_each_bucket_has_its_key(self, storage: Deployment) -> None:
        s3, keys = storage.account.client("s3"), storage.outputs["security"]

        def encryption(purpose: str) -> Any:
            asked = s3.get_bucket_encryption(Bucket=name(purpose, storage.account.number))
            (rule,) = asked["ServerSideEncryptionConfiguration"]["Rules"]
            return rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID"), rule["BucketKeyEnabled"]

        assert encryption("primary") == (keys["applicationKeyArn"], True)
        assert encryption("backups") == (keys["databaseKeyArn"], True)
        assert encryption("logs") == (None, False)

    def test_objects_grow_old_as_they_should(self, storage: Deployment) -> None:
        s3 = storage.account.client("s3")
        found = {
            purpose: s3.get_bucket_lifecycle_configuration(Bucket=name(purpose, storage.account.number))["Rules"]
            for purpose in PURPOSES
        }
        assert [rule["ID"] for rule in found["backups"]] == ["tidy", "move-to-STANDARD_IA", "expire"]
        assert found["logs"][1]["Expiration"] == {"Days": 90}
        assert found["primary"][1]["Transitions"] == [{"Days": 30, "StorageClass": "INTELLIGENT_TIERING"}]
        (cors,) = s3.get_bucket_cors(Bucket=name("static-assets", storage.account.number))["CORSRules"]
        assert cors["AllowedOrigins"] == ["https://shop.example.com", "https://www.shop.example.com"]

    def test_the_file_system_has_an_address_in_each_zone(self, storage: Deployment) -> None:
        efs, outputs = storage.account.client("efs"), storage.outputs["storage"]
        (shared,) = efs.describe_file_systems()["FileSystems"]
        assert (shared["FileSystemId"], shared["Encrypted"]) == (outputs["sharedEfsId"], True)
        assert shared["KmsKeyId"] == storage.outputs["security"]["applicationKeyArn"]
        assert {"Key": "Backup", "Value": "Required"} in shared["Tags"]
        targets = efs.describe_mount_targets(FileSystemId=shared["FileSystemId"])["MountTargets"]
        subnets = storage.outputs["network"]["privateSubnetIds"]
        assert sorted(one["SubnetId"] for one in targets) == sorted(subnets)
        groups = efs.describe_mount_target_security_groups(MountTargetId=targets[0]["MountTargetId"])
        assert groups["SecurityGroups"] == [outputs["efsSecurityGroupId"]]
        policy = json.loads(efs.describe_file_system_policy(FileSystemId=shared["FileSystemId"])["Policy"])
        assert [one["Sid"] for one in policy["Statement"]] == ["Mount", "TlsOnly"]
        (point,) = efs.describe_access_points(FileSystemId=shared["FileSystemId"])["AccessPoints"]
        assert point["AccessPointId"] == outputs["appAccessPointId"]

    def test_the_vault_is_encrypted_and_locked(self, storage: Deployment) -> None:
        outputs = storage.outputs["storage"]
        vault = storage.account.client("backup").describe_backup_vault(BackupVaultName=outputs["backupVaultName"])
        assert vault["EncryptionKeyArn"] == storage.outputs["security"]["databaseKeyArn"]
        assert (vault["Locked"], vault["MinRetentionDays"]) == (True, 90)
        assert vault["BackupVaultArn"] == outputs["backupVaultArn"]

    def test_a_second_run_changes_nothing(self, storage: Deployment) -> None:
        assert set(storage.up("storage", enableEfs=True, enableVaultLock=True)) == {"same"}


def test_a_destroy_that_is_refused_opens_nothing(new_deployment: NewDeployment) -> None:
    account = "410000000066"
    deployment = alone(new_deployment, account, EnvironmentName.PROD)
    deployment.up("storage", buckets=["primary"], enableVaultLock=True)
    with pytest.raises(automation.CommandError, match="protected"):
        deployment.stack("storage", buckets=["primary"], enableVaultLock=True).destroy()
    s3, bucket = deployment.account.client("s3"), {"Bucket": name("primary", account)}
    assert all(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values())
    assert "TlsOnly" in s3.get_bucket_policy(**bucket)["Policy"]
    assert s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    vault = deployment.outputs["storage"]["backupVaultName"]
    assert deployment.account.client("backup").describe_backup_vault(BackupVaultName=vault)["Locked"]


def test_dev_lives_changes_and_goes_with_all_that_is_in_it(new_deployment: NewDeployment) -> None:
    deployment = networked(new_deployment, "410000000025", EnvironmentName.DEV)
    assert set(deployment.up("storage")) == {"create"}
    assert set(deployment.up("storage")) == {"same"}

    # The stack, the lifecycles of logs, artifacts and backups, the plan.
    changed = deployment.up("storage", logRetentionDays=5, artifactRetentionDays=6, backupRetentionDays=120)
    assert {action: count for action, count in changed.items() if action != "same"} == {"update": 4}

    # File system, policies of backup and access, group and its three rules, two addresses, directory; the bucket of
    # logs with its seven other parts goes.
    fewer = [purpose for purpose in PURPOSES if purpose != "logs"]
    changed = deployment.up("storage", enableEfs=True, buckets=fewer)
    assert (changed["create"], changed["delete"]) == (10, 7)

    primary, s3 = name("primary", deployment.account.number, "dev"), deployment.account.client("s3")
    for content in (b"first", b"second"):
        s3.put_object(Bucket=primary, Key="report.csv", Body=content)
    s3.delete_object(Bucket=primary, Key="report.csv")
    assert set(deployment.stack("storage").destroy().summary.resource_changes or {}) == {"delete"}
    for group in GROUPS:
        deployment.account.client("ec2").delete_security_group(GroupId=deployment.outputs["security"][group])
    deployment.stack("network").destroy()
    assert deployment.account.left_over() == {}


def test_stage_keeps_what_is_in_its_buckets(new_deployment: NewDeployment) -> None:
    account = "410000000033"
    deployment = alone(new_deployment, account, EnvironmentName.STAGE)
    deployment.up("storage", buckets=["primary"], enableBackup=False)
    s3, primary = deployment.account.client("s3"), name("primary", account, "stage")
    s3.put_object(Bucket=primary, Key="report.csv", Body=b"first")
    with pytest.raises(automation.CommandError, match="BucketNotEmpty"):
        deployment.stack("storage", buckets=["primary"], enableBackup=False).destroy()
    assert s3.get_object(Bucket=primary, Key="report.csv")["Body"].read() == b"first"
    # Once it is said that the objects may go, they do.
    deployment.up("storage", buckets=["primary"], enableBackup=False, forceDestroy=True)
    deployment.stack("storage").destroy()
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=primary)


def test_a_bucket_of_somebody_else_is_never_taken(new_deployment: NewDeployment) -> None:
    account = "410000000041"
    deployment = alone(new_deployment, account, EnvironmentName.DEV)
    taken = name("logs", account, "dev")
    other = new_deployment("410000000058").account.client("s3")
    other.create_bucket(Bucket=taken, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    with pytest.raises(automation.CommandError, match="BucketAlreadyExists"):
        deployment.up("storage", buckets=["logs"], enableBackup=False)
    assert deployment.account.left_over() == {}
    other.delete_bucket(Bucket=taken)
    assert set(deployment.up("storage", buckets=["logs"], enableBackup=False)) <= {"create", "same", "update"}
    deployment.stack("storage").destroy()
