"""States of stacks as the engine writes them, for the engine in memory: outputs with sealed or opened secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from cloud_core.domain.engine_state import resource_name
from cloud_core.domain.values import SecretValue, Value, map_leaves
from cloud_core.ports.engine import EngineResource

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
_STACK: Final = "pulumi:pulumi:Stack"


def written_state(
    root: str, resources: list[EngineResource], outputs: Mapping[str, Value], show_secrets: bool
) -> dict[str, Any]:
    """`root` is the URN of the stack itself, which holds the outputs."""

    def write(leaf: Value) -> Value:
        if not isinstance(leaf, SecretValue):
            return leaf
        text = json.dumps(leaf.value)
        sealed = {"plaintext": text} if show_secrets else {"ciphertext": text.encode().hex()}
        return {_SIGNATURE: _SECRET, **sealed}

    entries: list[dict[str, Any]] = [{"urn": root, "type": _STACK, "outputs": map_leaves(outputs, write)}]
    entries += [{"urn": one.urn, "type": one.type, "id": one.id or ""} for one in resources]
    return {"version": 3, "deployment": {"resources": entries}}


def read_state(state: Mapping[str, Any]) -> tuple[list[EngineResource], dict[str, Value]]:
    """The resources, without the stack itself, and the outputs."""
    entries = state["deployment"]["resources"]
    outputs: Mapping[str, Any] = next((one.get("outputs", {}) for one in entries if one["type"] == _STACK), {})
    resources = [
        EngineResource(one["urn"], one["type"], resource_name(one["urn"]), one.get("id") or None)
        for one in entries
        if one["type"] != _STACK
    ]
    return resources, {name: _opened(value) for name, value in outputs.items()}


def _opened(value: Any) -> Value:
    if isinstance(value, Mapping) and value.get(_SIGNATURE) == _SECRET:
        text = value["plaintext"] if "plaintext" in value else bytes.fromhex(value["ciphertext"]).decode()
        return SecretValue(json.loads(text))
    if isinstance(value, Mapping):
        return {key: _opened(item) for key, item in value.items()}
    return [_opened(item) for item in value] if isinstance(value, list) else value
