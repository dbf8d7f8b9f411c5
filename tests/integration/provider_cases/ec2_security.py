"""EC2: security groups and their rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi_aws as aws

from sandbox.provider.services.ec2_security import EGRESS_RULE, INGRESS_RULE
from sandbox.provider.testing import Case, Clients

DESCRIPTION = {False: "first", True: "second"}


def groups(later: bool) -> None:
    tags = {"Name": "main", "Team": DESCRIPTION[later]}
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    aws.ec2.DefaultSecurityGroup("default-group", vpc_id=vpc.id, tags=tags)
    group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description="endpoints", tags=tags)
    other = aws.ec2.SecurityGroup("other", name_prefix="other-", vpc_id=vpc.id)
    aws.vpc.SecurityGroupIngressRule(
        "ingress",
        security_group_id=group.id,
        ip_protocol="tcp",
        from_port=443,
        to_port=8443 if later else 443,
        cidr_ipv4=vpc.cidr_block,
        description=DESCRIPTION[later],
        tags=tags,
    )
    aws.vpc.SecurityGroupIngressRule(
        "ingress-group", security_group_id=group.id, ip_protocol="-1", referenced_security_group_id=other.id
    )
    aws.vpc.SecurityGroupEgressRule(
        "egress", security_group_id=group.id, ip_protocol="-1", cidr_ipv4="10.0.0.0/8" if later else "0.0.0.0/0"
    )


def left(clients: Clients) -> dict[str, Any]:
    found = clients.ec2.describe_security_groups()["SecurityGroups"]
    return {"groups": [one for one in found if one["GroupName"] != "default"]}


def _network(server: Clients) -> tuple[str, str]:
    vpc = server.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, server.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]


def rule_unchanged(server: Clients, direction: str, before: dict[str, Any], after: dict[str, Any], path: str) -> bool:
    """Whether a rule keeps what `before` made although the server accepted `after`."""
    vpc, _ = _network(server)
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


def ipv6_kept(direction: str) -> Callable[[Clients], bool]:
    before = {"Ipv6Ranges": [{"CidrIpv6": "fd00::/16"}]}
    return lambda server: rule_unchanged(server, direction, before, {"CidrIpv6": "fd01::/16"}, "CidrIpv6")


def list_kept(direction: str) -> Callable[[Clients], bool]:
    before = {"PrefixListIds": [{"PrefixListId": "pl-11111111"}]}
    after = {"PrefixListId": "pl-22222222"}
    return lambda server: rule_unchanged(server, direction, before, after, "PrefixListId")


def group_kept(direction: str) -> Callable[[Clients], bool]:
    def probe(server: Clients) -> bool:
        vpc, _ = _network(server)
        one, other = (
            server.ec2.create_security_group(GroupName=f"{vpc}-{index}", Description="x", VpcId=vpc)["GroupId"]
            for index in range(2)
        )
        before = {"UserIdGroupPairs": [{"GroupId": one}]}
        return rule_unchanged(server, direction, before, {"ReferencedGroupId": other}, "ReferencedGroupInfo")

    return probe


CASE = Case(
    modules=("ec2_security",),
    program=groups,
    left=left,
    untold=frozenset({"namePrefix"}),
    probes={
        (described.token, name): probe(direction)
        for described, direction in ((INGRESS_RULE, "ingress"), (EGRESS_RULE, "egress"))
        for name, probe in (
            ("cidrIpv6", ipv6_kept),
            ("prefixListId", list_kept),
            ("referencedSecurityGroupId", group_kept),
        )
    },
)
