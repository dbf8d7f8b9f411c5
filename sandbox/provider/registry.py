"""All types, functions and gaps that the sandbox has, collected from the files that describe them.

A file in `services/` lists its `RESOURCES` and `GAPS`, one in `invokes/` its `INVOKES`; nothing else knows of it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from sandbox.provider import invokes as functions
from sandbox.provider import services
from sandbox.provider.errors import NotInSandbox, ProviderError
from sandbox.provider.gaps import Gap
from sandbox.provider.invokes.function import Invoke
from sandbox.provider.language import Resource


@cache
def resources() -> Mapping[str, Resource]:
    """Every type that the sandbox has."""
    return _by_token(_listed(services, "RESOURCES"))


@cache
def invokes() -> Mapping[str, Invoke]:
    """Every invoke that the sandbox has."""
    return _by_token(_listed(functions, "INVOKES"))


@cache
def gaps() -> tuple[Gap, ...]:
    """Everything that the AWS server can't do for these types."""
    return tuple(_listed(services, "GAPS"))


def _listed(package: ModuleType, name: str) -> Iterator[Any]:
    """What the package's modules list under a name; imported here, once an engine asks."""
    for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        yield from getattr(importlib.import_module(found.name), name, ())


def described_in(module: str, name: str) -> tuple[Any, ...]:
    """What one file of `services/` lists under a name (`RESOURCES`, `GAPS`)."""
    return tuple(getattr(importlib.import_module(f"{services.__name__}.{module}"), name, ()))


def service_modules() -> frozenset[str]:
    """Names of the files in `services/` that describe types."""
    names = (found.name for found in pkgutil.iter_modules(services.__path__))
    return frozenset(name for name in names if described_in(name, "RESOURCES"))


def _by_token(described: Iterable[Any]) -> Mapping[str, Any]:
    ordered = sorted(described, key=lambda one: str(one.token))
    twice = [token for token, count in Counter(one.token for one in ordered).items() if count > 1]
    if twice:
        raise ProviderError(f"described twice in sandbox/provider: {', '.join(twice)}")
    return {one.token: one for one in ordered}


def resource(token: str) -> Resource:
    """The description of a type; NotInSandbox names the type and where to add it."""
    found = resources().get(token)
    if found is None:
        raise NotInSandbox(
            f"the sandbox has no resource type '{token}': it supports only the types of its stacks. "
            "Describe the type in sandbox/provider/services/, in the RESOURCES of its service's file",
            type=token,
        )
    return found


def invoke(token: str) -> Invoke:
    """An invoke; NotInSandbox names it and where to add it."""
    found = invokes().get(token)
    if found is None:
        raise NotInSandbox(
            f"the sandbox has no function '{token}': it supports only the functions of its stacks. "
            "Write it in sandbox/provider/invokes/, in the INVOKES of its service's file",
            token=token,
        )
    return found
