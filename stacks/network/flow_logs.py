"""A record of all traffic in the VPC, in a log group of its own or in a bucket that exists already."""

from __future__ import annotations

from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.iam_documents import allow, document, trust
from stacks.log_groups import make_log_group
from stacks.naming import LOG_GROUP, ROLE
from stacks.network.contract import Inputs

_WRITE_LOGS: Final = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]


def make_flow_logs(inputs: Inputs, context: StackContext, vpc: aws.ec2.Vpc) -> aws.cloudwatch.LogGroup | None:
    """The log group, when that is where the flow logs go."""
    if not inputs.enable_flow_logs:
        return None
    if inputs.flow_log_bucket_arn is not None:
        aws.ec2.FlowLog(
            "traffic",
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination_type="s3",
            log_destination=inputs.flow_log_bucket_arn,
            tags=context.named("traffic"),
        )
        return None
    return _to_log_group(inputs, context, vpc)


def _to_log_group(inputs: Inputs, context: StackContext, vpc: aws.ec2.Vpc) -> aws.cloudwatch.LogGroup:
    name = f"/aws/vpc/{context.name(LOG_GROUP, 'flow-logs')}"
    group = make_log_group(
        "flow-logs", name, retention_days=inputs.flow_log_retention_days, key_arn=inputs.flow_log_key_arn
    )
    role = aws.iam.Role(
        "flow-logs",
        name=context.name(ROLE, "flow-logs"),
        description="Lets VPC flow logs write to their log group",
        assume_role_policy=trust("vpc-flow-logs.amazonaws.com", account=context.account),
    )
    writes = aws.iam.RolePolicy(
        "flow-logs",
        role=role.name,
        policy=document(allow(_WRITE_LOGS, [group.arn, pulumi.Output.concat(group.arn, ":*")])),
    )
    aws.ec2.FlowLog(
        "traffic",
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        tags=context.named("traffic"),
        opts=pulumi.ResourceOptions(depends_on=[writes]),
    )
    return group
