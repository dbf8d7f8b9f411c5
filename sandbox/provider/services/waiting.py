"""A type of the sandbox alone: a resource that takes time, for benchmarks and tests."""

from __future__ import annotations

import uuid
from typing import Final

from sandbox.provider.errors import ProviderError
from sandbox.provider.language import Input, Resource
from sandbox.provider.scope import Scope


def _wait(scope: Scope) -> str:
    """Take the time first, so that a failure comes as late as a success."""
    scope.pause(float(scope.value("seconds")))
    if scope.value("fail"):
        raise ProviderError(f"told to fail after {scope.value('seconds')} s")
    return uuid.uuid4().hex


WAIT: Final = Resource(
    token="aws:sandbox/wait:Wait",
    service="",
    regional=False,
    inputs=(
        Input("seconds", default=0, stored=True, replaces=True),
        Input("value", stored=True),
        Input("fail", default=False, stored=True),
    ),
    create=_wait,
    read=lambda scope: {"Id": scope.id},
    delete=lambda scope: None,
)

RESOURCES: Final = (WAIT,)
