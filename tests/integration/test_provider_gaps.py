"""What the sandbox's AWS server lacks, asked of the server itself: a gap that it has closed fails here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.provider.gaps import CERTIFICATE, EGRESS, EIP, ENDPOINT, FLOW_LOG, GAPS, INGRESS, Gap
from sandbox.provider.testing import aws_server

REGION = "eu-central-1"
ROLE = "arn:aws:iam::123456789012:role/logs"


class Server:
    """boto3's clients of one server, and a network to try things on."""

    def __init__(self, url: str) -> None:
        self._session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name=REGION)
        self._url = url

    def __getattr__(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._url)

    def network(self) -> tuple[str, str]:
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        return vpc, self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with aws_server() as url:
        yield Server(url)


def address(server: Server) -> dict[str, Any]:
    asked = {"Domain": "vpc", "NetworkBorderGroup": REGION, "PublicIpv4Pool": "amazon"}
    made = server.ec2.allocate_address(**asked)["AllocationId"]
    return dict(server.ec2.describe_addresses(AllocationIds=[made])["Addresses"][0])


def flow_log(server: Server) -> dict[str, Any]:
    vpc, _ = server.network()
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


def endpoint(server: Server) -> dict[str, Any]:
    vpc, subnet = server.network()
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


def log_group(server: Server) -> dict[str, Any]:
    server.logs.create_log_group(logGroupName="classy", logGroupClass="INFREQUENT_ACCESS")
    return dict(server.logs.describe_log_groups(logGroupNamePrefix="classy")["logGroups"][0])


def rotation(server: Server) -> dict[str, Any]:
    key = server.kms.create_key()["KeyMetadata"]["KeyId"]
    server.kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    return dict(server.kms.get_key_rotation_status(KeyId=key))


def certificate(server: Server) -> dict[str, Any]:
    asked = {"DomainName": "a.example.com", "ValidationMethod": "DNS", "KeyAlgorithm": "EC_prime256v1"}
    made = server.acm.request_certificate(**asked)["CertificateArn"]
    return dict(server.acm.describe_certificate(CertificateArn=made)["Certificate"])


def options_refused(server: Server) -> bool:
    made = server.acm.request_certificate(DomainName="b.example.com")["CertificateArn"]
    wanted = {"CertificateTransparencyLoggingPreference": "DISABLED"}
    try:
        server.acm.update_certificate_options(CertificateArn=made, Options=wanted)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    return False


def rule_unchanged(server: Server, direction: str, before: dict[str, Any], after: dict[str, Any], path: str) -> bool:
    """Whether a rule keeps what `before` made although the server accepted `after`."""
    vpc, _ = server.network()
    group = server.ec2.create_security_group(GroupName=vpc, Description="x", VpcId=vpc)["GroupId"]
    authorize = getattr(server.ec2, f"authorize_security_group_{direction}")
    ports = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1}
    made = authorize(GroupId=group, IpPermissions=[{**ports, **before}])["SecurityGroupRules"][0]
    changed = [{"SecurityGroupRuleId": made["SecurityGroupRuleId"], "SecurityGroupRule": {**ports, **after}}]
    server.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=changed)
    found = server.ec2.describe_security_group_rules(SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])
    rule = found["SecurityGroupRules"][0]
    if path == "ReferencedGroupInfo":
        return bool(rule[path]["GroupId"] != after["ReferencedGroupId"])
    return bool(rule[path] != after[path])


def ipv6_kept(direction: str) -> Callable[[Server], bool]:
    before = {"Ipv6Ranges": [{"CidrIpv6": "fd00::/16"}]}
    return lambda server: rule_unchanged(server, direction, before, {"CidrIpv6": "fd01::/16"}, "CidrIpv6")


def list_kept(direction: str) -> Callable[[Server], bool]:
    before = {"PrefixListIds": [{"PrefixListId": "pl-11111111"}]}
    after = {"PrefixListId": "pl-22222222"}
    return lambda server: rule_unchanged(server, direction, before, after, "PrefixListId")


def group_kept(direction: str) -> Callable[[Server], bool]:
    def probe(server: Server) -> bool:
        vpc, _ = server.network()
        one, other = (
            server.ec2.create_security_group(GroupName=f"{vpc}-{index}", Description="x", VpcId=vpc)["GroupId"]
            for index in range(2)
        )
        before = {"UserIdGroupPairs": [{"GroupId": one}]}
        return rule_unchanged(server, direction, before, {"ReferencedGroupId": other}, "ReferencedGroupInfo")

    return probe


# Whether the gap is still there, by type and property.
PROBES: dict[tuple[str, str], Callable[[Server], bool]] = {
    (EIP, "networkBorderGroup"): lambda server: "NetworkBorderGroup" not in address(server),
    (EIP, "publicIpv4Pool"): lambda server: "PublicIpv4Pool" not in address(server),
    (FLOW_LOG, "deliverCrossAccountRole"): lambda server: "DeliverCrossAccountRole" not in flow_log(server),
    (FLOW_LOG, "destinationOptions"): lambda server: "DestinationOptions" not in flow_log(server),
    (ENDPOINT, "ipAddressType"): lambda server: "IpAddressType" not in endpoint(server),
    (ENDPOINT, "dnsOptions"): lambda server: "DnsOptions" not in endpoint(server),
    (ENDPOINT, "privateDnsEnabled"): lambda server: endpoint(server)["PrivateDnsEnabled"] is True,
    ("aws:cloudwatch/logGroup:LogGroup", "logGroupClass"): lambda server: "logGroupClass" not in log_group(server),
    ("aws:kms/key:Key", "rotationPeriodInDays"): lambda server: "RotationPeriodInDays" not in rotation(server),
    (CERTIFICATE, "keyAlgorithm"): lambda server: certificate(server)["KeyAlgorithm"] == "RSA_2048",
    (CERTIFICATE, "options"): options_refused,
    **{
        (token, name): probe(direction)
        for token, direction in ((INGRESS, "ingress"), (EGRESS, "egress"))
        for name, probe in (
            ("cidrIpv6", ipv6_kept),
            ("prefixListId", list_kept),
            ("referencedSecurityGroupId", group_kept),
        )
    },
}


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: f"{gap.token.rpartition(':')[2]}.{gap.property}")
def test_the_server_still_lacks_it(gap: Gap, server: Server) -> None:
    assert PROBES[gap.token, gap.property](server), f"the AWS server has learnt {gap.property}: remove the gap"
