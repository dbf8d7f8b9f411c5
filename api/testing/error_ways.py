"""How each endpoint is brought to answer with each error that it declares: a way for every pair.

A way changes the world, or what is asked; the same way is gone by each role. Here are those that are the same for all
endpoints; `own_error_ways` has those that belong to one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final

import httpx

from api.testing.calling import ApiClient
from api.testing.calls import Call, changed_manifest, wish
from api.testing.contract import Operation
from api.testing.worlds import Worlds
from cloud_core.domain.errors import RecordsUnavailable
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.flows import FakeFlowRunner

_UNKNOWN: Final = "D999999"
_JSON: Final = {"Content-Type": "application/json"}
_KEY: Final = "taken-1"


@dataclass(frozen=True)
class Asked:
    """A request: the call, and what goes with it."""

    call: Call
    headers: Mapping[str, str] = field(default_factory=dict)
    content: str | None = None

    def send(self, client: ApiClient) -> httpx.Response:
        if self.content is None:
            return self.call.send(client, dict(self.headers))
        raw = replace(self.call, json=None)
        return raw.send(client, {**_JSON, **self.headers}, content=self.content)


Way = Callable[[Worlds, Operation, Call], Asked]


def _malformed(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    """Something that the contract does not allow: a body, else a part of the path, else of the query."""
    if "requestBody" in operation.definition:
        return Asked(replace(call, json=[1]))
    places = operation.places(call.path)
    if places:
        return Asked(replace(call, path=call.path.replace(next(iter(places.values())), "!", 1)))
    parameters = operation.definition.get("parameters", ())
    name = next((one["name"] for one in parameters if _is_confined(one["schema"])), "unknown")
    return Asked(replace(call, params={**call.params, name: "!"}))


def _incomplete(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    """Without the body that the contract asks for, else without the query."""
    if operation.definition.get("requestBody", {}).get("required"):
        return Asked(replace(call, json=None))
    return Asked(replace(call, params={}))


def _is_confined(schema: Mapping[str, Any]) -> bool:
    """Whether there are texts that the schema refuses."""
    parts = schema.get("anyOf", [schema])
    texts = [one for one in parts if one.get("type") == "string" and not {"enum", "pattern"} & one.keys()]
    return not texts


def _unknown_deployment(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    def elsewhere(value: Any) -> Any:
        return value.replace(DEPLOYMENT_ID, _UNKNOWN) if isinstance(value, str) else value

    params = {name: elsewhere(value) for name, value in call.params.items()}
    return Asked(replace(call, path=elsewhere(call.path), params=params))


def before(worlds: Worlds, step: str, act: Callable[[], object]) -> None:
    """Have somebody else act each time before the records do this."""

    def fault(asked: str) -> None:
        if asked == step:
            worlds.faulty.fault = None
            act()
            worlds.faulty.fault = fault

    worlds.faulty.fault = fault


def _records_away(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    def away(asked: str) -> None:
        raise RecordsUnavailable("the records can't be reached")

    worlds.faulty.fault = away
    return Asked(call)


def _mistake(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    def mistake() -> None:
        raise ZeroDivisionError("a mistake")

    worlds.fault = mistake
    return Asked(call)


def _unreadable(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    return Asked(call, content="{")


def _too_large(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    return Asked(call, content=" " * (worlds.settings.api.body_limit_bytes + 1))


def as_it_is(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    return Asked(call)


def at_work(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    """An operation holds every environment."""
    worlds.edge.world.flows = FakeFlowRunner()
    for environment in (EnvironmentName.DEV, EnvironmentName.PROD):
        asked = replace(wish(Action.DEPLOY, skip_unchanged=False), environment=environment)
        worlds.edge.operations.start(asked)
    return Asked(call)


def _taken_key(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    """The idempotency key stands for an operation of another kind."""
    action = Action.REFRESH if operation.name != "refresh" else Action.DRIFT
    worlds.edge.operations.start(replace(wish(action), environment=EnvironmentName.PROD, idempotency_key=_KEY))
    return Asked(call, {"Idempotency-Key": _KEY})


def _stale(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    return Asked(call, {"If-Match": '"9"'})


def outrun(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    """Somebody else changes the manifest between the reading and the writing."""

    times = count()

    def change() -> None:
        changed = changed_manifest(worlds.edge, f"faster by {next(times)}")
        worlds.edge.recorded_manifests.replace(DEPLOYMENT_ID, changed)

    before(worlds, "deployments.update", change)
    return Asked(call)


def broken_manifest(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    """The record's manifest has a cycle: it was written by something that did not look."""
    deployments = worlds.edge.world.records.deployments
    record = deployments.get_by_id(DEPLOYMENT_ID)
    assert record is not None
    network = {**record.manifest["stacks"]["network"], "dependencies": ["secrets"]}
    stacks = {**record.manifest["stacks"], "network": network}
    deployments.update(record.model_copy(update={"manifest": {**record.manifest, "stacks": stacks}}))
    return Asked(call)


GENERAL: Final[Mapping[str, Way]] = {
    "VALIDATION_INVALID_FORMAT": _malformed,
    "VALIDATION_REQUIRED_FIELD": _incomplete,
    "RESOURCE_NOT_FOUND": _unknown_deployment,
    "SERVICE_UNAVAILABLE": _records_away,
    "INTERNAL_ERROR": _mistake,
    "MALFORMED_JSON": _unreadable,
    "BODY_TOO_LARGE": _too_large,
    "OPERATION_IN_PROGRESS": at_work,
    "RESOURCE_CONFLICT": _taken_key,
    "PRECONDITION_FAILED": _stale,
    "VERSION_CONFLICT": outrun,
    "VALIDATION_INVALID_MANIFEST": broken_manifest,
}
"""By `error_code`. Those of tokens, rates and time are in the test itself: they are about the application."""
