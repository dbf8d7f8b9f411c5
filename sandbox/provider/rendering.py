"""From AWS's live object to the outputs and inputs that the engine keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloud_core.domain.values import UNKNOWN, SecretValue, Value
from sandbox.provider.language import Input, Kind, LiveObject, Output, Resource
from sandbox.provider.sameness import agrees, completed, domain
from sandbox.provider.scope import Scope
from sandbox.provider.tagging import read_tags
from sandbox.provider.wire import veil

DEFAULTS = "__defaults"  # names of the inputs that Check made up, kept in the inputs


def outputs(scope: Scope, live: LiveObject) -> dict[str, Any]:
    """All outputs of the object in clear, the program's spelling kept where it means the same."""
    resource = scope.resource
    values = {name: _input(scope, prop, live) for name, prop in resource.properties.items()}
    if resource.regional:
        values["region"] = scope.region
    if resource.tags:
        values.update(_tags(scope, live))
    for output in resource.outputs:
        values[output.name] = _output(scope, output, live, values)
    return {name: value for name, value in values.items() if value is not None}


def _input(scope: Scope, prop: Input, live: LiveObject) -> Any:
    known = scope.value(prop.name)
    if prop.write_only:
        return None
    if prop.stored or prop.kind is Kind.ASSET:
        return prop.default if known is None else known
    found = from_aws(scope.pick(prop.path, live), prop)
    if known is None or not agrees(known, found, prop):
        return found
    return completed(known, found) if prop.partial else known


def _output(scope: Scope, output: Output, live: LiveObject, values: Mapping[str, Any]) -> Any:
    if output.text:
        return scope.format(output.text, {name: value for name, value in values.items() if value is not None})
    if output.stored:
        return scope.state.get(output.name)
    return from_aws(scope.pick(output.path, live), output)


def _tags(scope: Scope, live: LiveObject) -> dict[str, Any]:
    """`tags` without those that the provider adds to every object by itself, and `tagsAll`."""
    tags = scope.resource.tags
    found = read_tags(scope.pick(tags.at, live)) if tags else {}
    own = scope.value("tags") or {}
    mine = {
        key: value
        for key, value in found.items()
        if key in own or scope.default_tags.get(key, scope.state.get("tagsAll", {}).get(key)) != value
    }
    return {"tags": mine or None, "tagsAll": found}


def from_aws(value: Any, prop: Input | Output) -> Any:
    """A value in Pulumi's spelling."""
    told = None if value is None else prop.written.tell(value)
    match prop.kind:
        case Kind.POLICY | Kind.JSON if isinstance(told, (Mapping, list)):
            return json.dumps(told)
        case Kind.DOMAIN if isinstance(told, str):
            return domain(told)
        case _:
            return told


def live_inputs(resource: Resource, values: Mapping[str, Any], old: Mapping[str, Value]) -> dict[str, Value]:
    """The inputs that would make the object as it is now: what the engine compares the program with.

    An input that the program leaves out appears only if somebody gave it a value behind our back; one that
    AWS chooses never does. Without `old` inputs (an import) everything known is told.
    """
    found: dict[str, Value] = {}
    for name, prop in resource.properties.items():
        value = old.get(name) if prop.write_only else values.get(name)
        if name in old:
            found[name] = old[name] if agrees(old[name], value, prop) else value
        elif value not in (None, "", [], {}, False) and (not old or not (prop.computed or prop.stored)):
            found[name] = value
    if DEFAULTS in old:
        found[DEFAULTS] = old[DEFAULTS]
    return {name: value for name, value in found.items() if value is not None}


def hide(resource: Resource, values: Mapping[str, Value], *patterns: Mapping[str, Value]) -> dict[str, Value]:
    """`values` with secrets wherever one of the patterns has them, and wherever the type always has them."""
    always = {one.name for one in resource.properties.values() if one.secret}
    always |= {one.name for one in resource.outputs if one.secret}
    hidden: dict[str, Value] = {}
    for name, value in values.items():
        for pattern in patterns:
            value = veil(value, pattern.get("tags" if name == "tagsAll" else name))
        secret = name in always and value is not None and not isinstance(value, SecretValue)
        hidden[name] = SecretValue(value) if secret else value
    return hidden


def with_told(prop: Input, value: Value, state: Mapping[str, Value]) -> Value:
    """The value with the parts that AWS tells: as the state has them, or unknown."""
    if not prop.told or not isinstance(value, Mapping):
        return value
    before = state.get(prop.name)
    known = before if isinstance(before, Mapping) else {}
    return {**{part: known.get(part, UNKNOWN) for part in prop.told}, **value}
