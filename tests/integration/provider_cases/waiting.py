"""The sandbox's own type."""

from __future__ import annotations

from typing import Any

import pulumi

from sandbox.provider.services.waiting import WAIT
from sandbox.provider.testing import Case
from sandbox.provider.testing.cases import CANARY


class Wait(pulumi.CustomResource):
    def __init__(self, name: str, seconds: float, value: Any) -> None:
        super().__init__(WAIT.token, name, {"seconds": seconds, "value": value, "fail": False})


def program(later: bool) -> None:
    Wait("wait", 0.01, {"plain": [1, 2], "hidden": pulumi.Output.secret(CANARY)})


CASE = Case(
    modules=("waiting",),
    program=program,
    left=lambda clients: {},
    constant=frozenset({WAIT.token}),
    not_importable=frozenset({WAIT.token}),
)
