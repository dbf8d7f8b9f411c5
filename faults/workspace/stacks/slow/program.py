"""One resource that takes its time, and one behind it."""

import pulumi
import pulumi_aws as aws

from stacks.inputs import StackInputs, Wired


class Inputs(StackInputs):
    seconds: float | int
    text: str
    subnet_id: Wired[str]


def program(inputs, context):
    waiting = {"seconds": inputs.seconds, "value": inputs.subnet_id}
    wait = pulumi.CustomResource("aws:sandbox/wait:Wait", "wait", waiting)
    behind = pulumi.ResourceOptions(depends_on=[wait])
    name = f"{context.deployment_id}-slow"
    parameter = aws.ssm.Parameter("parameter", name=name, type="String", value=inputs.text, opts=behind)
    return {"parameterName": parameter.name}
