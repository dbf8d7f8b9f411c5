"""Cloud Map: private namespaces, and the services that are found in them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from sandbox.provider.errors import ProviderError
from sandbox.provider.gaps import Gap
from sandbox.provider.language import (
    Create,
    Delete,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Tags,
    call,
    elsewhere,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import block

GONE: Final = ("NamespaceNotFound",)
SERVICE_GONE: Final = ("ServiceNotFound",)
PAUSE: Final = 0.5
DNS: Final = block({"ttl": "TTL"})
TAGS: Final = Tags(
    add=call("tag_resource", ResourceARN="$arn", Tags="$new_tags"),
    remove=call("untag_resource", ResourceARN="$arn", TagKeys="$gone_keys"),
)


def _finished(scope: Scope, answer: Mapping[str, Any], seconds: float = 300) -> dict[str, Any]:
    """The operation that a call began, once it is over; ProviderError when it failed."""
    end = scope.deadline(seconds)
    while True:
        operation = dict(scope.request("get_operation", {"OperationId": answer["OperationId"]})["Operation"])
        if operation["Status"] == "SUCCESS":
            return operation
        if operation["Status"] == "FAIL" or time.monotonic() > end:
            why = operation.get("ErrorMessage", operation["Status"])
            raise ProviderError(f"{operation.get('ErrorCode', 'operation')}: {why}")
        scope.pause(PAUSE)


def _with_tags(read: Read, scope: Scope) -> LiveObject | None:
    live = read(scope)
    if live is None:
        return None
    told = scope.request("list_tags_for_resource", {"ResourceARN": live["Arn"]})
    return {**live, "Tags": told.get("Tags", [])}


def _create_namespace(scope: Scope) -> str:
    """The server has room for one namespace in a VPC, and never tells the VPC: it gets another word for each name."""
    asked = call("create_private_dns_namespace", "name description")
    place = {"Vpc": f"{scope.value('vpc')}/{scope.value('name')}"}
    operation = _finished(scope, scope.run(asked, {**place, **scope.tag_parameter("Tags")}))
    return str(operation["Targets"]["NAMESPACE"])


def _read_namespace(scope: Scope) -> LiveObject | None:
    named = scope.value("namespace") or scope.id
    return _with_tags(Read(call("get_namespace", Id=named), at="Namespace", gone=GONE), scope)


def _describe(scope: Scope) -> None:
    described = {"Description": scope.value("description") or ""}
    _finished(scope, scope.request("update_private_dns_namespace", {"Id": scope.id, "Namespace": described}))


def _delete_namespace(scope: Scope) -> None:
    """With its hosted zone, which the server leaves behind."""
    answer = scope.ask(call("delete_namespace", Id="$id"), GONE)
    if answer is not None:
        _finished(scope, answer)
    zone = elsewhere("route53", call("delete_hosted_zone", Id="$hostedZone"))
    Delete((zone,), gone=("NoSuchHostedZone",))(scope)


NAMESPACE: Final = Resource(
    token="aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace",
    service="servicediscovery",
    inputs=(
        Input("name", replaces=True, autoname=253),
        Input("vpc", required=True, replaces=True, stored=True),
        Input("description"),
    ),
    outputs=(Output("arn"), Output("hostedZone", "Properties.DnsProperties.HostedZoneId")),
    create=_create_namespace,
    read=_read_namespace,
    settings=(setting("description", _describe, on_create=False),),
    delete=_delete_namespace,
    tags=TAGS,
    identity=("name", "vpc"),
    imports=r"(?P<namespace>ns-[^:]+):(?P<vpc>.+)",
    id_at="Id",
)


def _change_service(scope: Scope) -> None:
    """What the call leaves out AWS takes away."""
    records = (scope.value("dnsConfig") or {}).get("dnsRecords") or []
    told = [{"Type": one["type"], "TTL": one["ttl"]} for one in records]
    change: dict[str, Any] = {"Description": scope.value("description") or ""}
    if told:
        change["DnsConfig"] = {"DnsRecords": told}
    _finished(scope, scope.request("update_service", {"Id": scope.id, "Service": change}))


def _delete_service(scope: Scope) -> None:
    """With `forceDestroy`, whatever is registered goes first."""
    listed = call("list_instances", ServiceId="$id")
    found = scope.ask(listed, SERVICE_GONE) if scope.value("forceDestroy") else None
    for instance in (found or {}).get("Instances", ()):
        _finished(scope, scope.run(call("deregister_instance", ServiceId="$id", InstanceId=instance["Id"])))
    Delete((call("delete_service", Id="$id"),), gone=SERVICE_GONE, busy=("ResourceInUse",))(scope)


SERVICE: Final = Resource(
    token="aws:servicediscovery/service:Service",
    service="servicediscovery",
    inputs=(
        Input("name", replaces=True, autoname=127),
        Input("namespaceId", replaces=True, computed=True),
        Input("description"),
        Input(
            "dnsConfig",
            kind=Kind.BLOCK,
            partial=True,
            shape=DNS,
            replacing=("namespaceId", "routingPolicy", "dnsRecords.type"),
        ),
        Input("healthCheckCustomConfig", kind=Kind.BLOCK, replaces=True, partial=True),
        Input("type", replaces=True, computed=True),
        Input("forceDestroy", default=False, stored=True),
    ),
    outputs=(Output("arn"),),
    create=Create(
        call("create_service", "name namespaceId description dnsConfig healthCheckCustomConfig type"),
        at="Service.Id",
        tags="Tags",
    ),
    read=lambda scope: _with_tags(Read(call("get_service", Id="$id"), at="Service", gone=SERVICE_GONE), scope),
    settings=(setting("description dnsConfig", _change_service, on_create=False),),
    delete=_delete_service,
    tags=TAGS,
    identity=("name", "namespaceId"),
)

RESOURCES: Final = (NAMESPACE, SERVICE)

GAPS: Final = (
    Gap(
        NAMESPACE.token,
        "vpc",
        "create_private_dns_namespace refuses a second one in a VPC, of whatever name; none tells its VPC",
    ),
    Gap(
        NAMESPACE.token,
        "hostedZone",
        "delete_namespace leaves the hosted zone behind",
        "the provider deletes it, as AWS does",
    ),
)
