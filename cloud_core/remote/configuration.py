"""Values of the record's manifest, through the API: read, and set one by one."""

from __future__ import annotations

from typing import Any

from cloud_core.adapters.rest.client import Call, RestClient, place
from cloud_core.adapters.rest.reading import Data
from cloud_core.domain.manifest import ABSENT, ConfigTarget, Manifest, TierName
from cloud_core.remote.named import record_of, require_stack
from cloud_core.remote.outlooks import findings
from cloud_core.services.manifests.config_changes import ConfigChange, ConfigChanged, telling_of_texts
from cloud_core.services.manifests.config_values import ConfigEntry, ConfigListing
from cloud_core.services.manifests.edits import EditedManifest, nothing_saved
from cloud_core.services.manifests.reading import Source


class RemoteConfigValues:
    """As `services.manifests.config_values`, of the record."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def get(self, deployment_id: str, target: ConfigTarget, key: str, resolved: bool = False) -> ConfigListing:
        """NotFound for a key that is nowhere set."""
        where = place("deployments", deployment_id, "config", key)
        told = self._client.get(where, resolved=resolved, **self._of(deployment_id, target))
        return ConfigListing(deployment_id, Source(told["source"]), (_entry(told),))

    def list(self, deployment_id: str, target: ConfigTarget | None, resolved: bool = False) -> ConfigListing:
        where = place("deployments", deployment_id, "config")
        told = self._client.get(where, resolved=resolved, **self._of(deployment_id, target))
        return ConfigListing(deployment_id, Source(told["source"]), tuple(map(_entry, told["values"])))

    def _of(self, deployment_id: str, target: ConfigTarget | None) -> dict[str, Any]:
        return _where(self._client, deployment_id, target)


class RemoteConfigChanges:
    """As `services.manifests.config_changes`: every change is the record's next version."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def make(self, change: ConfigChange, rehearse: bool = False) -> ConfigChanged:
        """Raises as the service does."""
        where = place("deployments", change.deployment_id, "config", change.key)
        params = _where(self._client, change.deployment_id, change.target)
        if change.value is ABSENT:
            call = Call("DELETE", where, {**params, "dry_run": rehearse}, key=None)
        else:
            body = {"value": change.value, "secret": change.secret, "dry_run": rehearse}
            call = Call("PUT", where, params, body)
        with nothing_saved(), telling_of_texts(change):
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


def _where(client: RestClient, deployment_id: str, target: ConfigTarget | None) -> dict[str, Any]:
    """StackNotFound."""
    if target is None:
        return {}
    if target.stack is not None:
        require_stack(client, deployment_id, target.stack)
    return {"stack": target.stack, "environment": target.environment}


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
