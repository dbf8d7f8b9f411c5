"""What an interrupted run left in a state, and the state without it. Pure: states come in and go out as data.

The engine's own `refresh --import-pending-creates` drops such a creation without looking the resource up (measured
with 3.255), which would leave it in AWS unknown to everybody. So the resource is entered into the state under its id,
without outputs; a refresh reads it then, or drops it when AWS has none. One without outputs that a second interruption
leaves behind is seen as unclear again.

The engine keeps nothing of a creation that its provider calls failed, also when only the answer was lost. Such a one is
entered to be looked up at once, as the engine takes no state with changes that are under way.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from pulumi.automation.events import StepEventMetadata

from cloud_core.adapters.pulumi.identities import identity_of, is_overwritten
from cloud_core.domain.engine_state import resource_name
from cloud_core.ports.engine import CREATING, LOOKED_UP, Found, PendingChange

State = Mapping[str, Any]
_PROVIDERS: Final = "pulumi:providers:"
UNKNOWN_ID: Final = "not-known"
"""Stands for the id of a resource of which only a person can say whether AWS has it."""


def pending_in(state: State) -> list[PendingChange]:
    """Changes without an end, and resources that were entered to be looked up."""
    deployment = state.get("deployment") or {}
    begun = [_pending(one["type"], one["resource"]) for one in deployment.get("pending_operations") or []]
    return begun + [_pending(LOOKED_UP, one) for one in deployment.get("resources") or [] if _is_unread(one)]


def without_pending(state: State, adopted: Mapping[str, str]) -> dict[str, Any]:
    """The state without pending changes; creations in `adopted` (URN to id) are entered, the others are forgotten.

    What was being changed or deleted is in the state anyway: a refresh tells how it is.
    """
    result = copy.deepcopy(dict(state))
    deployment = result["deployment"]
    resources = deployment.get("resources") or []
    pending = deployment.get("pending_operations") or []
    begun = [one["resource"] for one in pending if one["type"] == CREATING] + [*filter(_is_unread, resources)]
    entered = {one["urn"]: _unread(one, adopted[one["urn"]]) for one in begun if one["urn"] in adopted}
    deployment["resources"] = [one for one in resources if not _is_unread(one)] + list(entered.values())
    deployment["pending_operations"] = []
    return result


def with_creations(state: State, begun: Iterable[StepEventMetadata]) -> dict[str, Any]:
    """The state with these creations entered to be looked up. Secret inputs are masked in what the engine tells of
    them; the next run gives them anew. The engine refuses the state when one of them was to replace a resource."""
    result = copy.deepcopy(dict(state))
    deployment = result["deployment"]
    lost = [_described(step) for step in begun]
    unread = [_unread(one, identity_of(one["type"], one["inputs"]) or UNKNOWN_ID) for one in lost]
    deployment["resources"] = [*(deployment.get("resources") or []), *unread]
    return result


def unread_again(state: State, urns: Collection[str]) -> dict[str, Any]:
    """The state as if these resources had been entered but not been looked up yet."""
    result = copy.deepcopy(dict(state))
    resources = result["deployment"].get("resources") or []
    result["deployment"]["resources"] = [_unread(one, one["id"]) if one["urn"] in urns else one for one in resources]
    return result


def found_in(state: State, urn: str) -> Found:
    """What a refresh made of a resource that was entered: ours is what has the tags that its provider gives to all."""
    resources = {one["urn"]: one for one in (state.get("deployment") or {}).get("resources") or []}
    if urn not in resources:
        return Found.ABSENT
    provider = resources.get(str(resources[urn].get("provider")).rpartition("::")[0], {})
    tags = _default_tags(provider.get("inputs") or {})
    told = (resources[urn].get("outputs") or {}).get("tagsAll") or {}
    ours = bool(tags) and all(told.get(key) == value for key, value in tags.items())
    return Found.OURS if ours else Found.UNPROVEN


def _default_tags(inputs: Mapping[str, Any]) -> Mapping[str, str]:
    """The engine keeps a provider's nested settings as JSON."""
    given = inputs.get("defaultTags") or {}
    return dict((json.loads(given) if isinstance(given, str) else given).get("tags") or {})


def _pending(kind: str, resource: Mapping[str, Any]) -> PendingChange:
    urn, token, inputs = str(resource["urn"]), str(resource["type"]), resource.get("inputs") or {}
    entered = str(resource.get("id"))
    return PendingChange(
        kind=kind,
        urn=urn,
        type=token,
        name=resource_name(urn),
        identity=entered if kind == LOOKED_UP and entered != UNKNOWN_ID else identity_of(token, inputs),
        is_overwritten=is_overwritten(token),
    )


def _described(step: StepEventMetadata) -> dict[str, Any]:
    resource = {"urn": step.urn, "type": step.type, "custom": True, "inputs": {}}
    if step.new is None:
        return resource
    return resource | {"inputs": dict(step.new.inputs or {}), "parent": step.new.parent, "provider": step.new.provider}


def _unread(resource: Mapping[str, Any], identity: str) -> dict[str, Any]:
    return {**resource, "id": identity, "outputs": {}}


def _is_unread(resource: Mapping[str, Any]) -> bool:
    """A resource with an id and without outputs: no provider told of it yet."""
    is_own = str(resource.get("type", "")).startswith(_PROVIDERS)
    return bool(resource.get("id")) and not resource.get("outputs") and not is_own and not resource.get("external")
