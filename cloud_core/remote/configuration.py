"""Values of the record's manifest, through the API: read, and set one by one."""

from __future__ import annotations

from typing import Any

from cloud_core.adapters.rest.client import Call, RestClient, place
from cloud_core.adapters.rest.reading import Data
from cloud_core.domain.manifest import ABSENT, ConfigTarget, Manifest, TierName
from cloud_core.remote.outlooks import findings, record_of
from cloud_core.services.manifests.config_changes import ConfigChange, ConfigChanged
from cloud_core.services.manifests.config_values import ConfigEntry, ConfigListing
from cloud_core.services.manifests.edits import EditedManifest
from cloud_core.services.manifests.reading import Source


class RemoteConfigValues:
    """As `services.manifests.config_values`, of the record."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def get(self, deployment_id: str, target: ConfigTarget, key: str, resolved: bool = False) -> ConfigListing:
        """NotFound for a key that is nowhere set."""
        told = self._client.get(place("deployments", deployment_id, "config", key), resolved=resolved, **_where(target))
        return ConfigListing(deployment_id, Source(told["source"]), (_entry(told),))

    def list(self, deployment_id: str, target: ConfigTarget | None, resolved: bool = False) -> ConfigListing:
        told = self._client.get(place("deployments", deployment_id, "config"), resolved=resolved, **_where(target))
        return ConfigListing(deployment_id, Source(told["source"]), tuple(map(_entry, told["values"])))


class RemoteConfigChanges:
    """As `services.manifests.config_changes`: every change is the record's next version."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def make(self, change: ConfigChange, rehearse: bool = False) -> ConfigChanged:
        """Raises as the service does."""
        where, params = place("deployments", change.deployment_id, "config", change.key), _where(change.target)
        if change.value is ABSENT:
            call = Call("DELETE", where, {**params, "dry_run": rehearse}, key=None)
        else:
            body = {"value": change.value, "secret": change.secret, "dry_run": rehearse}
            call = Call("PUT", where, params, body)
        told = self._client.ask(call).data
        manifest = Manifest.model_validate(record_of(self._client, change.deployment_id).manifest)
        return ConfigChanged(
            change,
            tuple(told["path"].split(".")),
            _value(told["old"]),
            ABSENT if change.value is ABSENT else told["new"],
            _value(told["inherited"]),
            tuple(told["overridden_in"]),
            EditedManifest(manifest, findings(told["warnings"]), (), None) if told["changed"] else None,
        )


def _where(target: ConfigTarget | None) -> dict[str, Any]:
    return {"stack": target.stack, "environment": target.environment} if target else {}


def _entry(told: Data) -> ConfigEntry:
    return ConfigEntry(
        told["key"],
        told["value"],
        TierName(told["origin"]),
        told["place"],
        ConfigTarget(told["stack"], told["environment"]) if told["stack"] or told["environment"] else ConfigTarget("-"),
        tuple(told["unresolved"]),
    )


def _value(told: Any) -> Any:
    """A value that is not there is told as null."""
    return ABSENT if told is None else told
