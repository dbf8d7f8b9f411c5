"""A network, which others are in."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws

from stacks.inputs import StackInputs


class Inputs(StackInputs):
    pass


def program(inputs: Inputs, context: Any) -> dict[str, Any]:
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.50.0.0/16", tags=context.named("vpc"))
    return {"vpcId": vpc.id}
