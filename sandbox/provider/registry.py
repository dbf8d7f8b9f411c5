"""All types and invokes that the sandbox has, by token."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sandbox.provider.errors import NotInSandbox
from sandbox.provider.invokes.function import Invoke
from sandbox.provider.language import Resource


@cache
def resources() -> Mapping[str, Resource]:
    """Every type that the sandbox has."""
    from sandbox.provider.services import RESOURCES  # lazy: descriptions are only needed once an engine asks

    return {one.token: one for one in RESOURCES}


@cache
def invokes() -> Mapping[str, Invoke]:
    """Every invoke that the sandbox has."""
    from sandbox.provider.invokes import INVOKES  # lazy: as above

    return {one.token: one for one in INVOKES}


def resource(token: str) -> Resource:
    """The description of a type; NotInSandbox names the type and where to add it."""
    found = resources().get(token)
    if found is None:
        raise NotInSandbox(
            f"the sandbox has no resource type '{token}': it supports only the types of its stacks. "
            "Describe the type in sandbox/provider/services/ and list it in services/__init__.py",
            type=token,
        )
    return found


def invoke(token: str) -> Invoke:
    """An invoke; NotInSandbox names it and where to add it."""
    found = invokes().get(token)
    if found is None:
        raise NotInSandbox(
            f"the sandbox has no function '{token}': it supports only the functions of its stacks. "
            "Write it in sandbox/provider/invokes/ and list it in invokes/__init__.py",
            token=token,
        )
    return found
