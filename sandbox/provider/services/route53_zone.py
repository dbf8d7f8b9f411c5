"""Route 53: hosted zones."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from sandbox.provider.language import (
    Call,
    Delete,
    Detail,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Tags,
    call,
    setting,
)
from sandbox.provider.sameness import domain
from sandbox.provider.scope import Scope

GONE: Final = ("NoSuchHostedZone",)


def route53_tags(resource_type: str) -> Tags:
    """Route 53 tags by type and id."""
    which = {"ResourceType": resource_type, "ResourceId": "$id"}
    return Tags(
        add=Call("change_tags_for_resource", parameters={**which, "AddTags": "$new_tags"}),
        remove=Call("change_tags_for_resource", parameters={**which, "RemoveTagKeys": "$gone_keys"}),
        after_create=True,
    )


def told_tags(resource_type: str) -> Detail:
    listed = call("list_tags_for_resource", ResourceType=resource_type, ResourceId="$id")
    return Detail("Tags", listed, "ResourceTagSet.Tags")


def _network(scope: Scope, vpc: Mapping[str, Any]) -> dict[str, str]:
    """A VPC of a private zone, in AWS's form."""
    return {"VPCId": vpc["vpcId"], "VPCRegion": vpc.get("vpcRegion") or scope.aws.region}


def _create_zone(scope: Scope) -> str:
    vpcs = [_network(scope, vpc) for vpc in scope.value("vpcs") or []]
    asked = call(
        "create_hosted_zone",
        "name delegationSetId",
        CallerReference=uuid.uuid4().hex,
        HostedZoneConfig={"Comment": "$comment", "PrivateZone": bool(vpcs)},
        VPC=vpcs[0] if vpcs else None,
    )
    scope.id = str(scope.run(asked)["HostedZone"]["Id"]).rpartition("/")[2]
    for vpc in vpcs[1:]:
        scope.request("associate_vpc_with_hosted_zone", {"HostedZoneId": scope.id, "VPC": vpc})
    return scope.id


_describe_zone: Final = Read(
    call("get_hosted_zone", Id="$id"),
    at="{Zone: HostedZone, Servers: DelegationSet.NameServers, Networks: VPCs}",
    gone=GONE,
    details=(told_tags("hostedzone"),),
)


def _read_zone(scope: Scope) -> LiveObject | None:
    """With the name servers out of the zone itself where it is private."""
    live = _describe_zone(scope)
    if live is None or not live["Zone"]:
        return None
    servers = [domain(one) for one in live["Servers"] or _own_servers(scope, live["Zone"]["Name"])]
    return {
        **live,
        "NameServers": sorted(servers),
        "Primary": servers[0] if servers else "",
        "Vpcs": [_as_asked(scope, one) for one in live["Networks"] or ()],
    }


def _own_servers(scope: Scope, name: str) -> list[str]:
    for record in records_of(scope, scope.id):
        if record["Type"] == "NS" and domain(record["Name"]) == domain(name):
            return [one["Value"] for one in record["ResourceRecords"]]
    return []


def _as_asked(scope: Scope, one: Mapping[str, str]) -> Mapping[str, str]:
    """A VPC as the program wrote it: its own region needs no mention."""
    vpc, region = one["VPCId"], one["VPCRegion"]
    full, short = {"vpcId": vpc, "vpcRegion": region}, {"vpcId": vpc}
    return short if region == scope.aws.region and full not in (scope.value("vpcs") or ()) else full


def records_of(scope: Scope, zone: str) -> list[dict[str, Any]]:
    """Every record set of a zone; none when the zone is gone."""
    answer = scope.ask(Call("list_resource_record_sets", parameters={"HostedZoneId": zone}), GONE)
    return list((answer or {}).get("ResourceRecordSets", ()))


def _networks(scope: Scope) -> None:
    """New VPCs first: a private zone has always one."""
    for verb, vpcs in (("associate", scope.added("vpcs")), ("disassociate", scope.removed("vpcs"))):
        joint = "with" if verb == "associate" else "from"
        for vpc in vpcs:
            scope.request(f"{verb}_vpc_{joint}_hosted_zone", {"HostedZoneId": scope.id, "VPC": _network(scope, vpc)})


def _delete_zone(scope: Scope) -> None:
    """With `forceDestroy` the records go first, all but the zone's own two."""
    if scope.value("forceDestroy"):
        apex = domain(str(scope.value("name")))
        changes = [
            {"Action": "DELETE", "ResourceRecordSet": one}
            for one in records_of(scope, scope.id)
            if not (one["Type"] in ("NS", "SOA") and domain(one["Name"]) == apex)
        ]
        if changes:
            batch = {"HostedZoneId": scope.id, "ChangeBatch": {"Changes": changes}}
            scope.request("change_resource_record_sets", batch)
    Delete((call("delete_hosted_zone", Id="$id"),), gone=GONE)(scope)


ZONE: Final = Resource(
    token="aws:route53/zone:Zone",
    service="route53",
    regional=False,
    inputs=(
        Input("name", "Zone.Name", kind=Kind.DOMAIN, required=True, replaces=True),
        Input("comment", "Zone.Config.Comment", default="Managed by Pulumi"),
        Input("delegationSetId", replaces=True, stored=True),
        Input("forceDestroy", default=False, stored=True),
        Input("vpcs", "Vpcs", kind=Kind.SET),
    ),
    outputs=(
        Output("arn", text="arn:{partition}:route53:::hostedzone/{id}"),
        Output("zoneId", text="{id}"),
        Output("nameServers"),
        Output("primaryNameServer", "Primary"),
    ),
    create=_create_zone,
    read=_read_zone,
    settings=(
        setting("comment", call("update_hosted_zone_comment", Id="$id", Comment="$comment"), on_create=False),
        setting("vpcs", _networks, on_create=False),
    ),
    delete=_delete_zone,
    tags=route53_tags("hostedzone"),
)

RESOURCES: Final = (ZONE,)
