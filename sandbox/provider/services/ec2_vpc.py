"""EC2: VPCs, subnets and internet gateways."""

from __future__ import annotations

from typing import Final

from sandbox.provider.language import (
    Call,
    Create,
    Delete,
    Detail,
    Input,
    Output,
    Read,
    Resource,
    Setting,
    Wait,
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.services.ec2_words import arn, ec2_tags
from sandbox.provider.shapes import pascal


def _told(name: str) -> Detail:
    """A VPC attribute has a call of its own to read it."""
    described = call("describe_vpc_attribute", VpcId="$id", Attribute=name)
    return Detail(pascal(name), described, f"{pascal(name)}.Value")


def _modify_vpc(name: str, born: bool) -> Setting:
    changed = Call("modify_vpc_attribute", parameters={"VpcId": "$id", pascal(name): {"Value": f"${name}"}})
    return setting(name, changed, born=born)


def _of_vpc(default_filter: str) -> list[dict[str, object]]:
    """Filters for what AWS makes with each VPC."""
    name, _, value = default_filter.partition("=")
    return [{"Name": "vpc-id", "Values": ["$id"]}, {"Name": name, "Values": [value]}]


VPC: Final = Resource(
    token="aws:ec2/vpc:Vpc",
    service="ec2",
    inputs=(
        Input("cidrBlock", replaces=True, computed=True),
        Input("instanceTenancy", default="default", replaces=True),
        Input("enableDnsSupport", default=True),
        Input("enableDnsHostnames", default=False),
        Input("enableNetworkAddressUsageMetrics", default=False),
    ),
    outputs=(
        arn("vpc"),
        Output("ownerId"),
        Output("dhcpOptionsId"),
        Output("mainRouteTableId"),
        Output("defaultRouteTableId", "MainRouteTableId"),
        Output("defaultNetworkAclId"),
        Output("defaultSecurityGroupId"),
    ),
    create=Create(call("create_vpc", "cidrBlock instanceTenancy"), at="Vpc.VpcId", tags="TagSpecifications"),
    read=Read(
        call("describe_vpcs", VpcIds=["$id"]),
        at="Vpcs[0]",
        gone=("InvalidVpcID.NotFound",),
        details=(
            _told("enableDnsSupport"),
            _told("enableDnsHostnames"),
            _told("enableNetworkAddressUsageMetrics"),
            Detail(
                "MainRouteTableId",
                call("describe_route_tables", Filters=_of_vpc("association.main=true")),
                "RouteTables[0].RouteTableId",
            ),
            Detail(
                "DefaultNetworkAclId",
                call("describe_network_acls", Filters=_of_vpc("default=true")),
                "NetworkAcls[0].NetworkAclId",
            ),
            Detail(
                "DefaultSecurityGroupId",
                call("describe_security_groups", Filters=_of_vpc("group-name=default")),
                "SecurityGroups[0].GroupId",
            ),
        ),
    ),
    settings=(
        _modify_vpc("enableDnsSupport", born=True),
        _modify_vpc("enableDnsHostnames", born=False),
        _modify_vpc("enableNetworkAddressUsageMetrics", born=False),
    ),
    delete=Delete((call("delete_vpc", VpcId="$id"),), gone=("InvalidVpcID.NotFound",)),
    tags=ec2_tags("vpc"),
    ready=Wait("State", ("available",)),
)


def _modify_subnet(name: str) -> Setting:
    changed = Call("modify_subnet_attribute", parameters={"SubnetId": "$id", pascal(name): {"Value": f"${name}"}})
    return setting(name, changed, born=False)


SUBNET: Final = Resource(
    token="aws:ec2/subnet:Subnet",
    service="ec2",
    inputs=(
        Input("vpcId", required=True, replaces=True),
        Input("cidrBlock", replaces=True),
        Input("availabilityZone", replaces=True, computed=True),
        Input("availabilityZoneId", replaces=True, computed=True),
        Input("mapPublicIpOnLaunch", default=False),
        Input("assignIpv6AddressOnCreation", default=False),
    ),
    outputs=(Output("arn", "SubnetArn"), Output("ownerId")),
    create=Create(
        call("create_subnet", "vpcId cidrBlock availabilityZone availabilityZoneId"),
        at="Subnet.SubnetId",
        tags="TagSpecifications",
    ),
    read=Read(call("describe_subnets", SubnetIds=["$id"]), at="Subnets[0]", gone=("InvalidSubnetID.NotFound",)),
    settings=(_modify_subnet("mapPublicIpOnLaunch"), _modify_subnet("assignIpv6AddressOnCreation")),
    delete=Delete((call("delete_subnet", SubnetId="$id"),), gone=("InvalidSubnetID.NotFound",)),
    tags=ec2_tags("subnet"),
    ready=Wait("State", ("available",)),
)

DETACH: Final = call("detach_internet_gateway", InternetGatewayId="$id", VpcId="$vpcId")
ATTACH: Final = call("attach_internet_gateway", InternetGatewayId="$id", VpcId="$vpcId")


def _attach(scope: Scope) -> None:
    """A gateway hangs on one VPC at a time."""
    if scope.old.get("vpcId"):
        scope.request("detach_internet_gateway", {"InternetGatewayId": scope.id, "VpcId": scope.old["vpcId"]})
    if scope.value("vpcId"):
        scope.run(ATTACH)


def _delete_gateway(scope: Scope) -> None:
    gone = ("Gateway.NotAttached", "InvalidInternetGatewayID.NotFound")
    steps: tuple[Call, ...] = (call("delete_internet_gateway", InternetGatewayId="$id"),)
    Delete((DETACH, *steps) if scope.value("vpcId") else steps, gone)(scope)


INTERNET_GATEWAY: Final = Resource(
    token="aws:ec2/internetGateway:InternetGateway",
    service="ec2",
    inputs=(Input("vpcId", "Attachments[0].VpcId", computed=True),),
    outputs=(arn("internet-gateway"), Output("ownerId")),
    create=Create(call("create_internet_gateway"), at="InternetGateway.InternetGatewayId", tags="TagSpecifications"),
    read=Read(
        call("describe_internet_gateways", InternetGatewayIds=["$id"]),
        at="InternetGateways[0]",
        gone=("InvalidInternetGatewayID.NotFound",),
    ),
    settings=(setting("vpcId", _attach),),
    delete=_delete_gateway,
    tags=ec2_tags("internet-gateway"),
)

RESOURCES: Final = (VPC, SUBNET, INTERNET_GATEWAY)
