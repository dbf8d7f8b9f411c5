"""Buckets: closed to the public, encrypted, with versions, tidied up, reached by TLS only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.iam_documents import Statement, deny, document
from stacks.naming import BUCKET

Rule = aws.s3.BucketLifecycleConfigurationRuleArgs
Grants = Callable[[pulumi.Output[str]], Sequence[Statement]]
"""Statements that let others into a bucket, by its ARN."""

_BROKEN_UPLOAD_DAYS: Final = 7


@dataclass(frozen=True)
class BucketSettings:
    """How a bucket is set up.

    `key_arn`: the key of its objects; without one S3's own, the only one that log deliveries take. `versioned`: what
    is overwritten or deleted stays for `old_version_days`. `rules`: what becomes of objects as they grow old
    (`expire`, `move`). `force_destroy`: it is deleted with all that is in it, else only when it is empty. `protect`:
    neither it nor what closes and keeps it is deleted.
    """

    key_arn: pulumi.Input[str] | None = None
    versioned: bool = True
    old_version_days: int = 30
    rules: Sequence[Rule] = ()
    force_destroy: bool = False
    protect: bool = False

    def options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a part: an engine that refuses to delete the bucket must not open it before."""
        return pulumi.ResourceOptions(protect=self.protect, depends_on=list(after))


@dataclass(frozen=True)
class Bucket:
    """A bucket, and the policy that has to be there before a service that `grants` let in can use it."""

    bucket: aws.s3.Bucket
    policy: aws.s3.BucketPolicy

    @property
    def name(self) -> pulumi.Output[str]:
        return self.bucket.bucket

    @property
    def arn(self) -> pulumi.Output[str]:
        return self.bucket.arn


def bucket_name(what: str, context: StackContext) -> str:
    """The whole world shares the names of buckets, so the account is part of them."""
    return context.name(BUCKET, f"{what}-{context.account}")


def expire(days: int) -> Rule:
    """Objects go after these days."""
    return _rule("expire", expiration={"days": days})


def move(storage_class: str, days: int) -> Rule:
    """Objects get another storage class after these days; S3 allows infrequent access (`…_IA`) from day 30 on."""
    return _rule(f"move-to-{storage_class}", transitions=[{"days": days, "storage_class": storage_class}])


def make_bucket(what: str, context: StackContext, settings: BucketSettings, grants: Grants | None = None) -> Bucket:
    """The bucket with everything that belongs to it. Nobody but the account gets in unless `grants` says so."""
    bucket = aws.s3.Bucket(
        what,
        bucket=bucket_name(what, context),
        force_destroy=settings.force_destroy,
        opts=settings.options(),
    )
    _encrypt(what, bucket, settings)
    _keep_versions(what, bucket, settings)
    granted = grants(bucket.arn) if grants else ()
    return Bucket(bucket, _close(what, bucket, settings, granted))


def _close(
    what: str, bucket: aws.s3.Bucket, settings: BucketSettings, granted: Sequence[Statement]
) -> aws.s3.BucketPolicy:
    """One after the other: S3 refuses two changes of who gets in at the same time."""
    closed = aws.s3.BucketPublicAccessBlock(
        what,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=settings.options(),
    )
    owned = aws.s3.BucketOwnershipControls(
        what,
        bucket=bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=settings.options(closed),
    )
    return aws.s3.BucketPolicy(
        what,
        bucket=bucket.bucket,
        policy=document(_tls_only(bucket.arn), *granted),
        opts=settings.options(owned),
    )


def _tls_only(arn: pulumi.Output[str]) -> Statement:
    everything = [arn, pulumi.Output.concat(arn, "/*")]
    return deny("s3:*", everything, conditions={"Bool": {"aws:SecureTransport": "false"}}, sid="TlsOnly")


def _encrypt(what: str, bucket: aws.s3.Bucket, settings: BucketSettings) -> None:
    """A bucket key makes one call of KMS do for many objects."""
    keyed = settings.key_arn is not None
    default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="aws:kms" if keyed else "AES256", kms_master_key_id=settings.key_arn
    )
    rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=default, bucket_key_enabled=keyed
    )
    aws.s3.BucketServerSideEncryptionConfiguration(what, bucket=bucket.bucket, rules=[rule], opts=settings.options())


def _keep_versions(what: str, bucket: aws.s3.Bucket, settings: BucketSettings) -> None:
    """Versions that were once on can only be suspended; the old ones still have to go."""
    versioning = aws.s3.BucketVersioning(
        what,
        bucket=bucket.bucket,
        versioning_configuration={"status": "Enabled" if settings.versioned else "Suspended"},
        opts=settings.options(),
    )
    tidy = _rule(
        "tidy",
        abort_incomplete_multipart_upload={"days_after_initiation": _BROKEN_UPLOAD_DAYS},
        noncurrent_version_expiration={"noncurrent_days": settings.old_version_days},
        expiration={"expired_object_delete_marker": True},
    )
    aws.s3.BucketLifecycleConfiguration(
        what,
        bucket=bucket.bucket,
        rules=[tidy, *settings.rules],
        opts=settings.options(versioning),
    )


def _rule(name: str, **actions: Any) -> Rule:
    """A lifecycle rule for every object."""
    every = aws.s3.BucketLifecycleConfigurationRuleFilterArgs()
    return Rule(id=name, status="Enabled", filter=every, **actions)
