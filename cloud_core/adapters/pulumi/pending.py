"""What an interrupted run left in a state, and the state without it. Pure: states come in and go out as data.

The engine's own `refresh --import-pending-creates` drops such a creation without looking the resource up (measured
with 3.255), which would leave it in AWS unknown to everybody. So the resource is entered into the state under its id,
without outputs; a refresh reads it then, or drops it when AWS has none. One without outputs that a second interruption
leaves behind is seen as unclear again.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from cloud_core.adapters.pulumi.identities import identity_of, is_overwritten
from cloud_core.domain.engine_state import resource_name
from cloud_core.ports.engine import CREATING, LOOKED_UP, Found, PendingChange

State = Mapping[str, Any]
_PROVIDERS: Final = "pulumi:providers:"


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
    return PendingChange(
        kind=kind,
        urn=urn,
        type=token,
        name=resource_name(urn),
        identity=str(resource["id"]) if kind == LOOKED_UP else identity_of(token, inputs),
        is_overwritten=is_overwritten(token),
    )


def _unread(resource: Mapping[str, Any], identity: str) -> dict[str, Any]:
    return {**resource, "id": identity, "outputs": {}}


def _is_unread(resource: Mapping[str, Any]) -> bool:
    """A resource with an id and without outputs: no provider told of it yet."""
    is_own = str(resource.get("type", "")).startswith(_PROVIDERS)
    return bool(resource.get("id")) and not resource.get("outputs") and not is_own and not resource.get("external")
