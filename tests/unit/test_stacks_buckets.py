"""The building block of buckets: closed, encrypted, with versions, tidied up."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from stacks.buckets import BucketSettings, bucket_name, expire, make_bucket, move
from stacks.context import StackContext
from stacks.iam_documents import Statement, allow
from stacks.testing import Picture, draw, sample_target

CONTEXT = StackContext.of(sample_target("hello"))
NAME = "web-shop-d1brv40-dev-hello-data-410000000017"
ARN = "arn:aws:test:::Bucket/data"
KEY = "arn:aws:kms:eu-central-1:410000000017:key/1111"


def bucket(grants: Any = None, **settings: Any) -> Picture:
    return draw(lambda: make_bucket("data", CONTEXT, BucketSettings(**settings), grants) and None)


def rules(picture: Picture) -> list[dict[str, Any]]:
    return list(picture.one("BucketLifecycleConfiguration").inputs["rules"])


def statements(picture: Picture) -> list[dict[str, Any]]:
    return list(json.loads(picture.one("BucketPolicy").inputs["policy"])["Statement"])


def test_the_name_is_of_this_account_and_short_enough() -> None:
    assert bucket().one("Bucket").inputs["bucket"] == bucket_name("data", CONTEXT) == NAME
    long = bucket_name("a-rather-long-name-of-what-lies-in-there", CONTEXT)
    assert len(long) <= 63
    assert long != bucket_name("a-rather-long-name-of-what-lies-in-here", CONTEXT)


def test_nothing_is_public_and_nobody_else_owns_objects() -> None:
    picture = bucket()
    block = picture.one("BucketPublicAccessBlock").inputs
    assert {name: on for name, on in block.items() if name != "bucket"} == dict.fromkeys(
        ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
    )
    assert picture.one("BucketOwnershipControls").inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_only_tls_is_let_in() -> None:
    assert statements(bucket()) == [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [ARN, f"{ARN}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_others_are_let_in_by_name_of_the_bucket() -> None:
    def grants(arn: pulumi.Output[str]) -> list[Statement]:
        return [allow("s3:GetObject", arn, principal={"Service": "x.amazonaws.com"})]

    _, granted = statements(bucket(grants))
    assert (granted["Effect"], granted["Resource"]) == ("Allow", ARN)


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        (None, {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}, "bucketKeyEnabled": False}),
        (
            KEY,
            {
                "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
                "bucketKeyEnabled": True,
            },
        ),
    ],
)
def test_it_is_encrypted_by_the_key_or_by_the_service(key: str | None, rule: dict[str, Any]) -> None:
    assert bucket(key_arn=key).one("BucketServerSideEncryptionConfiguration").inputs["rules"] == [rule]


def test_old_versions_and_broken_uploads_go() -> None:
    (tidy,) = rules(bucket(old_version_days=9))
    assert tidy["noncurrentVersionExpiration"] == {"noncurrentDays": 9}
    assert tidy["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert tidy["expiration"] == {"expiredObjectDeleteMarker": True}


@pytest.mark.parametrize(("versioned", "status"), [(True, "Enabled"), (False, "Suspended")])
def test_versions_can_be_off(versioned: bool, status: str) -> None:
    picture = bucket(versioned=versioned)
    assert picture.one("BucketVersioning").inputs["versioningConfiguration"] == {"status": status}
    assert "BucketVersioning" in picture.one("BucketLifecycleConfiguration").depends_on_types


def test_objects_move_and_go_as_they_grow_old() -> None:
    _, cheap, gone = rules(bucket(rules=[move("INTELLIGENT_TIERING", 30), expire(90)]))
    assert cheap["transitions"] == [{"days": 30, "storageClass": "INTELLIGENT_TIERING"}]
    assert gone["expiration"] == {"days": 90}
    assert all(rule["filter"] == {} and rule["status"] == "Enabled" for rule in (cheap, gone))


def test_who_gets_in_is_changed_one_by_one() -> None:
    picture = bucket()
    assert "BucketPublicAccessBlock" in picture.one("BucketOwnershipControls").depends_on_types
    assert "BucketOwnershipControls" in picture.one("BucketPolicy").depends_on_types


@pytest.mark.parametrize("kept", [True, False])
def test_what_is_in_it_is_dear(kept: bool) -> None:
    picture = bucket(protect=kept, force_destroy=not kept)
    assert picture.one("Bucket").inputs["forceDestroy"] is not kept
    assert {item.protect for item in picture.resources} == {kept}
