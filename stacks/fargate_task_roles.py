"""What the containers of one service may do: nothing, until somebody gives their role a right."""

from __future__ import annotations

from typing import Final

import pulumi_aws as aws

from stacks.context import StackContext
from stacks.fargate_inputs import FargateInputs
from stacks.iam_documents import Statement, allow, document, trust
from stacks.log_groups import may_write
from stacks.naming import ROLE

_SESSION: Final = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
]


def make_task_role(
    name: str, inputs: FargateInputs, context: StackContext, sessions: aws.cloudwatch.LogGroup
) -> aws.iam.Role:
    role = aws.iam.Role(
        name,
        name=context.name(ROLE, name),
        description=f"What the containers of {name} may do",
        assume_role_policy=trust("ecs-tasks.amazonaws.com", account=context.account),
    )
    if inputs.enable_execute_command:
        rights = document(*_open_sessions(inputs, sessions))
        aws.iam.RolePolicy(f"{name}-sessions", role=role.name, policy=rights)
    return role


def _open_sessions(inputs: FargateInputs, sessions: aws.cloudwatch.LogGroup) -> list[Statement]:
    """Channels have no ARNs of their own, nor have lists of log groups."""
    return [
        allow(_SESSION, sid="Sessions"),
        allow("kms:Decrypt", inputs.application_key_arn, sid="Encryption"),
        allow("logs:DescribeLogGroups", sid="LogGroups"),
        allow("logs:DescribeLogStreams", sessions.arn, sid="LogStreams"),
        may_write(sessions),
    ]
