"""Settings of the whole account. They exist once an account, so at most one deployment may own them."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from stacks.buckets import BucketSettings, make_bucket
from stacks.context import StackContext
from stacks.iam_documents import Statement, Texts, allow
from stacks.naming import TAG, TRAIL
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
    name = context.name(TRAIL, "account")
    arn = pulumi.Output.concat("arn:", partition, f":cloudtrail:{context.region}:{context.account}:trail/{name}")

    def cloudtrail_writes(bucket: pulumi.Output[str]) -> list[Statement]:
        cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
        delivered: dict[str, Texts] = {"aws:SourceArn": arn, "s3:x-amz-acl": "bucket-owner-full-control"}
        objects = pulumi.Output.concat(bucket, f"/AWSLogs/{context.account}/*")
        return [
            allow(
                "s3:GetBucketAcl",
                bucket,
                principal=cloudtrail,
                conditions={"StringEquals": {"aws:SourceArn": arn}},
            ),
            allow("s3:PutObject", objects, principal=cloudtrail, conditions={"StringEquals": delivered}),
        ]

    bucket = make_bucket("trail", context, BucketSettings(protect=inputs.protect), cloudtrail_writes)
    aws.cloudtrail.Trail(
        "account",
        name=name,
        s3_bucket_name=bucket.name,
        is_multi_region_trail=True,
        include_global_service_events=True,
        enable_log_file_validation=True,
        opts=pulumi.ResourceOptions(depends_on=[bucket.policy]),
    )
