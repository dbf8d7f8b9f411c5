"""EC2: route tables, routes and associations."""

from __future__ import annotations

import zlib
from typing import Any, Final

from sandbox.provider.errors import AwsRefused, ObjectGone
from sandbox.provider.language import Create, Delete, Input, LiveObject, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services.ec2_words import arn, ec2_tags

TABLE_GONE: Final = ("InvalidRouteTableID.NotFound", "InvalidRouteTableId.NotFound")

ROUTE_TABLE: Final = Resource(
    token="aws:ec2/routeTable:RouteTable",
    service="ec2",
    inputs=(Input("vpcId", required=True, replaces=True),),
    outputs=(arn("route-table"), Output("ownerId")),
    create=Create(call("create_route_table", "vpcId"), at="RouteTable.RouteTableId", tags="TagSpecifications"),
    read=Read(call("describe_route_tables", RouteTableIds=["$id"]), at="RouteTables[0]", gone=TABLE_GONE),
    delete=Delete((call("delete_route_table", RouteTableId="$id"),), gone=TABLE_GONE),
    tags=ec2_tags("route-table"),
)

# The destinations and targets of a route: Pulumi's name and EC2's.
DESTINATIONS: Final = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
TARGETS: Final = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "transitGatewayId": "TransitGatewayId",
    "vpcEndpointId": "VpcEndpointId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}


def _given(scope: Scope, names: dict[str, str]) -> dict[str, Any]:
    return {api: scope.value(name) for name, api in names.items() if scope.value(name)}


def _destination(scope: Scope) -> dict[str, Any]:
    return {"RouteTableId": scope.value("routeTableId"), **_given(scope, DESTINATIONS)}


def _wanted(scope: Scope) -> dict[str, Any]:
    targets = {name: api for name, api in TARGETS.items() if (scope.wanted or {}).get(name)}
    return {**_destination(scope), **_given(scope, targets)}


def route_id(table: str, destination: str) -> str:
    """The id that the real provider gives a route: the table's and a checksum of the destination."""
    return f"r-{table}{zlib.crc32(destination.encode())}"


def _create_route(scope: Scope) -> str:
    scope.request("create_route", _wanted(scope))
    destination = next(iter(_given(scope, DESTINATIONS).values()))
    return route_id(scope.value("routeTableId"), destination)


def _read_route(scope: Scope) -> LiveObject | None:
    """Routes have no id in EC2: the table is searched for the destination."""
    table = scope.ask(call("describe_route_tables", RouteTableIds=["$routeTableId"]), TABLE_GONE)
    wanted = scope.value("destination") or next(iter(_given(scope, DESTINATIONS).values()), None)
    for route in scope.pick("RouteTables[0].Routes", table) or ():
        found = next((str(route[api]) for api in DESTINATIONS.values() if route.get(api)), "")
        if found and found == wanted:
            table_id = scope.value("routeTableId")
            return {**route, "RouteTableId": table_id, "Id": route_id(table_id, found)}
    return None


def _delete_route(scope: Scope) -> None:
    try:
        scope.request("delete_route", _destination(scope))
    except AwsRefused as error:
        if error.aws_code not in (*TABLE_GONE, "InvalidRoute.NotFound"):
            raise
        raise ObjectGone(error.message) from error


ROUTE: Final = Resource(
    token="aws:ec2/route:Route",
    service="ec2",
    inputs=(
        Input("routeTableId", required=True, replaces=True),
        *(Input(name, api, replaces=True) for name, api in DESTINATIONS.items()),
        *(Input(name, api, computed=True) for name, api in TARGETS.items()),
    ),
    outputs=(Output("origin"), Output("state"), Output("instanceId"), Output("instanceOwnerId")),
    create=_create_route,
    read=_read_route,
    settings=(
        setting(" ".join(TARGETS), lambda scope: scope.request("replace_route", _wanted(scope)), on_create=False),
    ),
    delete=_delete_route,
    identity=("routeTableId", *DESTINATIONS),
    imports=r"(?P<routeTableId>rtb-[0-9a-f]+)_(?P<destination>.+)",
    id_at="Id",
)


def _association(scope: Scope) -> LiveObject | None:
    """The association of the subnet or gateway with the table.

    EC2 gives it a new id whenever its table is replaced, so that the id alone doesn't find it.
    """
    table = scope.ask(call("describe_route_tables", RouteTableIds=["$routeTableId"]), TABLE_GONE)
    for one in scope.pick("RouteTables[0].Associations", table) or ():
        ends = (one.get("SubnetId"), one.get("GatewayId"))
        asked = {scope.value(name) for name in ("target", "subnetId", "gatewayId")} - {None, ""}
        if one["RouteTableAssociationId"] == scope.id or asked & set(ends):
            return dict(one)
    return None


def _replace_association(scope: Scope) -> None:
    before = scope.old.get("routeTableId")
    table = scope.request("describe_route_tables", {"RouteTableIds": [before]})
    ends = {scope.value("subnetId"), scope.value("gatewayId")} - {None}
    found = next(
        one["RouteTableAssociationId"]
        for one in scope.pick("RouteTables[0].Associations", table)
        if {one.get("SubnetId"), one.get("GatewayId")} & ends
    )
    scope.request(
        "replace_route_table_association",
        {"AssociationId": found, "RouteTableId": scope.value("routeTableId")},
    )


def _disassociate(scope: Scope) -> None:
    found = _association(scope)
    if found is None:
        raise ObjectGone(f"{scope.id} is gone")
    scope.request("disassociate_route_table", {"AssociationId": found["RouteTableAssociationId"]})


ROUTE_TABLE_ASSOCIATION: Final = Resource(
    token="aws:ec2/routeTableAssociation:RouteTableAssociation",
    service="ec2",
    inputs=(
        Input("routeTableId", required=True),
        Input("subnetId", replaces=True),
        Input("gatewayId", replaces=True),
    ),
    create=Create(call("associate_route_table", "routeTableId subnetId gatewayId"), at="AssociationId"),
    read=_association,
    settings=(setting("routeTableId", _replace_association, on_create=False),),
    delete=_disassociate,
    identity=("subnetId", "gatewayId"),
    imports=r"(?P<target>[^/]+)/(?P<routeTableId>.+)",
    id_at="RouteTableAssociationId",
)

RESOURCES: Final = (ROUTE_TABLE, ROUTE, ROUTE_TABLE_ASSOCIATION)
