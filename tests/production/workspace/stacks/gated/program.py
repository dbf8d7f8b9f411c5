"""A subnet that is made once a file is there: who makes the file decides how long a run lasts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pulumi_aws as aws

from stacks.inputs import StackInputs, Wired

_SECONDS = 300


class Inputs(StackInputs):
    vpc_id: Wired[str]
    gate: str


def program(inputs: Inputs, context: Any) -> dict[str, Any]:
    deadline = time.monotonic() + _SECONDS
    while inputs.gate and not Path(inputs.gate).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody made {inputs.gate} within {_SECONDS} s")
        time.sleep(0.05)
    subnet = aws.ec2.Subnet("subnet", vpc_id=inputs.vpc_id, cidr_block="10.50.1.0/24", tags=context.named("subnet"))
    return {"subnetId": subnet.id}
