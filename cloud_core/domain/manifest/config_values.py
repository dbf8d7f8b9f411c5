"""Single values of a configuration: which tier is meant, where in it a dotted key stands, and who set what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cloud_core.domain.manifest.edits import ABSENT, KeyPath, RemoveKey
from cloud_core.domain.manifest.inheritance import Tier, TierName, environment_tier, stack_tiers, tiers
from cloud_core.domain.manifest.model import Manifest
from cloud_core.domain.stack_template import StackTemplate

_SECTION = 2  # `stacks.<stack>` or `environments.<env>`: never removed for being empty


@dataclass(frozen=True)
class ConfigTarget:
    """A stack everywhere, an environment for all its stacks, or a stack in an environment. At least one is given."""

    stack: str | None = None
    environment: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for neither."""
        if self.stack is None and self.environment is None:
            raise ValueError("a target names a stack, an environment, or both")

    @property
    def path(self) -> KeyPath:
        """Where its values stand in the manifest: tier 2, 3 or 4."""
        if self.stack is None:
            return ("environments", str(self.environment), "config")
        own = ("environments", self.environment) if self.environment else ()
        return ("stacks", self.stack, *own, "config")

    @property
    def tier(self) -> TierName:
        if self.stack is None:
            return TierName.ENVIRONMENT
        return TierName.STACK_ENVIRONMENT if self.environment else TierName.STACK

    def layers(self, manifest: Manifest, template: StackTemplate | None) -> list[Tier]:
        """The tiers that the target sees, weakest first; its own is the last.

        StackNotFound, or InvalidInput for an environment, that the manifest does not have.
        """
        if self.environment is not None:
            manifest.environment(self.environment)
        if self.stack is None:
            return [environment_tier(manifest, str(self.environment))]
        if self.environment is None:
            return stack_tiers(manifest, self.stack, template)
        return tiers(manifest, self.stack, self.environment, template)


def targets_of(manifest: Manifest) -> list[ConfigTarget]:
    """Every target that can hold values, as the manifest is written: environments, then stacks with their own."""
    found = [ConfigTarget(environment=name) for name in manifest.environments]
    for stack, section in manifest.stacks.items():
        found += [ConfigTarget(stack), *(ConfigTarget(stack, name) for name in section.environments)]
    return found


def split_key(config: Mapping[str, Any], key: str) -> KeyPath:
    """The path of a dotted key: dots nest, but a key of the configuration that has dots itself is found as well."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        head, rest = ".".join(parts[:length]), ".".join(parts[length:])
        if head in config and not rest:
            return (head,)
        if head in config and isinstance(config[head], Mapping):
            return (head, *split_key(config[head], rest))
    return tuple(parts)


def value_at(config: Any, path: KeyPath) -> Any:
    """The value, or ABSENT."""
    for key in path:
        if not isinstance(config, Mapping) or key not in config:
            return ABSENT
        config = config[key]
    return config


def flattened(config: Mapping[str, Any], path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every value that is no map, or an empty one, with its path; in the order of writing."""
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from flattened(value, (*path, key))
        else:
            yield (*path, key), value


def setter_of(layers: list[Tier], path: KeyPath) -> Tier:
    """The strongest tier that gives the path a value; KeyError when none does."""
    for tier in reversed(layers):
        if value_at(tier.config, path) not in (ABSENT, None):
            return tier
    raise KeyError(".".join(path))


def removal(document: Mapping[str, Any], path: KeyPath) -> RemoveKey:
    """The edit that takes the path out, and with it the maps that would be left empty."""
    length = len(path)
    while length > _SECTION + 1 and len(value_at(document, path[: length - 1])) == 1:
        length -= 1
    return RemoveKey(path[:length])
