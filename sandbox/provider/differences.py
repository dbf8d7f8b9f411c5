"""Diff: which inputs changed, and whether the object can be changed or has to be made anew."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from cloud_core.domain.values import SecretValue, Unknown, Value, reveal
from sandbox.provider.language import Input, Kind, Resource
from sandbox.provider.rendering import DEFAULTS
from sandbox.provider.sameness import same

TAGS_ALL = Input("tagsAll", kind=Kind.MAP)
REGION = "region"
_PART = Input("")


@dataclass(frozen=True)
class Change:
    """One property, and the paths inside it (`tags.Name`) with "add", "update" or "delete"."""

    name: str
    replaces: bool
    paths: Mapping[str, str]
    of_input: bool = True


@dataclass(frozen=True)
class Difference:
    changes: tuple[Change, ...]
    delete_first: bool = False

    @property
    def names(self) -> frozenset[str]:
        return frozenset(change.name for change in self.changes)

    @property
    def replaces(self) -> tuple[str, ...]:
        return tuple(change.name for change in self.changes if change.replaces)


@dataclass(frozen=True)
class Versions:
    """Both sides of a comparison: the last inputs and outputs, the new inputs, and the run's own defaults."""

    old: Mapping[str, Value]
    state: Mapping[str, Value]
    new: Mapping[str, Value]
    region: str
    default_tags: Mapping[str, str]


def compare(resource: Resource, versions: Versions, ignored: Collection[str] = ()) -> Difference:
    """The exact difference; `ignored` are the names that the program doesn't want to see changed."""
    found = [*_inputs(resource, versions), *_region(resource, versions), *_tags_all(resource, versions)]
    changes = tuple(change for change in found if change.name not in ignored)
    return Difference(changes, _same_object(resource, versions, changes))


def _inputs(resource: Resource, versions: Versions) -> Iterator[Change]:
    for name, prop in resource.properties.items():
        if name == REGION or prop.write_only:
            continue
        before, after = versions.old.get(name), versions.new.get(name)
        if (after is None and prop.computed) or same(before, after, prop):
            continue
        if prop.computed and before is None and same(versions.state.get(name), after, prop):
            continue
        paths = dict(_paths(name, before, after, prop))
        yield Change(name, prop.replaces or _replaces_inside(prop, paths), paths)


def _replaces_inside(prop: Input, paths: Mapping[str, str]) -> bool:
    """Whether one of the parts that only a new object can have differs, or the whole with them came or went."""
    inside = {f"{prop.name}.{part}" for part in prop.replacing}
    changed = {re.sub(r"\[\d+\]", "", path) for path in paths}
    return any(
        part == path or part.startswith(path + ".") or path.startswith(part + ".")
        for part in inside
        for path in changed
    )


def _region(resource: Resource, versions: Versions) -> Iterator[Change]:
    """Without a region of its own an object lives in the provider's."""
    before = versions.state.get(REGION)
    after = versions.new.get(REGION) or versions.region
    if resource.regional and before is not None and reveal(before) != reveal(after):
        yield Change(REGION, True, {REGION: "update"}, of_input=REGION in versions.new)


def _tags_all(resource: Resource, versions: Versions) -> Iterator[Change]:
    """Default tags are no inputs, yet a change of them reaches every object."""
    if not resource.tags:
        return
    before, own = versions.state.get(TAGS_ALL.name), versions.new.get("tags")
    after = own if isinstance(own, Unknown) else {**versions.default_tags, **(_opened(own) or {})}
    if not same(before, after, TAGS_ALL):
        paths = dict(_paths(TAGS_ALL.name, before, after, TAGS_ALL))
        yield Change(TAGS_ALL.name, False, paths, of_input=False)


def _same_object(resource: Resource, versions: Versions, changes: tuple[Change, ...]) -> bool:
    """Whether the new object would collide with the old one, so that the old one must go first."""
    if not any(change.replaces for change in changes) or not resource.identity:
        return False
    made_up = versions.new.get(DEFAULTS) or []
    changed = {change.name for change in changes}
    return REGION not in changed and not any(
        name in changed or (name in made_up and resource.properties[name].autoname) for name in resource.identity
    )


def _paths(path: str, before: Value, after: Value, prop: Input) -> Iterator[tuple[str, str]]:
    """The smallest parts that differ; sets, assets and documents are one part."""
    old, new = _opened(before), _opened(after)
    whole = prop.kind in (Kind.SET, Kind.ASSET)
    if isinstance(old, Mapping) and isinstance(new, Mapping) and not whole:
        for key in sorted({*old, *new}):
            part = replace(_PART, name=key, unordered=prop.unordered)
            if not same(old.get(key), new.get(key), part):
                yield from _paths(_join(path, key), old.get(key), new.get(key), part)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and not _loose(prop):
        part = replace(_PART, name="", unordered=prop.unordered)
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            if not same(one, other, part):
                yield from _paths(f"{path}[{index}]", one, other, part)
    else:
        yield path, "add" if old is None else "delete" if new is None else "update"


def _loose(prop: Input) -> bool:
    return prop.kind is Kind.SET or prop.name in prop.unordered


def _opened(value: Value) -> Value:
    return value.value if isinstance(value, SecretValue) else value


def _join(path: str, key: str) -> str:
    """As the engine writes property paths: odd keys in brackets and quotes."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", key):
        return f"{path}.{key}"
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{path}["{escaped}"]'
