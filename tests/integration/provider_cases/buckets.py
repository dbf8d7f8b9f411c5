"""S3 buckets, and everything that belongs to one."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from sandbox.provider.services.s3_lifecycle import LIFECYCLE
from sandbox.provider.services.s3_settings import ENCRYPTION
from sandbox.provider.testing import Case, Clients
from sandbox.provider.testing.cases import REGION

KEY = f"arn:aws:kms:{REGION}:123456789012:key/11111111-2222-3333-4444-555555555555"
NAME = "shop-assets"
LOSSY = "lossy-bucket"
DESCRIPTION = {False: "first", True: "second"}


def buckets(later: bool) -> None:
    bucket = aws.s3.Bucket(
        "assets", bucket=NAME, force_destroy=True, object_lock_enabled=True, tags={"Team": DESCRIPTION[later]}
    )
    aws.s3.Bucket("plain")
    aws.s3.BucketPublicAccessBlock(
        "assets",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=later,
        restrict_public_buckets=True,
    )
    aws.s3.BucketOwnershipControls(
        "assets",
        bucket=bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced" if later else "BucketOwnerPreferred"},
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        "assets",
        bucket=bucket.bucket,
        rules=[
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": KEY},
                "blocked_encryption_types": ["SSE-C"],
                **({"bucket_key_enabled": True} if later else {}),
            }
        ],
    )
    versioning = aws.s3.BucketVersioning(
        "assets",
        bucket=bucket.bucket,
        versioning_configuration={"status": "Suspended" if later else "Enabled"},
    )
    aws.s3.BucketCorsConfiguration("assets", bucket=bucket.bucket, cors_rules=cors(later))
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{NAME}/*"}
    aws.s3.BucketPolicy(
        "assets",
        bucket=bucket.bucket,
        policy=json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": DESCRIPTION[later].title(), **statement}]}),
    )
    aws.s3.BucketLifecycleConfiguration(
        "assets",
        bucket=bucket.bucket,
        rules=rules(later),
        transition_default_minimum_object_size="varies_by_storage_class",
        opts=pulumi.ResourceOptions(depends_on=[versioning]),
    )


def cors(later: bool) -> list[Any]:
    rule = {
        "id": "site",
        "allowed_methods": ["GET", "HEAD"],
        "allowed_origins": ["https://shop.example.com"],
        "allowed_headers": ["*"],
        "expose_headers": ["ETag"],
        "max_age_seconds": 600 if later else 300,
    }
    return [rule, {"allowed_methods": ["PUT"], "allowed_origins": ["https://admin.example.com"]}]


def rules(later: bool) -> list[Any]:
    """Rules with every part that a rule can have."""
    days = 90 if later else 60
    return [
        {
            "id": "tidy",
            "status": "Enabled",
            "filter": {},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
            "expiration": {"expired_object_delete_marker": True},
            "noncurrent_version_expiration": {"noncurrent_days": days, "newer_noncurrent_versions": 3},
        },
        {
            "id": "cold",
            "status": "Enabled",
            "filter": {"and_": {"prefix": "data/", "tags": {"class": "cold"}, "object_size_greater_than": 1024}},
            "transitions": [
                {"days": 0, "storage_class": "INTELLIGENT_TIERING"},
                {"date": "2040-01-01T00:00:00Z", "storage_class": "GLACIER"},
            ],
            "noncurrent_version_transitions": [
                {"noncurrent_days": days, "newer_noncurrent_versions": 2, "storage_class": "GLACIER"}
            ],
        },
        going("tagged", {"tag": {"key": "k", "value": "v"}}, {"days": 9}, status="Disabled"),
        going("small", {"object_size_less_than": 9}, {"days": days}),
        going("old", {"prefix": "tmp/"}, {"date": "2040-02-01T00:00:00Z"}),
    ]


def going(name: str, objects: Any, when: Any, status: str = "Enabled") -> dict[str, Any]:
    return {"id": name, "status": status, "filter": objects, "expiration": when}


def left(clients: Clients) -> dict[str, Any]:
    return {"buckets": clients.s3.list_buckets()["Buckets"]}


def lossy(server: Clients) -> Any:
    """A client, and a bucket to try it on."""
    s3 = server.s3
    if LOSSY not in [one["Name"] for one in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=LOSSY, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


def told_lifecycle(server: Clients) -> dict[str, Any]:
    """A lifecycle as the server tells it, with everything that it might lose."""
    s3 = lossy(server)
    kept = {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}
    rule = {"Status": "Enabled", "Filter": {"ObjectSizeLessThan": 9}, "NoncurrentVersionExpiration": kept}
    s3.put_bucket_lifecycle_configuration(
        Bucket=LOSSY,
        LifecycleConfiguration={"Rules": [rule]},
        TransitionDefaultMinimumObjectSize="varies_by_storage_class",
    )
    found = s3.get_bucket_lifecycle_configuration(Bucket=LOSSY)
    s3.delete_bucket(Bucket=LOSSY)
    return dict(found)


def told_encryption(server: Clients) -> dict[str, Any]:
    s3 = lossy(server)
    default = {"SSEAlgorithm": "AES256"}
    rule = {
        "ApplyServerSideEncryptionByDefault": default,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }
    s3.put_bucket_encryption(Bucket=LOSSY, ServerSideEncryptionConfiguration={"Rules": [rule]})
    (found,) = s3.get_bucket_encryption(Bucket=LOSSY)["ServerSideEncryptionConfiguration"]["Rules"]
    s3.delete_bucket(Bucket=LOSSY)
    return dict(found)


def loses_parts_of_rules(server: Clients) -> bool:
    (rule,) = told_lifecycle(server)["Rules"]
    return rule["Filter"] == {} and "NewerNoncurrentVersions" not in rule["NoncurrentVersionExpiration"]


SIZE = "TransitionDefaultMinimumObjectSize"
CASE = Case(
    modules=("s3_bucket", "s3_settings", "s3_lifecycle"),
    program=buckets,
    left=left,
    untold=frozenset({"forceDestroy"}),
    probes={
        (ENCRYPTION.token, "rules"): lambda server: "BlockedEncryptionTypes" not in told_encryption(server),
        (LIFECYCLE.token, "rules"): loses_parts_of_rules,
        (LIFECYCLE.token, "transitionDefaultMinimumObjectSize"): lambda server: (
            told_lifecycle(server)[SIZE] != "varies_by_storage_class"
        ),
    },
)
