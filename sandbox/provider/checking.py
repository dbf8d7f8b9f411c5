"""Check: the program's inputs with defaults and names filled in, and what is wrong with them."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cloud_core.domain.values import UNKNOWN, SecretValue, Unknown, Value, contains, reveal
from sandbox.provider.language import Input, Kind, Resource
from sandbox.provider.rendering import DEFAULTS

SUFFIX_LENGTH: Final = 7


@dataclass(frozen=True)
class Naming:
    """How the engine wants names to be made: `seed` makes them repeatable, `proposed` wins over our own.

    `mode`: "propose" (a suffix may be added), "enforce" (exactly this) or "disable" (the program must name).
    """

    urn_name: str
    seed: bytes = b""
    proposed: str = ""
    mode: str = "propose"

    def suffix(self, length: int = SUFFIX_LENGTH) -> str:
        """Hexadecimal digits, the same for the same seed."""
        chance = random.Random(self.seed) if self.seed else random.SystemRandom()
        return "".join(chance.choices(string.hexdigits[:16], k=length))


@dataclass
class Checked:
    """`inputs` as they go to Diff and Create; `failures`: property and reason."""

    inputs: dict[str, Value] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)


def check(resource: Resource, olds: Mapping[str, Value], news: Mapping[str, Value], naming: Naming) -> Checked:
    """Defaults, names and documents filled in; every finding at once."""
    checked = Checked()
    for name, value in news.items():
        prop = resource.properties.get(name)
        if prop:
            checked.inputs[name] = _normal(value, prop)
        elif name != DEFAULTS:
            checked.failures.append((name, _unsupported(resource, name)))
    made = [*_fill_defaults(resource, checked.inputs), *_fill_names(resource, olds, checked, naming)]
    for prop in resource.properties.values():
        if prop.required and checked.inputs.get(prop.name) is None:
            checked.failures.append((prop.name, f"Missing required property '{prop.name}'"))
    checked.inputs[DEFAULTS] = sorted(made)
    return checked


def _unsupported(resource: Resource, name: str) -> str:
    return (
        f"the sandbox does not support the input '{name}' of {resource.token}; "
        "describe it with the type, in sandbox/provider/services/"
    )


def _normal(value: Value, prop: Input) -> Value:
    """A document given as a map becomes JSON text, as AWS takes it."""
    plain = value.value if isinstance(value, SecretValue) else value
    if prop.kind not in (Kind.POLICY, Kind.JSON) or not isinstance(plain, Mapping):
        return value
    if contains(value, Unknown):
        return UNKNOWN
    text = json.dumps(reveal(plain))
    return SecretValue(text) if contains(value, SecretValue) else text


def _fill_defaults(resource: Resource, inputs: dict[str, Value]) -> list[str]:
    made = [name for name, prop in resource.properties.items() if prop.default is not None and inputs.get(name) is None]
    inputs.update({name: resource.properties[name].default for name in made})
    return made


def _fill_names(resource: Resource, olds: Mapping[str, Value], checked: Checked, naming: Naming) -> list[str]:
    """A name once made up stays, so that the same program has no changes."""
    made: list[str] = []
    for prop in resource.properties.values():
        if not prop.autoname or checked.inputs.get(prop.name) is not None:
            continue
        prefix = checked.inputs.get(prop.name + "Prefix")
        kept = olds.get(prop.name) if prop.name in (olds.get(DEFAULTS) or []) else None
        if kept is not None and prefix == olds.get(prop.name + "Prefix"):
            checked.inputs[prop.name] = kept
        elif isinstance(prefix, Unknown):
            checked.inputs[prop.name] = UNKNOWN
        elif naming.mode == "disable" and not prefix:
            checked.failures.append((prop.name, f"automatic naming is off: give '{prop.name}' a value"))
            continue
        else:
            checked.inputs[prop.name] = _name(prop, prefix, naming)
        made.append(prop.name)
    return made


def _name(prop: Input, prefix: Any, naming: Naming) -> str:
    if naming.proposed and not prefix:
        return prop.autoname_prefix + naming.proposed
    stem = str(reveal(prefix)) if prefix else f"{prop.autoname_prefix}{naming.urn_name}-"
    return stem[: prop.autoname - SUFFIX_LENGTH] + naming.suffix()
