"""The deployment's buckets: what each is for decides who encrypts it and what becomes of its objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.buckets import Bucket, BucketSettings, Rule, expire, make_bucket, move
from stacks.context import StackContext
from stacks.iam_documents import Statement, allow
from stacks.storage.contract import BucketPurpose, Inputs

Buckets = Mapping[BucketPurpose, Bucket]

_CORS_SECONDS: Final = 3600
_INFREQUENT_FROM: Final = 30  # S3 moves nothing to infrequent access earlier
_WORTH_MOVING: Final = 60  # what is moved is paid for 30 days at least


def make_buckets(inputs: Inputs, context: StackContext) -> Buckets:
    """The buckets that `inputs.buckets` names."""
    settings = _settings(inputs)
    made = {
        purpose: make_bucket(
            purpose,
            context,
            settings[purpose],
            (lambda arn: _log_delivery(arn, context)) if purpose == "logs" else None,
        )
        for purpose in inputs.buckets
    }
    if "static-assets" in made:
        _let_sites_fetch(inputs, made["static-assets"])
    return made


def _settings(inputs: Inputs) -> dict[BucketPurpose, BucketSettings]:
    """What is written once, and goes by its age, needs no old versions once it is gone."""
    usual = BucketSettings(
        key_arn=inputs.application_key_arn,
        versioned=inputs.enable_versioning,
        old_version_days=inputs.old_version_days,
        force_destroy=inputs.force_destroy,
        protect=inputs.protect,
    )
    written_once = replace(usual, old_version_days=1)
    return {
        "primary": replace(usual, rules=[move("INTELLIGENT_TIERING", inputs.tiering_days)]),
        "static-assets": usual,
        # Load balancers deliver to no bucket that a key of KMS encrypts.
        "logs": replace(written_once, key_arn=None, rules=[expire(inputs.log_retention_days)]),
        "backups": replace(written_once, key_arn=inputs.database_key_arn, rules=_backup_rules(inputs)),
        "artifacts": replace(written_once, rules=[expire(inputs.artifact_retention_days)]),
    }


def _backup_rules(inputs: Inputs) -> list[Rule]:
    gone = expire(inputs.backup_retention_days)
    if inputs.backup_retention_days < _WORTH_MOVING:
        return [gone]
    return [move("STANDARD_IA", _INFREQUENT_FROM), gone]


def _log_delivery(bucket: pulumi.Output[str], context: StackContext) -> list[Statement]:
    """Load balancers, S3 and the delivery of other services (flow logs among them), all for this account only."""
    ours = {"StringEquals": {"aws:SourceAccount": context.account}}
    delivery = {"Service": "delivery.logs.amazonaws.com"}
    objects = pulumi.Output.concat(bucket, "/*")
    own_folders = [pulumi.Output.concat(bucket, folder, f"AWSLogs/{context.account}/*") for folder in ("/", "/*/")]
    balancers = {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    as_owner = {"StringEquals": {"aws:SourceAccount": context.account, "s3:x-amz-acl": "bucket-owner-full-control"}}
    return [
        allow("s3:PutObject", own_folders, principal=balancers, sid="LoadBalancers"),
        allow("s3:PutObject", objects, principal={"Service": "logging.s3.amazonaws.com"}, conditions=ours, sid="S3"),
        allow("s3:PutObject", own_folders, principal=delivery, conditions=as_owner, sid="Delivery"),
        allow(["s3:GetBucketAcl", "s3:ListBucket"], bucket, principal=delivery, conditions=ours, sid="DeliveryCheck"),
    ]


def _let_sites_fetch(inputs: Inputs, assets: Bucket) -> None:
    """Pages of these sites may fetch assets by script; without any there is no rule."""
    domain = inputs.deploy_domain
    origins: list[pulumi.Input[str]] = list(inputs.cors_origins or ())
    if inputs.cors_origins is None and domain is not None:
        origins = [pulumi.Output.concat(start, domain) for start in ("https://", "https://www.")]
    if origins:
        aws.s3.BucketCorsConfiguration(
            "static-assets",
            bucket=assets.name,
            cors_rules=[
                {
                    "allowed_methods": ["GET", "HEAD"],
                    "allowed_origins": origins,
                    "allowed_headers": ["*"],
                    "expose_headers": ["ETag"],
                    "max_age_seconds": _CORS_SECONDS,
                }
            ],
        )
