"""What comes after all the others, and reads what they gave."""

import pulumi_aws as aws

from stacks.inputs import StackInputs, Wired


class Inputs(StackInputs):
    queue_url: Wired[str]
    parameter_name: Wired[str]


def program(inputs, context):
    name = f"{context.deployment_id}-last"
    parameter = aws.ssm.Parameter("parameter", name=name, type="String", value=inputs.queue_url)
    return {"parameterName": parameter.name, "before": inputs.parameter_name}
