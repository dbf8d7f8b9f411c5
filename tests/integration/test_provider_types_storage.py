"""Buckets, file systems and backups: drift, new objects in place of old ones, what is taken away, refusals, emptying.
Their whole lives are in `provider_cases/`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pulumi_aws as aws
import pytest
from pulumi import automation

from sandbox.provider.testing import Clients, changes
from sandbox.provider.testing.cases import REGION

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

KEYS = [f"arn:aws:kms:{REGION}:123456789012:key/{number}" for number in (1, 2)]
ROLE = "arn:aws:iam::123456789012:role/backup"


def everything(name: str = "assets", key: str = KEYS[0]) -> None:
    """One object of each type; another name or key makes new ones."""
    bucket = aws.s3.Bucket("bucket", bucket=f"shop-{name}", force_destroy=True)
    aws.s3.BucketPublicAccessBlock("bucket", bucket=bucket.bucket, block_public_acls=True)
    aws.s3.BucketOwnershipControls("bucket", bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"})
    default = {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    aws.s3.BucketServerSideEncryptionConfiguration("bucket", bucket=bucket.bucket, rules=[default])
    aws.s3.BucketVersioning("bucket", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"})
    rule = {"id": "expire", "status": "Enabled", "filter": {}, "expiration": {"days": 30}}
    aws.s3.BucketLifecycleConfiguration("bucket", bucket=bucket.bucket, rules=[rule])
    cors = {"allowed_methods": ["GET", "HEAD"], "allowed_origins": ["https://a.test", "https://b.test"]}
    aws.s3.BucketCorsConfiguration("bucket", bucket=bucket.bucket, cors_rules=[cors])
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"a": "b"}}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    aws.s3.BucketPolicy("bucket", bucket=bucket.bucket, policy=document)
    shared = aws.efs.FileSystem("shared", creation_token=name, encrypted=True, kms_key_id=key)
    aws.efs.AccessPoint("app", file_system_id=shared.id, posix_user={"uid": 1001, "gid": 1001})
    aws.efs.BackupPolicy("shared", file_system_id=shared.id, backup_policy={"status": "ENABLED"})
    aws.efs.FileSystemPolicy("shared", file_system_id=shared.id, policy=document)
    vault = aws.backup.Vault("vault", name=name, kms_key_arn=key)
    aws.backup.VaultLockConfiguration("vault", backup_vault_name=vault.name, min_retention_days=7)
    plan = aws.backup.Plan("daily", name=name, rules=[{"rule_name": "daily", "target_vault_name": vault.name}])
    aws.backup.Selection("all", name=name, plan_id=plan.id, iam_role_arn=ROLE, resources=["*"])


def test_changes_behind_our_back_are_found_and_undone(deploy: Any, clients: Clients) -> None:
    stack = deploy(everything)
    stack.up()
    s3, bucket = clients.s3, {"Bucket": "shop-assets"}
    s3.put_bucket_tagging(**bucket, Tagging={"TagSet": [{"Key": "Team", "Value": "drifted"}]})
    s3.delete_public_access_block(**bucket)
    s3.put_bucket_ownership_controls(**bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    key = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEYS[1]}}
    s3.put_bucket_encryption(**bucket, ServerSideEncryptionConfiguration={"Rules": [key]})
    s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Suspended"})
    rule = {"ID": "expire", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration={"Rules": [rule]})
    s3.delete_bucket_cors(**bucket)
    s3.put_bucket_policy(**bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
    (shared,) = clients.efs.describe_file_systems()["FileSystems"]
    tiers = [{"TransitionToIA": "AFTER_7_DAYS"}]
    clients.efs.put_lifecycle_configuration(FileSystemId=shared["FileSystemId"], LifecyclePolicies=tiers)
    (point,) = clients.efs.describe_access_points()["AccessPoints"]
    clients.efs.delete_access_point(AccessPointId=point["AccessPointId"])
    clients.backup.delete_backup_vault_lock_configuration(BackupVaultName="assets")
    # Tags, ownership, encryption, versions, lifecycle, policy, file system; block, sites, directory and lock are gone.
    assert changes(stack.refresh()) == {"update": 7, "delete": 4}
    assert changes(stack.up()) == {"update": 7, "create": 4}
    assert changes(stack.refresh()) == {}
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    assert clients.backup.describe_backup_vault(BackupVaultName="assets")["MinRetentionDays"] == 7


def test_what_aws_can_not_change_is_made_anew(deploy: Any, clients: Clients) -> None:
    deploy(everything).up()
    stack = deploy(lambda: everything("others", KEYS[1]))
    assert changes(stack.up()) == {"replace": 16}
    assert changes(stack.refresh()) == {}
    assert [one["Name"] for one in clients.s3.list_buckets()["Buckets"]] == ["shop-others"]
    (shared,) = clients.efs.describe_file_systems()["FileSystems"]
    assert (shared["CreationToken"], shared["KmsKeyId"]) == ("others", KEYS[1])


def test_what_the_program_takes_out_is_taken_away(deploy: Any, clients: Clients) -> None:
    deploy(everything).up()
    stack = deploy(lambda: aws.s3.Bucket("bucket", bucket="shop-assets", force_destroy=True))
    assert changes(stack.up()) == {"delete": 15}
    assert changes(stack.refresh()) == {}
    assert clients.s3.get_bucket_versioning(Bucket="shop-assets")["Status"] == "Suspended"
    assert clients.efs.describe_file_systems()["FileSystems"] == []
    assert clients.backup.list_backup_vaults()["BackupVaultList"] == []


def test_kept_objects_go_with_what_they_belong_to(deploy: Any, clients: Clients) -> None:
    stack = deploy(everything)
    stack.up()
    (shared,) = clients.efs.describe_file_systems()["FileSystems"]
    clients.efs.delete_file_system(FileSystemId=shared["FileSystemId"])
    refreshed = changes(stack.refresh())
    # The file system with its directory and both policies.
    assert refreshed.get("delete", 0) >= 3, refreshed


@pytest.fixture
def taken(clients: Clients) -> Iterator[None]:
    """Two names of buckets that exist already, one of them in the region that names its own buckets without a word."""
    virginia = Clients(clients.s3.meta.endpoint_url, "us-east-1")
    clients.s3.create_bucket(Bucket="already-there", CreateBucketConfiguration={"LocationConstraint": REGION})
    virginia.s3.create_bucket(Bucket="already-in-virginia")
    yield
    clients.s3.delete_bucket(Bucket="already-there")
    virginia.s3.delete_bucket(Bucket="already-in-virginia")


@pytest.mark.usefixtures("taken")
def test_refusals_carry_the_words_of_aws(deploy: Any) -> None:
    def program() -> None:
        aws.s3.Bucket("ours", bucket="already-there")
        aws.s3.Bucket("virginia", bucket="already-in-virginia", region="us-east-1")
        aws.s3.Bucket("bad", bucket="ab")
        aws.s3.BucketPolicy("lost", bucket="nowhere-to-be-found", policy="{}")
        aws.efs.BackupPolicy("lost", file_system_id="fs-12345678", backup_policy={"status": "ENABLED"})
        aws.backup.Selection("lost", plan_id="nowhere", iam_role_arn=ROLE, resources=["*"])

    with pytest.raises(automation.CommandError) as caught:
        deploy(program).up(continue_on_error=True)
    for words in (
        '"ours": BucketAlreadyOwnedByYou',
        '"virginia": BucketAlreadyOwnedByYou: already-in-virginia exists already',
        '"bad": InvalidBucketName',
        '"lost": NoSuchBucket',
        "FileSystemNotFound: fs-12345678 belongs to nothing that exists",
        "ResourceNotFoundException",
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize("status", ["Disabled", "Enabled", "Suspended"])
def test_a_bucket_is_emptied_of_all_versions_if_forced(status: str, deploy: Any, clients: Clients) -> None:
    def program(status: str) -> None:
        bucket = aws.s3.Bucket("bucket", bucket="shop-full", force_destroy=True)
        aws.s3.BucketVersioning("bucket", bucket=bucket.bucket, versioning_configuration={"status": status})

    born = "Disabled" if status == "Disabled" else "Enabled"
    deploy(lambda: program(born)).up()
    for content in (b"1", b"2"):
        clients.s3.put_object(Bucket="shop-full", Key="file", Body=content)
    if born == "Enabled":
        clients.s3.delete_object(Bucket="shop-full", Key="file")
    stack = deploy(lambda: program(status))
    if status != born:
        stack.up()
    stack.destroy()
    assert clients.s3.list_buckets()["Buckets"] == []


def test_versions_can_not_be_undone(deploy: Any) -> None:
    def program(status: str) -> None:
        bucket = aws.s3.Bucket("bucket", bucket="shop-versions")
        aws.s3.BucketVersioning("bucket", bucket=bucket.bucket, versioning_configuration={"status": status})

    deploy(lambda: program("Enabled")).up()
    with pytest.raises(
        automation.CommandError, match="cannot become 'Disabled' again, it is 'Enabled': use 'Suspended'"
    ):
        deploy(lambda: program("Disabled")).up()
