"""Settings of the whole account. They exist once an account, so at most one deployment may own them."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext, protected
from stacks.iam_documents import allow, document
from stacks.naming import BUCKET, TAG
from stacks.security.contract import Inputs


def make_account_baseline(inputs: Inputs, context: StackContext, partition: pulumi.Output[str]) -> None:
    """No public buckets, encrypted volumes, strong passwords, threat and access findings, and a trail of all calls."""
    aws.s3.AccountPublicAccessBlock(
        "account",
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    aws.ebs.EncryptionByDefault("account", enabled=True)
    aws.iam.AccountPasswordPolicy(
        "account",
        minimum_password_length=14,
        password_reuse_prevention=24,
        require_lowercase_characters=True,
        require_numbers=True,
        require_symbols=True,
        require_uppercase_characters=True,
    )
    aws.accessanalyzer.Analyzer("account", analyzer_name=context.name(TAG, "account"), type="ACCOUNT")
    aws.guardduty.Detector("account", enable=True)
    aws.securityhub.Account("account", enable_default_standards=True)
    _trail(inputs, context, partition)


def _trail(inputs: Inputs, context: StackContext, partition: pulumi.Output[str]) -> None:
    """Every call of every region, in a bucket that only CloudTrail writes to."""
    name = context.name(BUCKET, "trail")
    bucket = aws.s3.Bucket("trail", bucket=name, opts=protected(inputs.protect))
    closed = aws.s3.BucketPublicAccessBlock(
        "trail",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    arn = pulumi.Output.concat("arn:", partition, f":cloudtrail:{context.region}:{context.account}:trail/{name}")
    cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
    policy = aws.s3.BucketPolicy(
        "trail",
        bucket=bucket.bucket,
        policy=document(
            allow(
                "s3:GetBucketAcl",
                bucket.arn,
                principal=cloudtrail,
                conditions={"StringEquals": {"aws:SourceArn": arn}},
            ),
            allow(
                "s3:PutObject",
                pulumi.Output.concat(bucket.arn, f"/AWSLogs/{context.account}/*"),
                principal=cloudtrail,
                conditions={"StringEquals": {"aws:SourceArn": arn, "s3:x-amz-acl": "bucket-owner-full-control"}},
            ),
        ),
        opts=pulumi.ResourceOptions(depends_on=[closed]),
    )
    aws.cloudtrail.Trail(
        "account",
        name=name,
        s3_bucket_name=bucket.bucket,
        is_multi_region_trail=True,
        include_global_service_events=True,
        enable_log_file_validation=True,
        opts=pulumi.ResourceOptions(depends_on=[policy]),
    )
