"""A small data pipeline: the data processor, tried again when it fails, with a log of every run."""

from __future__ import annotations

from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.compute_lambda.contract import Inputs
from stacks.compute_lambda.workers import Worker
from stacks.context import StackContext
from stacks.iam_documents import allow, document, trust
from stacks.log_groups import make_log_group
from stacks.naming import LOG_GROUP, ROLE, STATE_MACHINE

_WHAT: Final = "pipeline"
# Step Functions sets up the delivery of its logs by calls that know no single resource.
_DELIVER_LOGS: Final = [
    f"logs:{verb}"
    for verb in (
        "CreateLogDelivery",
        "DeleteLogDelivery",
        "DescribeLogGroups",
        "DescribeResourcePolicies",
        "GetLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "UpdateLogDelivery",
    )
]


def make_pipeline(inputs: Inputs, context: StackContext, processor: Worker) -> aws.sfn.StateMachine:
    logs = make_log_group(
        _WHAT,
        f"/aws/vendedlogs/states/{context.name(LOG_GROUP, _WHAT)}",
        retention_days=inputs.log_retention_days,
        key_arn=inputs.infrastructure_key_arn,
    )
    role = aws.iam.Role(
        _WHAT,
        name=context.name(ROLE, _WHAT),
        description="Lets the pipeline call the data processor and write its log",
        assume_role_policy=trust("states.amazonaws.com", account=context.account),
    )
    function = processor.function.arn
    rights = aws.iam.RolePolicy(
        _WHAT,
        role=role.name,
        policy=document(
            allow("lambda:InvokeFunction", [function, pulumi.Output.concat(function, ":*")]), allow(_DELIVER_LOGS)
        ),
    )
    return aws.sfn.StateMachine(
        _WHAT,
        name=context.name(STATE_MACHINE, _WHAT),
        role_arn=role.arn,
        definition=pulumi.Output.json_dumps(_definition(function)),
        logging_configuration={
            "level": "ERROR",
            "include_execution_data": False,
            "log_destination": pulumi.Output.concat(logs.arn, ":*"),
        },
        opts=pulumi.ResourceOptions(depends_on=[rights]),
    )


def _definition(function: pulumi.Input[str]) -> dict[str, Any]:
    again = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 5, "MaxAttempts": 3, "BackoffRate": 2.0}
    process = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "Retry": [again],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
        "End": True,
    }
    return {"StartAt": "Process", "States": {"Process": process, "Failed": {"Type": "Fail"}}}
