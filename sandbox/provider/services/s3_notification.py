"""S3: whom a bucket tells of its objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.provider.language import Input, Kind, LiveObject, Read, call
from sandbox.provider.scope import Scope
from sandbox.provider.services.s3_bucket import GONE
from sandbox.provider.services.s3_settings import part
from sandbox.provider.shapes import Shape

FILTERS: Final = {"filterPrefix": "prefix", "filterSuffix": "suffix"}
PUT: Final = "put_bucket_notification_configuration"
EVENTBRIDGE: Final = "EventBridgeConfiguration"


def _receivers(target: str, parameter: str) -> Shape:
    """A list of receivers: `target` is Pulumi's name of whom they are, `parameter` AWS's."""

    def send(given: Mapping[str, Any]) -> dict[str, Any]:
        rules = [{"Name": rule, "Value": given[key]} for key, rule in FILTERS.items() if given.get(key)]
        sent = {"Id": given.get("id"), parameter: given[target], "Events": given["events"]}
        sent["Filter"] = {"Key": {"FilterRules": rules}} if rules else None
        return {key: value for key, value in sent.items() if value is not None}

    def tell(found: Mapping[str, Any]) -> dict[str, Any]:
        rules = ((found.get("Filter") or {}).get("Key") or {}).get("FilterRules") or ()
        told = {f"filter{rule['Name'].title()}": rule["Value"] for rule in rules}
        return {"id": found.get("Id"), target: found[parameter], "events": found["Events"], **told}

    return Shape(lambda given: [send(one) for one in given], lambda found: [tell(one) for one in found])


def _list(name: str, at: str, target: str, parameter: str) -> Input:
    shape = _receivers(target, parameter)
    return Input(name, at, kind=Kind.SET, partial=True, unordered=("events",), shape=shape)


INPUTS: Final = (
    _list("lambdaFunctions", "LambdaFunctionConfigurations", "lambdaFunctionArn", "LambdaFunctionArn"),
    _list("queues", "QueueConfigurations", "queueArn", "QueueArn"),
    _list("topics", "TopicConfigurations", "topicArn", "TopicArn"),
    Input("eventbridge", default=False),
)


def _put(scope: Scope) -> str:
    """All receivers at once: whoever is not named hears nothing any more."""
    lists = {one.path: one.written.send(scope.value(one.name)) for one in INPUTS[:3] if scope.value(one.name)}
    bridge: dict[str, Any] = {EVENTBRIDGE: {}} if scope.value("eventbridge") else {}
    scope.request(PUT, {"Bucket": scope.value("bucket"), "NotificationConfiguration": {**lists, **bridge}})
    return str(scope.value("bucket"))


def _read(scope: Scope) -> LiveObject | None:
    """A bucket that tells nobody has none."""
    asked = Read(call("get_bucket_notification_configuration", Bucket="$bucket"), at="@", gone=GONE)
    live = asked(scope) or {}
    if not any(live.get(one.path) for one in INPUTS) and EVENTBRIDGE not in live:
        return None
    return {**live, "Eventbridge": EVENTBRIDGE in live}


def _drop(scope: Scope) -> None:
    if _read(scope) is not None:
        scope.request(PUT, {"Bucket": scope.value("bucket"), "NotificationConfiguration": {}})


NOTIFICATION: Final = part("Notification", INPUTS, _put, _read, _drop)

RESOURCES: Final = (NOTIFICATION,)
