"""A stack's outputs with their secrets marked, at any depth.

The engine's events and its command line show secrets as a mask and hide which part of a value is one. Two better
sources: the running program itself (exact, and no further process), and the state as the engine exports it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from typing import Any

import pulumi
from pulumi.runtime import get_root_resource

from cloud_core.domain.values import UNKNOWN, SecretValue, Value, secret_texts
from cloud_core.ports.engine import InlineProgram

SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


def capturing(program: InlineProgram, captured: dict[str, Value]) -> InlineProgram:
    """The program as the engine runs it; when it has run, `captured` holds its exports.

    Never awaits anything itself: the SDK registers a stack's outputs when its program ends, also when that is the
    garbage collector ending one whose engine died, and then with the engine of the program that happens to run.
    """

    def run() -> None:
        program()
        all_of_them: Awaitable[Any] = _capture(getattr(get_root_resource(), "outputs", {}), captured)
        # As an output: the SDK waits for those before it ends the run.
        pulumi.Output.from_input(all_of_them)

    return run


async def _capture(exports: Mapping[str, Any], captured: dict[str, Value]) -> None:
    for name, value in list(exports.items()):
        captured[name] = await _resolve(value)


async def _resolve(value: Any) -> Value:
    if isinstance(value, pulumi.Output):
        return await _resolve_output(value)
    if isinstance(value, Mapping):
        return {str(key): await _resolve(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [await _resolve(item) for item in value]
    return value


async def _resolve_output(output: pulumi.Output[Any]) -> Value:
    if not await output.is_known():
        value: Value = UNKNOWN
    else:
        value = await _resolve(await output.future())
    return SecretValue(value) if await output.is_secret() else value


def from_state(state: Mapping[str, Any]) -> dict[str, Value]:
    """Outputs of a state exported with its secrets in clear: their envelopes become `SecretValue`."""
    resources = (state.get("deployment") or {}).get("resources") or []
    for resource in resources:
        if resource.get("type") == "pulumi:pulumi:Stack":
            return {name: _open(value) for name, value in (resource.get("outputs") or {}).items()}
    return {}


def protected_in(state: Mapping[str, Any]) -> list[str]:
    """URNs of the resources of an exported state that are marked as protected."""
    resources = (state.get("deployment") or {}).get("resources") or []
    return [str(resource["urn"]) for resource in resources if resource.get("protect")]


def clear_secrets(state: Mapping[str, Any]) -> frozenset[str]:
    """The texts of the secrets that stand in clear in a state, for masking messages."""
    return secret_texts(_open(state))


def _open(value: Any) -> Value:
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == _SECRET and "plaintext" in value:
            return SecretValue(json.loads(value["plaintext"]))
        return {key: _open(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_open(item) for item in value]
    return value
