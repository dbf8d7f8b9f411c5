"""Two resources whose ids AWS draws: after a lost answer nobody can look them up."""

import pulumi_aws as aws

from stacks.inputs import StackInputs


class Inputs(StackInputs):
    """None of its own."""


def program(inputs, context):
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.60.0.0/16", tags=context.named("vpc"))
    subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.60.1.0/24", tags=context.named("subnet"))
    return {"vpcId": vpc.id, "subnetId": subnet.id}
