"""The storage stack: buckets by what they are for, backups, a shared file system."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

KEY = "arn:aws:kms:eu-central-1:410000000017:key/1111"
DATABASE_KEY = "arn:aws:kms:eu-central-1:410000000017:key/2222"
PURPOSES = ["artifacts", "backups", "logs", "primary", "static-assets"]
DEV, STAGE, PROD = EnvironmentName
SHARED_FILES = {
    "enableEfs": True,
    "vpcId": "vpc-1",
    "privateSubnetIds": ["subnet-a", "subnet-b"],
    "ecsSgId": "sg-ecs",
    "eksSgId": "sg-eks",
    "webApplicationSgId": "sg-web",
}


def storage(environment: EnvironmentName = DEV, preview: bool = False, **inputs: Any) -> Picture:
    values = {"applicationKeyArn": KEY, "databaseKeyArn": DATABASE_KEY, **inputs}
    return picture_of(sample_target("storage", environment), values, preview=preview)


def actions(picture: Picture, bucket: str) -> dict[str, Any]:
    """What becomes of the bucket's objects, by rule."""
    rules = picture.one("BucketLifecycleConfiguration", bucket).inputs["rules"]
    return {rule["id"]: {key: rule[key] for key in rule if key not in ("id", "status", "filter")} for rule in rules}


def statements(picture: Picture, kind: str, name: str) -> dict[str, dict[str, Any]]:
    return {item["Sid"]: item for item in json.loads(picture.one(kind, name).inputs["policy"])["Statement"]}


class TestBuckets:
    def test_there_are_five_with_everything_that_belongs_to_one(self) -> None:
        picture = storage()
        assert [item.name for item in picture.of("Bucket")] == PURPOSES
        assert picture.one("Bucket", "logs").inputs["bucket"] == "web-shop-d1brv40-dev-storage-logs-410000000017"
        for kind in ("PublicAccessBlock", "OwnershipControls", "Versioning", "Policy"):
            assert [item.name for item in picture.of(f"Bucket{kind}")] == PURPOSES

    def test_who_encrypts_depends_on_what_is_in_it(self) -> None:
        found = {
            item.name: item.inputs["rules"][0]["applyServerSideEncryptionByDefault"]
            for item in storage().of("BucketServerSideEncryptionConfiguration")
        }
        keyed = {name: rule.get("kmsMasterKeyId") for name, rule in found.items()}
        assert keyed == {**dict.fromkeys(PURPOSES, KEY), "backups": DATABASE_KEY, "logs": None}
        assert found["logs"] == {"sseAlgorithm": "AES256"}

    def test_what_becomes_of_objects(self) -> None:
        picture = storage(STAGE)
        moved = {"transitions": [{"days": 30, "storageClass": "INTELLIGENT_TIERING"}]}
        assert actions(picture, "primary")["move-to-INTELLIGENT_TIERING"] == moved
        assert actions(picture, "logs")["expire"] == {"expiration": {"days": 90}}
        assert actions(picture, "artifacts")["expire"] == {"expiration": {"days": 180}}
        assert actions(picture, "backups")["expire"] == {"expiration": {"days": 30}}
        assert set(actions(picture, "static-assets")) == {"tidy"}

    def test_what_goes_by_its_age_leaves_no_old_versions_behind(self) -> None:
        picture = storage(PROD)
        kept = {
            name: actions(picture, name)["tidy"]["noncurrentVersionExpiration"]["noncurrentDays"] for name in PURPOSES
        }
        assert kept == {"artifacts": 1, "backups": 1, "logs": 1, "primary": 90, "static-assets": 90}

    @pytest.mark.parametrize(("days", "moved"), [(7, False), (59, False), (60, True), (365, True)])
    def test_backups_move_only_if_they_stay(self, days: int, moved: bool) -> None:
        found = actions(storage(backupRetentionDays=days), "backups")
        assert ("move-to-STANDARD_IA" in found) is moved

    def test_retentions_are_inputs(self) -> None:
        picture = storage(logRetentionDays=1, artifactRetentionDays=2, oldVersionDays=3, tieringDays=0)
        assert actions(picture, "logs")["expire"] == {"expiration": {"days": 1}}
        assert actions(picture, "artifacts")["expire"] == {"expiration": {"days": 2}}
        assert actions(picture, "primary")["tidy"]["noncurrentVersionExpiration"] == {"noncurrentDays": 3}
        assert actions(picture, "primary")["move-to-INTELLIGENT_TIERING"]["transitions"][0]["days"] == 0

    def test_versions_can_be_off(self) -> None:
        found = {
            item.inputs["versioningConfiguration"]["status"]
            for item in storage(enableVersioning=False).of("BucketVersioning")
        }
        assert found == {"Suspended"}

    @pytest.mark.parametrize("environment", list(EnvironmentName))
    def test_dev_is_cheap_and_prod_is_dear(self, environment: EnvironmentName) -> None:
        made = storage(environment).of("Bucket")
        assert {item.inputs["forceDestroy"] for item in made} == {environment is DEV}
        assert {item.protect for item in made} == {environment is PROD}

    def test_only_what_is_wanted(self) -> None:
        picture = storage(buckets=["logs"])
        assert [item.name for item in picture.of("Bucket")] == ["logs"]
        assert picture.of("BucketCorsConfiguration") == []
        assert picture.outputs["logsBucketArn"] == "arn:aws:test:::Bucket/logs"
        assert picture.outputs.get("primaryBucketName") is None


class TestWhoGetsIn:
    def test_logs_are_delivered_by_services_of_this_account_only(self) -> None:
        found = statements(storage(), "BucketPolicy", "logs")
        arn, ours = "arn:aws:test:::Bucket/logs", {"aws:SourceAccount": "410000000017"}
        folders = [f"{arn}/AWSLogs/410000000017/*", f"{arn}/*/AWSLogs/410000000017/*"]
        assert found["LoadBalancers"]["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
        assert found["LoadBalancers"]["Resource"] == found["Delivery"]["Resource"] == folders
        assert found["S3"]["Condition"]["StringEquals"] == found["DeliveryCheck"]["Condition"]["StringEquals"] == ours
        assert found["Delivery"]["Condition"]["StringEquals"] == {
            **ours,
            "s3:x-amz-acl": "bucket-owner-full-control",
        }

    def test_the_other_buckets_let_nobody_else_in(self) -> None:
        picture = storage()
        for name in set(PURPOSES) - {"logs"}:
            assert set(statements(picture, "BucketPolicy", name)) == {"TlsOnly"}

    @pytest.mark.parametrize(
        ("inputs", "origins"),
        [
            ({"deployDomain": "a.example.com"}, ["https://a.example.com", "https://www.a.example.com"]),
            ({"deployDomain": "a.example.com", "corsOrigins": ["http://localhost:3000"]}, ["http://localhost:3000"]),
            ({"corsOrigins": ["https://*.example.com"]}, ["https://*.example.com"]),
        ],
    )
    def test_sites_that_may_fetch_assets(self, inputs: dict[str, Any], origins: list[str]) -> None:
        cors = storage(**inputs).one("BucketCorsConfiguration", "static-assets").inputs
        assert cors["corsRules"][0]["allowedOrigins"] == origins
        assert cors["corsRules"][0]["allowedMethods"] == ["GET", "HEAD"]

    @pytest.mark.parametrize("inputs", [{}, {"deployDomain": ""}, {"deployDomain": "a.example.com", "corsOrigins": []}])
    def test_without_sites_there_is_no_rule(self, inputs: dict[str, Any]) -> None:
        assert storage(**inputs).of("BucketCorsConfiguration") == []


class TestBackups:
    def test_a_backup_every_day_in_a_vault_of_its_own(self) -> None:
        picture = storage(STAGE)
        vault = picture.one("Vault").inputs
        assert (vault["name"], vault["kmsKeyArn"]) == ("web-shop-d1brv40-stage-storage-backups", DATABASE_KEY)
        (rule,) = picture.one("Plan").inputs["rules"]
        assert (rule["schedule"], rule["targetVaultName"]) == ("cron(0 5 * * ? *)", vault["name"])
        assert picture.outputs["backupVaultName"] == vault["name"]
        assert picture.outputs["backupPlanArn"] == "arn:aws:test:::Plan/daily"

    @pytest.mark.parametrize(
        ("days", "lifecycle"),
        [
            (90, {"deleteAfter": 90}),
            (119, {"deleteAfter": 119}),
            (120, {"deleteAfter": 120, "coldStorageAfter": 30}),
        ],
    )
    def test_only_what_stays_long_enough_gets_cold(self, days: int, lifecycle: dict[str, int]) -> None:
        assert storage(backupRetentionDays=days).one("Plan").inputs["rules"][0]["lifecycle"] == lifecycle

    def test_only_what_is_tagged_in_this_deployment_is_taken(self) -> None:
        picture = storage()
        selection = picture.one("Selection").inputs
        assert selection["resources"] == ["*"]
        (condition,) = selection["conditions"]
        assert {one["key"]: one["value"] for one in condition["stringEquals"]} == {
            "aws:ResourceTag/Backup": "Required",
            "aws:ResourceTag/DeploymentId": "D1BRV40",
            "aws:ResourceTag/Environment": "dev",
        }
        assert selection["iamRoleArn"] == picture.outputs["backupServiceRoleArn"] == "arn:aws:test:::Role/backup"

    def test_the_role_takes_backups_and_restores_them(self) -> None:
        picture = storage()
        assert "backup.amazonaws.com" in picture.one("Role").inputs["assumeRolePolicy"]
        assert [item.inputs["policyArn"].rpartition("/")[2] for item in picture.of("RolePolicyAttachment")] == [
            "AWSBackupServiceRolePolicyForBackup",
            "AWSBackupServiceRolePolicyForRestores",
        ]

    def test_the_vault_can_be_locked(self) -> None:
        assert storage().of("VaultLockConfiguration") == []
        lock = storage(enableVaultLock=True, backupRetentionDays=45).one("VaultLockConfiguration").inputs
        assert lock["minRetentionDays"] == 45
        assert "changeableForDays" not in lock

    def test_they_can_be_off(self) -> None:
        picture = storage(enableBackup=False)
        assert not {"Vault", "Plan", "Selection", "Role"} & {kind for kind, _ in picture.names()}
        assert picture.outputs.get("backupVaultArn") is None


class TestSharedFiles:
    def test_they_are_encrypted_and_elastic(self) -> None:
        picture = storage(**SHARED_FILES)
        shared = picture.one("FileSystem").inputs
        assert (shared["encrypted"], shared["kmsKeyId"], shared["throughputMode"]) == (True, KEY, "elastic")
        assert [list(policy) for policy in shared["lifecyclePolicies"]] == [
            ["transitionToIa"],
            ["transitionToPrimaryStorageClass"],
        ]

    def test_each_zone_has_an_address_for_the_applications_alone(self) -> None:
        picture = storage(**SHARED_FILES)
        targets = picture.of("MountTarget")
        assert [item.inputs["subnetId"] for item in targets] == ["subnet-a", "subnet-b"]
        assert all(item.inputs["securityGroups"] == ["efs-id"] for item in targets)
        rules = [item.inputs for item in picture.of("SecurityGroupIngressRule")]
        assert {rule["referencedSecurityGroupId"] for rule in rules} == {"sg-ecs", "sg-eks", "sg-web"}
        assert {(rule["fromPort"], rule["toPort"]) for rule in rules} == {(2049, 2049)}
        assert picture.of("SecurityGroupEgressRule") == []

    def test_nobody_mounts_without_tls_or_as_root(self) -> None:
        found = statements(storage(**SHARED_FILES), "FileSystemPolicy", "shared")
        assert found["TlsOnly"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert found["Mount"]["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        assert found["Mount"]["Condition"] == {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}

    def test_applications_have_a_directory(self) -> None:
        point = storage(**SHARED_FILES).one("AccessPoint").inputs
        assert point["posixUser"] == {"uid": 1001, "gid": 1001}
        assert point["rootDirectory"]["path"] == "/app-data"

    @pytest.mark.parametrize(("own", "tag", "status"), [(True, "Required", "DISABLED"), (False, None, "ENABLED")])
    def test_they_are_backed_up_once(self, own: bool, tag: str | None, status: str) -> None:
        picture = storage(**SHARED_FILES, enableBackup=own)
        assert picture.one("FileSystem").inputs["tags"].get("Backup") == tag
        assert picture.one("BackupPolicy").inputs["backupPolicy"] == {"status": status}

    @pytest.mark.parametrize("environment", [DEV, STAGE])
    def test_only_prod_keeps_them_reachable(self, environment: EnvironmentName) -> None:
        kinds = ("FileSystem", "FileSystemPolicy", "MountTarget")
        subnets = {"privateSubnetIds": ["subnet-a", "subnet-b", "subnet-c"]}
        dear = storage(PROD, **{**SHARED_FILES, **subnets})
        cheap = storage(environment, **SHARED_FILES)
        assert {item.protect for kind in kinds for item in dear.of(kind)} == {True}
        assert {item.protect for kind in kinds for item in cheap.of(kind)} == {False}

    def test_outputs_name_them(self) -> None:
        outputs = storage(**SHARED_FILES).outputs
        assert (outputs["sharedEfsId"], outputs["appAccessPointId"]) == ("shared-id", "app-id")
        assert outputs["efsSecurityGroupId"] == "efs-id"
        assert outputs["appAccessPointArn"] == "arn:aws:test:::AccessPoint/app"

    def test_they_are_off_by_default(self) -> None:
        picture = storage()
        assert picture.of("FileSystem") == picture.of("SecurityGroup") == []
        assert picture.outputs.get("sharedEfsDnsName") is None


@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_a_preview_needs_no_other_stack(environment: EnvironmentName) -> None:
    wired = ("applicationKeyArn", "databaseKeyArn", "deployDomain", "vpcId", "privateSubnetIds")
    groups = ("ecsSgId", "eksSgId", "webApplicationSgId")
    unknown = dict.fromkeys((*wired, *groups), UNKNOWN)
    picture = storage(environment, preview=True, enableEfs=True, **unknown)
    assert len(picture.of("Bucket")) == 5
    assert len(picture.of("MountTarget")) == (3 if environment is PROD else 2)
    assert picture.one("MountTarget", "shared-0").inputs["subnetId"] is UNKNOWN
    assert len(picture.of("SecurityGroupIngressRule")) == 3
    assert picture.one("BucketCorsConfiguration").inputs["corsRules"][0]["allowedOrigins"] == [UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"buckets": []}, "buckets = []: List should have at least 1 item"),
        ({"buckets": ["logs", "logs"]}, "must not hold the same value twice"),
        ({"buckets": ["secrets"]}, "buckets.0 = ['secrets']: Input should be 'primary'"),
        ({"logRetentionDays": 0}, "logRetentionDays = 0: Input should be greater than or equal to 1"),
        ({"backupRetentionDays": 3651}, "backupRetentionDays = 3651: Input should be less than or equal to 3650"),
        ({"artifactRetentionDays": "30"}, "artifactRetentionDays = '30': Input should be a valid integer"),
        ({"corsOrigins": ["shop.example.com"]}, "corsOrigins.0 = ['shop.example.com']: String should match"),
        ({"corsOrigins": ["https://shop.example.com/"]}, "String should match"),
        ({"deployDomain": "Shop."}, "deployDomain = 'Shop.': must be a domain name"),
        ({"applicationKeyArn": "alias/x"}, "applicationKeyArn = 'alias/x': String should match"),
        ({"enableBackup": False, "enableVaultLock": True}, "enableVaultLock = True: needs enableBackup"),
        ({"enableEfs": True, "vpcId": None}, "vpcId = None: is needed for enableEfs"),
        (
            {**SHARED_FILES, "privateSubnetIds": ["subnet-a"]},
            "holds 1 subnets, but azCount is 2: give storage the network's azCount",
        ),
        ({"forceDestory": True}, "forceDestroy"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        storage(**inputs)
    assert message in caught.value.message
