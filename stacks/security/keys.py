"""Three customer-managed keys, rotated every year: for applications, for databases, and for logs and alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext, protected
from stacks.iam_documents import Statement, allow, document
from stacks.naming import KEY_ALIAS
from stacks.security.contract import Inputs

_USE: Final = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
_PUBLISH: Final = ["kms:Decrypt", "kms:GenerateDataKey*"]
_GRANT: Final = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]
_APPLICATION_SERVICES: Final = ("secretsmanager", "ssm", "s3", "sqs", "ec2", "ecr", "elasticfilesystem", "lambda")
_DATABASE_SERVICES: Final = ("rds", "secretsmanager", "backup", "s3", "elasticache")


@dataclass(frozen=True)
class Keys:
    application: aws.kms.Key
    database: aws.kms.Key
    infrastructure: aws.kms.Key


def make_keys(inputs: Inputs, context: StackContext, partition: pulumi.Output[str]) -> Keys:
    owner = _owner(context, partition)

    def key(what: str, description: str, *statements: Statement) -> aws.kms.Key:
        made = aws.kms.Key(
            what,
            description=f"{description} of {context.project}, {context.environment}",
            enable_key_rotation=True,
            deletion_window_in_days=inputs.kms_deletion_window_days,
            policy=document(owner, *statements),
            opts=protected(inputs.protect),
        )
        aws.kms.Alias(what, name=f"alias/{context.name(KEY_ALIAS, what)}", target_key_id=made.key_id)
        return made

    return Keys(
        application=key("application", "Application data", *_through_services(context, _APPLICATION_SERVICES)),
        database=key("database", "Databases and backups", *_through_services(context, _DATABASE_SERVICES)),
        infrastructure=key("infrastructure", "Logs and alarms", *_for_logs_and_alarms(context, partition)),
    )


def _owner(context: StackContext, partition: pulumi.Output[str]) -> Statement:
    """The account itself, which leaves the rest to IAM and keeps the key from being locked out."""
    root = pulumi.Output.concat("arn:", partition, ":iam::", context.account, ":root")
    return allow("kms:*", principal={"AWS": root}, sid="Account")


def _through_services(context: StackContext, services: Sequence[str]) -> list[Statement]:
    """Principals of the account that work through these services: RDS, Secrets Manager and the like use the key with
    the rights, and by grants, of whoever calls them, never as themselves."""
    calls = {
        "kms:CallerAccount": context.account,
        "kms:ViaService": [f"{service}.{context.region}.amazonaws.com" for service in services],
    }
    return [
        allow(_USE, principal={"AWS": "*"}, conditions={"StringEquals": calls}, sid="ThroughServices"),
        allow(
            _GRANT,
            principal={"AWS": "*"},
            conditions={"StringEquals": calls, "Bool": {"kms:GrantIsForAWSResource": "true"}},
            sid="GrantsOfServices",
        ),
    ]


def _for_logs_and_alarms(context: StackContext, partition: pulumi.Output[str]) -> list[Statement]:
    """CloudWatch Logs encrypts as itself; alarms and event rules publish to encrypted topics as themselves.

    Event rules can't publish where the key asks for their account or ARN (AWS: "not supported"), and nobody would hear
    of it: there the topic's own policy does the asking.
    """
    groups = pulumi.Output.concat("arn:", partition, ":logs:", context.region, ":", context.account, ":log-group:*")
    return [
        allow(
            _USE,
            principal={"Service": f"logs.{context.region}.amazonaws.com"},
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            sid="Logs",
        ),
        allow(
            _PUBLISH,
            principal={"Service": ["cloudwatch.amazonaws.com", "sns.amazonaws.com"]},
            conditions={"StringEquals": {"aws:SourceAccount": context.account}},
            sid="Alarms",
        ),
        allow(_PUBLISH, principal={"Service": "events.amazonaws.com"}, sid="Events"),
    ]
