"""Inheritance of configuration: four tiers, later wins per key, placeholders stay text.

Maps merge deeply, lists and scalars are replaced, an explicit null removes the key. The environment's tier is shared by
all stacks, so a stack takes only those of its keys that the stack declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from cloud_core.domain.manifest.model import Manifest
from cloud_core.domain.stack_template import StackTemplate


class TierName(StrEnum):
    TEMPLATE = "template"
    STACK = "stack"
    ENVIRONMENT = "environment"
    STACK_ENVIRONMENT = "stack-environment"


@dataclass(frozen=True)
class Tier:
    """One layer of configuration; `path` is where it stands in the manifest, empty for the template's defaults."""

    name: TierName
    path: tuple[str, ...]
    config: Mapping[str, Any]


def deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """A new map; neither argument is changed nor shared."""
    merged = deepcopy(dict(base))
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            below = merged.get(key)
            merged[key] = deep_merge(below if isinstance(below, Mapping) else {}, value)
        else:
            merged[key] = deepcopy(value)
    return merged


def stack_tiers(manifest: Manifest, stack: str, template: StackTemplate | None) -> list[Tier]:
    """The two tiers that are the same in every environment, weakest first."""
    return [
        Tier(TierName.TEMPLATE, (), template.defaults if template else {}),
        Tier(TierName.STACK, ("stacks", stack, "config"), manifest.stack(stack).config),
    ]


def environment_tier(manifest: Manifest, environment: str) -> Tier:
    """The environment's own configuration, whole: which of its keys a stack takes is the stack's business."""
    path = ("environments", environment, "config")
    return Tier(TierName.ENVIRONMENT, path, manifest.environment(environment).config)


def tiers(manifest: Manifest, stack: str, environment: str, template: StackTemplate | None) -> list[Tier]:
    """The four tiers, weakest first."""
    section = manifest.stack(stack)
    own = section.environments.get(environment)
    strongest = own.config if own else {}
    declared = {*(template.inputs if template else ()), *section.config, *strongest}
    shared = environment_tier(manifest, environment)
    taken = {key: value for key, value in shared.config.items() if key in declared}
    return [
        *stack_tiers(manifest, stack, template),
        replace(shared, config=taken),
        Tier(TierName.STACK_ENVIRONMENT, ("stacks", stack, "environments", environment, "config"), strongest),
    ]


def merge_tiers(layers: list[Tier]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for tier in layers:
        merged = deep_merge(merged, tier.config)
    return merged


def merged_config(manifest: Manifest, stack: str, environment: str, template: StackTemplate | None) -> dict[str, Any]:
    """The stack's configuration in the environment, before placeholders are resolved. No null in any map of it."""
    return merge_tiers(tiers(manifest, stack, environment, template))


def origin_of(layers: list[Tier], key: str) -> Tier:
    """The strongest tier that sets the top-level `key`; KeyError when none does."""
    for tier in reversed(layers):
        if tier.config.get(key) is not None:
            return tier
    raise KeyError(key)
