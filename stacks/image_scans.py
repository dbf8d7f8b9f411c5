"""Word of images whose scan found too much."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.repositories import repository_prefix
from stacks.topics import EVENTBRIDGE, make_topic, send_events


@dataclass(frozen=True)
class ScanAlerts:
    topic: aws.sns.Topic
    rule: aws.cloudwatch.EventRule


def make_scan_alerts(
    context: StackContext, *, key_arn: pulumi.Input[str], critical: int = 0, high: int = 5, email: str | None = None
) -> ScanAlerts:
    """A topic that hears of each scan of the stack's images with more findings than `critical` or `high`."""
    topic = make_topic("scan-findings", context, key_arn=key_arn, publishers=[EVENTBRIDGE], email=email)
    rule = send_events(
        "scan-findings",
        context,
        topic,
        pattern=json.dumps(_findings(repository_prefix(context), critical, high)),
        description=f"Image scans with more than {critical} critical or {high} high findings",
    )
    return ScanAlerts(topic, rule)


def _findings(prefix: str, critical: int, high: int) -> dict[str, object]:
    """Basic scans tell the repository's name, Inspector's enhanced ones its ARN."""
    too_many = [{"CRITICAL": [{"numeric": [">", critical]}]}, {"HIGH": [{"numeric": [">", high]}]}]
    return {
        "source": ["aws.ecr", "aws.inspector2"],
        "detail-type": ["ECR Image Scan", "Inspector2 Scan"],
        "detail": {
            "repository-name": [{"prefix": prefix}, {"wildcard": f"arn:*:repository/{prefix}*"}],
            "finding-severity-counts": {"$or": too_many},
        },
    }
