"""What machines start from."""

from __future__ import annotations

from typing import Final

from stacks.virtual_machines import architecture

_PARAMETER: Final = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"


def newest_image(instance_type: str) -> str:
    """Amazon Linux 2023, looked up by AWS whenever a machine starts: a new image never rolls those that run."""
    return f"resolve:ssm:{_PARAMETER}{architecture(instance_type)}"
