"""`config-get` and `config-list`: the values of a deployment's configuration, and which tier they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from cloud_core.domain.errors import NotFound
from cloud_core.domain.manifest import (
    ABSENT,
    ConfigTarget,
    Manifest,
    Tier,
    TierName,
    dotted,
    flattened,
    merge_tiers,
    setter_of,
    split_key,
    targets_of,
    value_at,
)
from cloud_core.domain.placeholders import find_placeholders, may_hold_placeholders
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.values import MASK, map_leaves
from cloud_core.services.manifests.config_resolution import ConfigResolver
from cloud_core.services.manifests.reading import Reader, Source
from cloud_core.services.templates.service import TemplateService

_SUGGESTED = 3


@dataclass(frozen=True)
class ConfigEntry:
    """One value as people may see it: secret inputs are masked, references to secrets are not.

    `place` is the value's path in the manifest, or the stack template's file. `unresolved` tells why placeholders
    still stand there although their values were asked for.
    """

    key: str
    value: Any
    origin: TierName
    place: str
    target: ConfigTarget
    unresolved: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        return {
            "stack": self.target.stack,
            "environment": self.target.environment,
            "key": self.key,
            "value": self.value,
            "origin": self.origin.value,
            "place": self.place,
            "unresolved": list(self.unresolved),
        }


@dataclass(frozen=True)
class ConfigListing:
    """Values by key; of every target, one after the other, when none was chosen."""

    deployment_id: str
    source: Source
    entries: tuple[ConfigEntry, ...]

    def to_data(self) -> dict[str, Any]:
        return {
            "deployment_id": self.deployment_id,
            "source": self.source.value,
            "values": [entry.to_data() for entry in self.entries],
        }


class ConfigValues:
    """Reads only. `resolver` is asked for values of placeholders, and made when they are wanted."""

    def __init__(
        self,
        reader: Reader,
        templates: TemplateService,
        resolver: Callable[[], ConfigResolver],
    ) -> None:
        self._reader = reader
        self._templates = templates
        self._resolver = resolver

    def get(self, deployment_id: str, target: ConfigTarget, key: str, resolved: bool = False) -> ConfigListing:
        """The one entry of the key, which may be a whole map.

        DeploymentNotFound; StackNotFound; InvalidInput for an environment that the manifest does not have; NotFound
        with the keys that are close.
        """
        manifest, source = self._reader.read(deployment_id)
        templates = self._templates.stack_templates()
        template = templates.get(target.stack or "")
        layers = target.layers(manifest, template)
        merged = merge_tiers(layers)
        path = split_key(merged, key)
        value = value_at(merged, path)
        if value is ABSENT:
            raise _not_set(key, target, merged, template)
        entry = _entry(path, value, layers, target, hidden_inputs(templates, target.stack))
        return ConfigListing(deployment_id, source, (self._looked_up(entry, manifest, templates, resolved),))

    def list(self, deployment_id: str, target: ConfigTarget | None = None, resolved: bool = False) -> ConfigListing:
        """Every value that the target sees; without a target what the manifest sets, and where. Raises as `get`."""
        manifest, source = self._reader.read(deployment_id)
        templates = self._templates.stack_templates()
        found = _of_target(manifest, target, templates) if target else _of_manifest(manifest, templates)
        entries = tuple(self._looked_up(entry, manifest, templates, resolved) for entry in found)
        return ConfigListing(deployment_id, source, entries)

    def _looked_up(
        self, entry: ConfigEntry, manifest: Manifest, templates: Mapping[str, StackTemplate], resolved: bool
    ) -> ConfigEntry:
        if not (resolved and may_hold_placeholders(entry.value)):
            return entry
        value, unresolved = self._resolver().resolve(manifest, templates, entry.target, entry.key, entry.value)
        hidden = hidden_inputs(templates, entry.target.stack)
        return replace(entry, value=shown_value(value, tuple(entry.key.split(".")), hidden), unresolved=unresolved)


def hidden_inputs(templates: Mapping[str, StackTemplate], stack: str | None) -> frozenset[str]:
    """Names of the stack's secret inputs; of every stack's for what they share."""
    chosen = [template for name, template in templates.items() if stack in (None, name)]
    return frozenset(name for template in chosen for name, spec in template.inputs.items() if spec.secret)


def shown_value(value: Any, path: tuple[str, ...], hidden: frozenset[str]) -> Any:
    """The value, masked if it belongs to a hidden input; a reference to a secret is none."""
    if path[0] not in hidden:
        return value
    return map_leaves(value, lambda leaf: leaf if leaf is None or _is_reference(leaf) else MASK)


def no_such_key(key: str, config: Mapping[str, Any], problem: str) -> NotFound:
    """The error for a key that is not there, with those that look like it."""
    known = dict.fromkeys([*config, *(".".join(path) for path, _ in flattened(config))])
    close = get_close_matches(key, known, n=_SUGGESTED)
    return NotFound(
        f"{problem} {key!r}",
        key=key,
        close_matches=close,
        suggestion=f"did you mean {' or '.join(close)}?"
        if close
        else "'cloud config-list' shows the keys that are set",
    )


def _not_set(key: str, target: ConfigTarget, merged: Mapping[str, Any], template: StackTemplate | None) -> NotFound:
    where = " in ".join(name for name in (target.stack, target.environment) if name)
    if template is not None and key in template.inputs:
        return NotFound(
            f"the input {key!r} of {where} has no value", key=key, suggestion="set it with 'cloud config-set'"
        )
    known = {**dict.fromkeys(template.inputs if template else ()), **merged}
    return no_such_key(key, known, f"{where} has no value for")


def _is_reference(leaf: Any) -> bool:
    found = find_placeholders(leaf)
    return len(found) == 1 and found[0].is_whole


def _of_target(
    manifest: Manifest, target: ConfigTarget, templates: Mapping[str, StackTemplate]
) -> Iterator[ConfigEntry]:
    layers = target.layers(manifest, templates.get(target.stack or ""))
    hidden = hidden_inputs(templates, target.stack)
    for path, value in flattened(merge_tiers(layers)):
        yield _entry(path, value, layers, target, hidden)


def _of_manifest(manifest: Manifest, templates: Mapping[str, StackTemplate]) -> Iterator[ConfigEntry]:
    """What the manifest itself sets, explicit nulls too."""
    for target in targets_of(manifest):
        own = target.layers(manifest, templates.get(target.stack or ""))[-1]
        hidden = hidden_inputs(templates, target.stack)
        for path, value in flattened(own.config):
            place = dotted((*own.path, *path))
            yield ConfigEntry(".".join(path), shown_value(value, path, hidden), own.name, place, target)


def _entry(
    path: tuple[str, ...], value: Any, layers: list[Tier], target: ConfigTarget, hidden: frozenset[str]
) -> ConfigEntry:
    tier = setter_of(layers, path)
    place = dotted((*tier.path, *path)) if tier.path else f"templates/config/{target.stack}.yaml"
    return ConfigEntry(".".join(path), shown_value(value, path, hidden), tier.name, place, target)
