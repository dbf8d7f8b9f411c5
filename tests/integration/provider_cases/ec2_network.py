"""EC2: networks, gateways, routes and endpoints, with the log group that flow logs go to."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws

from sandbox.provider.services.ec2_gateway import EIP
from sandbox.provider.services.ec2_route import ROUTE, ROUTE_TABLE_ASSOCIATION
from sandbox.provider.services.ec2_traffic import FLOW_LOG, VPC_ENDPOINT
from sandbox.provider.services.logs import LOG_GROUP
from sandbox.provider.testing import Case, Clients
from sandbox.provider.testing.cases import REGION

ROLE = "arn:aws:iam::123456789012:role/logs"
DESCRIPTION = {False: "first", True: "second"}


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def network(later: bool) -> None:
    """EC2's network types; `later` changes what can be changed in place."""
    tags = {"Name": "main", "Team": DESCRIPTION[later]}
    vpc = aws.ec2.Vpc(
        "vpc",
        cidr_block="10.0.0.0/16",
        instance_tenancy="default",
        enable_dns_hostnames=not later,
        enable_dns_support=True,
        enable_network_address_usage_metrics=later,
        tags=tags,
    )
    one, two = (
        aws.ec2.Subnet(
            f"subnet-{index}",
            vpc_id=vpc.id,
            cidr_block=f"10.0.{index}.0/24",
            availability_zone=f"{REGION}{'ab'[index]}",
            map_public_ip_on_launch=later,
            tags=tags,
        )
        for index in range(2)
    )
    gateway = aws.ec2.InternetGateway("gateway", vpc_id=vpc.id, tags=tags)
    address = aws.ec2.Eip("address", domain="vpc", tags=tags)
    nat = aws.ec2.NatGateway("nat", subnet_id=one.id, allocation_id=address.id, tags=tags)
    tables = [aws.ec2.RouteTable(f"table-{index}", vpc_id=vpc.id, tags=tags) for index in range(2)]
    target = {"gateway_id": gateway.id} if later else {"nat_gateway_id": nat.id}
    aws.ec2.Route("route", route_table_id=tables[0].id, destination_cidr_block="0.0.0.0/0", **target)
    aws.ec2.RouteTableAssociation("association", subnet_id=two.id, route_table_id=tables[later].id)
    groups = [aws.ec2.SecurityGroup(f"group-{index}", vpc_id=vpc.id) for index in range(2)]
    endpoints(vpc, (one, two), tables, groups, later)


def endpoints(vpc: Any, subnets: Any, tables: Any, groups: Any, later: bool) -> None:
    aws.ec2.VpcEndpoint(
        "endpoint-s3",
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{REGION}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.id for table in tables],
        tags={"Team": DESCRIPTION[later]},
    )
    aws.ec2.VpcEndpoint(
        "endpoint-logs",
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{REGION}.logs",
        vpc_endpoint_type="Interface",
        private_dns_enabled=True,
        subnet_ids=[subnets[1].id, subnets[0].id],
        security_group_ids=[groups[later].id],
    )
    group = aws.cloudwatch.LogGroup("flows", retention_in_days=30 if later else 14, tags={"Team": DESCRIPTION[later]})
    role = aws.iam.Role("flows", assume_role_policy=trust("vpc-flow-logs.amazonaws.com"))
    aws.iam.RolePolicy("flows", role=role.name, policy=allow("logs:PutLogEvents"))
    aws.ec2.FlowLog(
        "flows",
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=60,
        tags={"Team": DESCRIPTION[later]},
    )


def left(clients: Clients) -> dict[str, Any]:
    ec2 = clients.ec2
    return {
        "vpcs": [one for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]],
        "addresses": ec2.describe_addresses()["Addresses"],
        "nat": [one for one in ec2.describe_nat_gateways()["NatGateways"] if one["State"] != "deleted"],
        "endpoints": [one for one in ec2.describe_vpc_endpoints()["VpcEndpoints"] if one["State"] != "deleted"],
        "flow logs": ec2.describe_flow_logs()["FlowLogs"],
        "log groups": clients.logs.describe_log_groups()["logGroups"],
    }


def _network(server: Clients) -> tuple[str, str]:
    vpc = server.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, server.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]


def address(server: Clients) -> dict[str, Any]:
    asked = {"Domain": "vpc", "NetworkBorderGroup": REGION, "PublicIpv4Pool": "amazon"}
    made = server.ec2.allocate_address(**asked)["AllocationId"]
    return dict(server.ec2.describe_addresses(AllocationIds=[made])["Addresses"][0])


def flow_log(server: Clients) -> dict[str, Any]:
    vpc, _ = _network(server)
    server.logs.create_log_group(logGroupName=vpc)
    made = server.ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName=vpc,
        DeliverLogsPermissionArn=ROLE,
        DeliverCrossAccountRole=ROLE,
        DestinationOptions={"FileFormat": "parquet"},
    )
    return dict(server.ec2.describe_flow_logs(FlowLogIds=made["FlowLogIds"])["FlowLogs"][0])


def endpoint(server: Clients) -> dict[str, Any]:
    vpc, subnet = _network(server)
    made = server.ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=f"com.amazonaws.{REGION}.logs",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        IpAddressType="ipv4",
        DnsOptions={"DnsRecordIpType": "ipv4"},
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]["VpcEndpointId"]
    server.ec2.modify_vpc_endpoint(VpcEndpointId=made, PrivateDnsEnabled=False)
    return dict(server.ec2.describe_vpc_endpoints(VpcEndpointIds=[made])["VpcEndpoints"][0])


def log_group(server: Clients) -> dict[str, Any]:
    server.logs.create_log_group(logGroupName="classy", logGroupClass="INFREQUENT_ACCESS")
    return dict(server.logs.describe_log_groups(logGroupNamePrefix="classy")["logGroups"][0])


CASE = Case(
    modules=("ec2_vpc", "ec2_gateway", "ec2_route", "ec2_traffic", "logs"),
    program=network,
    left=left,
    import_ids={
        ROUTE.token: lambda state: f"{state['routeTableId']}_{state['destinationCidrBlock']}",
        ROUTE_TABLE_ASSOCIATION.token: lambda state: f"{state['subnetId']}/{state['routeTableId']}",
    },
    probes={
        (EIP.token, "networkBorderGroup"): lambda server: "NetworkBorderGroup" not in address(server),
        (EIP.token, "publicIpv4Pool"): lambda server: "PublicIpv4Pool" not in address(server),
        (FLOW_LOG.token, "deliverCrossAccountRole"): lambda server: "DeliverCrossAccountRole" not in flow_log(server),
        (FLOW_LOG.token, "destinationOptions"): lambda server: "DestinationOptions" not in flow_log(server),
        (VPC_ENDPOINT.token, "ipAddressType"): lambda server: "IpAddressType" not in endpoint(server),
        (VPC_ENDPOINT.token, "dnsOptions"): lambda server: "DnsOptions" not in endpoint(server),
        (VPC_ENDPOINT.token, "privateDnsEnabled"): lambda server: endpoint(server)["PrivateDnsEnabled"] is True,
        (LOG_GROUP.token, "logGroupClass"): lambda server: "logGroupClass" not in log_group(server),
    },
)
