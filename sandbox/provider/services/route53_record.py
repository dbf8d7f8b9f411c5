"""Route 53: record sets."""

from __future__ import annotations

from typing import Any, Final

from sandbox.provider.errors import AwsRefused, ObjectGone
from sandbox.provider.language import Input, Kind, LiveObject, Output, Resource, setting
from sandbox.provider.sameness import domain
from sandbox.provider.scope import Scope
from sandbox.provider.services.route53_zone import GONE, records_of

QUOTED: Final = ("TXT", "SPF")
# A routing policy is a list of one block: the input, and where each of its keys stands in a record set.
POLICIES: Final = {
    "weightedRoutingPolicies": {"weight": "Weight"},
    "failoverRoutingPolicies": {"type": "Failover"},
    "latencyRoutingPolicies": {"region": "Region"},
    "geolocationRoutingPolicies": {
        "continent": "GeoLocation.ContinentCode",
        "country": "GeoLocation.CountryCode",
        "subdivision": "GeoLocation.SubdivisionCode",
    },
}
PLAIN: Final = {"ttl": "TTL", "setIdentifier": "SetIdentifier", "healthCheckId": "HealthCheckId"}


def _full_name(scope: Scope) -> str:
    """The name with its zone: programs may write `www` for `www.example.com`."""
    zone = scope.request("get_hosted_zone", {"Id": scope.value("zoneId")})["HostedZone"]["Name"]
    name, apex = domain(str(scope.value("name"))), domain(zone)
    if not name:
        return apex
    return name if name == apex or name.endswith("." + apex) else f"{name}.{apex}"


def _record_set(scope: Scope) -> dict[str, Any]:
    record: dict[str, Any] = {"Name": _full_name(scope), "Type": scope.value("type")}
    record |= {api: scope.value(name) for name, api in PLAIN.items() if scope.value(name) not in (None, "")}
    if scope.value("records"):
        record["ResourceRecords"] = [{"Value": _written(scope, value)} for value in scope.value("records")]
    for alias in scope.value("aliases") or ():
        record["AliasTarget"] = {
            "DNSName": alias["name"],
            "HostedZoneId": alias["zoneId"],
            "EvaluateTargetHealth": bool(alias.get("evaluateTargetHealth")),
        }
    if scope.value("multivalueAnswerRoutingPolicy"):
        record["MultiValueAnswer"] = True
    for name, keys in POLICIES.items():
        for block in scope.value(name) or ():
            for key, path in keys.items():
                _put(record, path, block.get(key))
    return record


def _put(record: dict[str, Any], path: str, value: Any) -> None:
    if value is None:
        return
    outer, _, inner = path.rpartition(".")
    (record.setdefault(outer, {}) if outer else record)[inner] = value


def _written(scope: Scope, value: str) -> str:
    """Texts are quoted on the wire; the program writes them plainly."""
    return f'"{value}"' if scope.value("type") in QUOTED and not value.startswith('"') else value


def _change(scope: Scope, action: str, record: dict[str, Any]) -> None:
    changes = [{"Action": action, "ResourceRecordSet": record}]
    scope.request(
        "change_resource_record_sets",
        {"HostedZoneId": scope.value("zoneId"), "ChangeBatch": {"Changes": changes}},
    )


def _create_record(scope: Scope) -> str:
    """Refused for a record that exists, unless it may be overwritten. The server's own check is not used: it takes a
    record that was deleted, or one that sorts behind it, for the record itself."""
    record = _record_set(scope)
    if not scope.value("allowOverwrite") and _find(scope) is not None:
        raise AwsRefused(
            f"InvalidChangeBatch: Tried to create resource record set [name='{record['Name']}.', "
            f"type='{record['Type']}'] but it already exists (change_resource_record_sets)",
            aws_code="InvalidChangeBatch",
            operation="change_resource_record_sets",
        )
    _change(scope, "UPSERT", record)
    parts = [scope.value("zoneId"), record["Name"], scope.value("type"), scope.value("setIdentifier")]
    return "_".join(str(part) for part in parts if part)


def _find(scope: Scope) -> dict[str, Any] | None:
    """The record set as AWS has it."""
    try:
        name = _full_name(scope)
    except AwsRefused as error:
        if error.aws_code in GONE:
            return None
        raise
    wanted = (name, scope.value("type"), scope.value("setIdentifier") or None)
    for record in records_of(scope, scope.value("zoneId")):
        if (domain(record["Name"]), record["Type"], record.get("SetIdentifier")) == wanted:
            return record
    return None


def _read_record(scope: Scope) -> LiveObject | None:
    found = _find(scope)
    if found is None:
        return None
    live: LiveObject = {
        **found,
        "Fqdn": domain(found["Name"]),
        "ZoneId": scope.value("zoneId"),
        "Name": _as_asked(scope, domain(found["Name"])),
        "Records": [_plain(scope, one["Value"]) for one in found.get("ResourceRecords", ())],
        "Aliases": _aliases(scope, found.get("AliasTarget")),
    }
    for name, keys in POLICIES.items():
        block = {key: scope.pick(path, found) for key, path in keys.items()}
        live[name] = [{key: value for key, value in block.items() if value is not None}]
        live[name] = live[name] if live[name][0] else []
    return live


def _as_asked(scope: Scope, full: str) -> str:
    asked = str(scope.value("name") or "")
    return asked if asked and full.startswith(domain(asked)) else full


def _plain(scope: Scope, value: str) -> str:
    asked = scope.value("records") or ()
    return value[1:-1] if scope.value("type") in QUOTED and value not in asked and value[:1] == '"' else value


def _aliases(scope: Scope, target: dict[str, Any] | None) -> list[dict[str, Any]]:
    if not target:
        return []
    asked: dict[str, Any] = next(iter(scope.value("aliases") or ()), {})
    name = asked.get("name") if domain(str(asked.get("name", ""))) == domain(target["DNSName"]) else None
    return [
        {
            "name": name or domain(target["DNSName"]),
            "zoneId": target["HostedZoneId"],
            "evaluateTargetHealth": target["EvaluateTargetHealth"],
        }
    ]


def _delete_record(scope: Scope) -> None:
    """AWS wants the whole record set as it is."""
    found = _find(scope)
    if found is None:
        raise ObjectGone(f"{scope.id} is gone")
    _change(scope, "DELETE", found)


CHANGING: Final = "ttl records aliases healthCheckId multivalueAnswerRoutingPolicy " + " ".join(POLICIES)

RECORD: Final = Resource(
    token="aws:route53/record:Record",
    service="route53",
    regional=False,
    inputs=(
        Input("zoneId", required=True, replaces=True),
        Input("name", kind=Kind.DOMAIN, required=True, replaces=True),
        Input("type", required=True, replaces=True),
        Input("setIdentifier", replaces=True),
        Input("ttl", "TTL"),
        Input("records", kind=Kind.SET),
        Input("aliases", kind=Kind.SET),
        Input("healthCheckId"),
        Input("multivalueAnswerRoutingPolicy", "MultiValueAnswer"),
        *(Input(name, name) for name in POLICIES),
        Input("allowOverwrite", computed=True, stored=True),
    ),
    outputs=(Output("fqdn"),),
    create=_create_record,
    read=_read_record,
    settings=(setting(CHANGING, lambda scope: _change(scope, "UPSERT", _record_set(scope)), on_create=False),),
    delete=_delete_record,
    identity=("zoneId", "name", "type", "setIdentifier"),
    imports=r"(?P<zoneId>[^_]+)_(?P<name>.+?)_(?P<type>[A-Z]+)(_(?P<setIdentifier>.+))?",
)

RESOURCES: Final = (RECORD,)
