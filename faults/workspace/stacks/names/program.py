"""Three resources that AWS knows by names of ours."""

import pulumi_aws as aws

from stacks.inputs import StackInputs


class Inputs(StackInputs):
    text: str


def program(inputs, context):
    name = f"{context.deployment_id}-names"
    group = aws.cloudwatch.LogGroup("group", name=name, retention_in_days=7)
    parameter = aws.ssm.Parameter("parameter", name=name, type="String", value=inputs.text)
    queue = aws.sqs.Queue("queue", name=name)
    return {"groupName": group.name, "parameterName": parameter.name, "queueUrl": queue.url}
