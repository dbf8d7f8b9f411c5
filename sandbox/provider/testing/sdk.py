"""Pulumi's own classes by the engine's types: what the SDK says of a type, to compare descriptions with."""

from __future__ import annotations

import importlib
import inspect
import keyword
from functools import cache
from typing import Any


@cache
def sdk_class(token: str) -> Any:
    """`aws:ec2/vpc:Vpc` → `pulumi_aws.ec2.Vpc`."""
    _, path, name = token.split(":")
    module = path.split("/")[0]
    return getattr(importlib.import_module(f"pulumi_aws.{module}{'_' * keyword.iskeyword(module)}"), name)


@cache
def sdk_arguments(token: str) -> Any:
    """The class of its arguments: `VpcArgs`, or `BucketVersioningInitArgs` where a nested type has that name."""
    real = sdk_class(token)
    module = importlib.import_module(real.__module__)
    return getattr(module, f"{real.__name__}InitArgs", None) or getattr(module, f"{real.__name__}Args")


def property_names(kind: Any) -> set[str]:
    """The properties of an SDK class as the engine sees them."""
    found = inspect.getmembers(kind, lambda member: isinstance(member, property))
    return {getattr(member.fget, "_pulumi_name", name) for name, member in found}
