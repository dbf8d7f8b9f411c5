"""Log groups: each with an end to what it keeps. AWS's services make a missing one by themselves, which keeps all."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from stacks.iam_documents import Statement, allow


def make_log_group(
    what: str, name: pulumi.Input[str], *, retention_days: int, key_arn: pulumi.Input[str] | None = None
) -> aws.cloudwatch.LogGroup:
    """The group `name`, as the service that writes to it wants it to be called.

    `key_arn`: encrypts the lines, by a key whose policy admits CloudWatch Logs, such as the security stack's
    infrastructure key; without it AWS's own key does.
    """
    return aws.cloudwatch.LogGroup(what, name=name, retention_in_days=retention_days, kms_key_id=key_arn)


def may_write(*groups: aws.cloudwatch.LogGroup) -> Statement:
    """The right to write to these groups, and to no others."""
    streams = [pulumi.Output.concat(group.arn, ":*") for group in groups]
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], streams, sid="Logs")
