"""EC2: flow logs and endpoints of a VPC."""

from __future__ import annotations

from typing import Final

from sandbox.provider.errors import AwsRefused
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
    Wait,
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.services.ec2_words import accepted, arn, ec2_tags

# What a flow log may watch, by the input that names it: EC2's word for it and how its ids begin.
WATCHED: Final = {
    "vpcId": ("VPC", "vpc-"),
    "subnetId": ("Subnet", "subnet-"),
    "eniId": ("NetworkInterface", "eni-"),
    "transitGatewayAttachmentId": ("TransitGatewayAttachment", "tgw-attach-"),
    "transitGatewayId": ("TransitGateway", "tgw-"),
}
FLOW_LOG_GONE: Final = ("InvalidFlowLogId.NotFound",)
_describe_flow_log: Final = Read(call("describe_flow_logs", FlowLogIds=["$id"]), at="FlowLogs[0]", gone=FLOW_LOG_GONE)


def _read_flow_log(scope: Scope) -> LiveObject | None:
    """With what it watches under the name that the program uses for it."""
    live = _describe_flow_log(scope)
    if live is None:
        return None
    watched = str(live["ResourceId"])
    name = next((name for name, (_, prefix) in WATCHED.items() if watched.startswith(prefix)), "eniId")
    return {**live, name: watched}


def _create_flow_log(scope: Scope) -> str:
    name, kind = next((name, kind) for name, (kind, _) in WATCHED.items() if scope.value(name))
    asked = call(
        "create_flow_logs",
        "trafficType logDestinationType logDestination logFormat maxAggregationInterval destinationOptions",
        ResourceIds=[f"${name}"],
        ResourceType=kind,
        DeliverLogsPermissionArn="$iamRoleArn",
        DeliverCrossAccountRole="$deliverCrossAccountRole",
    )
    answer = scope.run(asked, scope.tag_parameter("TagSpecifications"))
    return str(accepted(answer, "create_flow_logs")["FlowLogIds"][0])


FLOW_LOG: Final = Resource(
    token="aws:ec2/flowLog:FlowLog",
    service="ec2",
    inputs=(
        *(Input(name, name, replaces=True) for name in WATCHED),
        Input("trafficType", replaces=True),
        Input("logDestinationType", default="cloud-watch-logs", replaces=True),
        Input("logDestination", replaces=True, computed=True),
        Input("iamRoleArn", "DeliverLogsPermissionArn", replaces=True),
        Input("deliverCrossAccountRole", replaces=True, stored=True),
        Input("logFormat", replaces=True, computed=True),
        Input("maxAggregationInterval", default=600, replaces=True),
        Input("destinationOptions", kind=Kind.BLOCK, replaces=True, stored=True),
    ),
    outputs=(arn("vpc-flow-log"),),
    create=_create_flow_log,
    read=_read_flow_log,
    delete=Delete((call("delete_flow_logs", FlowLogIds=["$id"]),), gone=FLOW_LOG_GONE),
    tags=ec2_tags("vpc-flow-log"),
)

ENDPOINT_GONE: Final = ("InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound")
LISTS: Final = {
    "routeTableIds": "RouteTableIds",
    "subnetIds": "SubnetIds",
    "securityGroupIds": "SecurityGroupIds",
}
MODIFY_ENDPOINT: Final = call(
    "modify_vpc_endpoint",
    "privateDnsEnabled ipAddressType dnsOptions",
    VpcEndpointId="$id",
    PolicyDocument="$policy",
    **{f"Add{api}": f"$added:{name}" for name, api in LISTS.items()},
    **{f"Remove{api}": f"$removed:{name}" for name, api in LISTS.items()},
)


_describe_endpoint: Final = Read(
    call("describe_vpc_endpoints", VpcEndpointIds=["$id"]),
    at="VpcEndpoints[0]",
    gone=ENDPOINT_GONE,
    absent="State == 'deleted'",
)


def _read_endpoint(scope: Scope) -> LiveObject | None:
    """With the prefix list that routes to a gateway endpoint use."""
    live = _describe_endpoint(scope)
    if live is None:
        return None
    filters = [{"Name": "prefix-list-name", "Values": [live["ServiceName"]]}]
    lists = scope.request("describe_prefix_lists", {"Filters": filters})["PrefixLists"]
    return {**live, "PrefixList": lists[0] if lists else None}


def _delete_endpoint(scope: Scope) -> None:
    try:
        accepted(scope.request("delete_vpc_endpoints", {"VpcEndpointIds": [scope.id]}), "delete_vpc_endpoints")
    except AwsRefused as error:
        if error.aws_code not in ENDPOINT_GONE:
            raise


VPC_ENDPOINT: Final = Resource(
    token="aws:ec2/vpcEndpoint:VpcEndpoint",
    service="ec2",
    inputs=(
        Input("vpcId", required=True, replaces=True),
        Input("serviceName", replaces=True, computed=True),
        Input("vpcEndpointType", default="Gateway", replaces=True),
        Input("autoAccept", stored=True),
        Input("policy", "PolicyDocument", kind=Kind.POLICY, computed=True),
        Input("privateDnsEnabled", default=False, stored=True),
        Input("ipAddressType", computed=True, stored=True),
        Input("dnsOptions", kind=Kind.BLOCK, computed=True, stored=True),
        Input("routeTableIds", kind=Kind.SET, computed=True),
        Input("subnetIds", kind=Kind.SET, computed=True),
        Input("securityGroupIds", "Groups[].GroupId", kind=Kind.SET, computed=True),
    ),
    outputs=(
        arn("vpc-endpoint"),
        Output("state"),
        Output("ownerId"),
        Output("requesterManaged"),
        Output("networkInterfaceIds"),
        Output("dnsEntries", kind=Kind.BLOCK),
        Output("prefixListId", "PrefixList.PrefixListId"),
        Output("cidrBlocks", "PrefixList.Cidrs"),
    ),
    create=Create(
        call(
            "create_vpc_endpoint",
            "vpcId serviceName vpcEndpointType privateDnsEnabled ipAddressType dnsOptions routeTableIds subnetIds",
            PolicyDocument="$policy",
            SecurityGroupIds="$securityGroupIds",
        ),
        at="VpcEndpoint.VpcEndpointId",
        tags="TagSpecifications",
    ),
    read=_read_endpoint,
    settings=(
        setting(
            "privateDnsEnabled ipAddressType dnsOptions policy " + " ".join(LISTS),
            MODIFY_ENDPOINT,
            on_create=False,
        ),
    ),
    delete=_delete_endpoint,
    tags=ec2_tags("vpc-endpoint"),
    ready=Wait("State", ("available", "Available", "pendingAcceptance"), failed=("failed", "rejected")),
    vanishes=600,
)

RESOURCES: Final = (FLOW_LOG, VPC_ENDPOINT)

LOST_LOG: Final = "create_flow_logs takes it, describe_flow_logs does not tell it"
LOST_ENDPOINT: Final = "create_vpc_endpoint takes it, describe_vpc_endpoints does not tell it"
GAPS: Final = (
    Gap(FLOW_LOG.token, "deliverCrossAccountRole", LOST_LOG),
    Gap(FLOW_LOG.token, "destinationOptions", LOST_LOG),
    Gap(VPC_ENDPOINT.token, "ipAddressType", LOST_ENDPOINT),
    Gap(VPC_ENDPOINT.token, "dnsOptions", LOST_ENDPOINT),
    Gap(VPC_ENDPOINT.token, "privateDnsEnabled", "modify_vpc_endpoint answers success and leaves it as it was"),
)
