"""Records <-> items. An item holds a record's fields under their own names; what a record does not know is ignored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from cloud_core.adapters.dynamodb.serializer import Item
from cloud_core.domain.digest import content_digest
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.manifest.outline import outline
from cloud_core.domain.records import Deployment, LeaseRecord, ManifestVersion, Operation

Model = TypeVar("Model", bound=BaseModel)

_EVENT_NAMES: Final = frozenset(EventName)


def to_item(record: BaseModel) -> Item:
    # Not mode="json", which turns a number that is not finite into None without a word.
    return record.model_dump()


def from_item(kind: type[Model], item: Mapping[str, Any]) -> Model:
    return kind.model_validate({name: item[name] for name in kind.model_fields if name in item})


def deployment_to_item(deployment: Deployment) -> Item:
    """The manifest is a JSON text; `environments` and `stacks` repeat its outline for those who read the table."""
    manifest = deployment.manifest
    return to_item(deployment) | {"manifest": to_json("manifest", manifest)} | outline(manifest)


def deployment_from_item(item: Mapping[str, Any]) -> Deployment:
    return from_item(Deployment, _with_manifest(item))


def manifest_version_from_item(item: Mapping[str, Any]) -> ManifestVersion:
    return from_item(ManifestVersion, _with_manifest(item))


def _with_manifest(item: Mapping[str, Any]) -> dict[str, Any]:
    """One without a digest was written by AppSync, which can't make digests: it is that of its manifest."""
    manifest = json.loads(item["manifest"])
    digest = item["digest"] if "digest" in item else content_digest(manifest)
    return {**item, "digest": digest, "manifest": manifest}


def operation_to_item(operation: Operation) -> Item:
    """`status` would put the operation among the deployments of the status index: its name here is `op_status`."""
    item = to_item(operation)
    item["op_status"] = item.pop("status")
    return item


def operation_from_item(item: Mapping[str, Any]) -> Operation:
    return from_item(Operation, {**item, "status": item["op_status"]})


def lease_from_item(item: Mapping[str, Any]) -> LeaseRecord:
    return from_item(LeaseRecord, {"owner": None, **item})


def event_from_item(item: Mapping[str, Any]) -> Event:
    """An event of a name that only a newer writer knows is a line of the log, with what it holds: flows are upgraded
    before those who follow them."""
    return from_item(Event, {**item, "event": item["event"] if item["event"] in _EVENT_NAMES else EventName.LOG})


def to_json(field: str, value: Any) -> str:
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{field} can't be written as JSON: {error}", field=field) from error
