"""What machines start from."""

from __future__ import annotations

import re
from typing import Final

_PARAMETER: Final = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
# A family's letters, its generation, and what is special about it: `m7gd` is `m`, `7`, `gd`.
_FAMILY: Final = re.compile(r"[a-z]+-?[0-9]+([a-z-]*)")


def architecture(instance_type: str) -> str:
    """`arm64` for AWS's own processors, which have a `g` behind the generation; the oldest of them is `a1`."""
    family = instance_type.partition(".")[0]
    found = _FAMILY.match(family)
    special = found.group(1) if found else ""
    return "arm64" if "g" in special or family == "a1" else "x86_64"


def newest_image(instance_type: str) -> str:
    """Amazon Linux 2023, looked up by AWS whenever a machine starts: a new image never rolls those that run."""
    return f"resolve:ssm:{_PARAMETER}{architecture(instance_type)}"
