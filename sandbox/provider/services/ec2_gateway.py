"""EC2: elastic addresses and NAT gateways."""

from __future__ import annotations

from typing import Any, Final

from sandbox.provider.aws import dns_suffix_of
from sandbox.provider.gaps import Gap
from sandbox.provider.language import (
    Create,
    Delete,
    Input,
    LiveObject,
    Output,
    Read,
    Resource,
    Wait,
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.services.ec2_words import arn, ec2_tags

ADDRESS_GONE: Final = ("InvalidAllocationID.NotFound", "InvalidAddress.NotFound")
_describe_address: Final = Read(call("describe_addresses", AllocationIds=["$id"]), at="Addresses[0]", gone=ADDRESS_GONE)


def _read_address(scope: Scope) -> LiveObject | None:
    """With the DNS name that AWS gives every public address; the API itself doesn't tell it."""
    live = _describe_address(scope)
    if live is None:
        return None
    zone = "compute-1" if scope.region == "us-east-1" else f"{scope.region}.compute"
    dashed = str(live["PublicIp"]).replace(".", "-")
    return {**live, "PublicDns": f"ec2-{dashed}.{zone}.{dns_suffix_of(scope.region)}"}


def _associate(scope: Scope) -> None:
    """Bind the address to what the program names, or set it free."""
    if scope.state.get("associationId"):
        scope.request("disassociate_address", {"AssociationId": scope.state["associationId"]})
    if scope.value("instance") or scope.value("networkInterface"):
        scope.run(
            call(
                "associate_address",
                AllocationId="$id",
                InstanceId="$instance",
                NetworkInterfaceId="$networkInterface",
                PrivateIpAddress="$associateWithPrivateIp",
            )
        )


def _release(scope: Scope) -> None:
    found: Any = _describe_address(scope)
    if found and found.get("AssociationId") and scope.state.get("instance"):
        scope.request("disassociate_address", {"AssociationId": found["AssociationId"]})
    Delete((call("release_address", AllocationId="$id"),), gone=ADDRESS_GONE)(scope)


EIP: Final = Resource(
    token="aws:ec2/eip:Eip",
    service="ec2",
    inputs=(
        Input("domain", default="vpc", replaces=True),
        Input("networkBorderGroup", replaces=True, computed=True, stored=True),
        Input("publicIpv4Pool", replaces=True, computed=True, stored=True),
        Input("instance", "InstanceId", computed=True),
        Input("networkInterface", "NetworkInterfaceId", computed=True),
        Input("associateWithPrivateIp", stored=True),
    ),
    outputs=(
        arn("elastic-ip"),
        Output("allocationId"),
        Output("associationId"),
        Output("privateIp", "PrivateIpAddress"),
        Output("publicIp"),
        Output("publicDns"),
    ),
    create=Create(
        call("allocate_address", "domain networkBorderGroup publicIpv4Pool"),
        at="AllocationId",
        tags="TagSpecifications",
    ),
    read=_read_address,
    settings=(setting("instance networkInterface associateWithPrivateIp", _associate),),
    delete=_release,
    tags=ec2_tags("elastic-ip"),
)

NAT_GATEWAY: Final = Resource(
    token="aws:ec2/natGateway:NatGateway",
    service="ec2",
    inputs=(
        Input("subnetId", required=True, replaces=True),
        Input("allocationId", "NatGatewayAddresses[0].AllocationId", replaces=True),
        Input("connectivityType", default="public", replaces=True),
        Input("privateIp", "NatGatewayAddresses[0].PrivateIp", replaces=True, computed=True),
    ),
    outputs=(
        Output("associationId", "NatGatewayAddresses[0].AssociationId"),
        Output("networkInterfaceId", "NatGatewayAddresses[0].NetworkInterfaceId"),
        Output("publicIp", "NatGatewayAddresses[0].PublicIp"),
    ),
    create=Create(
        call("create_nat_gateway", "subnetId connectivityType allocationId", PrivateIpAddress="$privateIp"),
        at="NatGateway.NatGatewayId",
        tags="TagSpecifications",
    ),
    read=Read(
        call("describe_nat_gateways", NatGatewayIds=["$id"]),
        at="NatGateways[0]",
        gone=("NatGatewayNotFound",),
        absent="State == 'deleted'",
    ),
    delete=Delete((call("delete_nat_gateway", NatGatewayId="$id"),), gone=("NatGatewayNotFound",)),
    tags=ec2_tags("natgateway"),
    ready=Wait("State", ("available",), failed=("failed",)),
    vanishes=1800,
)

RESOURCES: Final = (EIP, NAT_GATEWAY)

LOST: Final = "allocate_address takes it, describe_addresses does not tell it"
GAPS: Final = tuple(Gap(EIP.token, name, LOST) for name in ("networkBorderGroup", "publicIpv4Pool"))
