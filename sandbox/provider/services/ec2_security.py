"""EC2: security groups and their rules."""

from __future__ import annotations

from typing import Any, Final

from sandbox.provider.errors import ObjectGone
from sandbox.provider.gaps import REPLACED, Gap
from sandbox.provider.language import Delete, Input, LiveObject, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services.ec2_words import arn, ec2_tags
from sandbox.provider.tagging import TagForm, write_tags

GROUP_GONE: Final = ("InvalidGroup.NotFound", "InvalidGroupId.NotFound")
RULE_GONE: Final = ("InvalidSecurityGroupRuleId.NotFound", *GROUP_GONE)
EVERYTHING: Final = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}

_describe_group: Final = Read(
    call("describe_security_groups", GroupIds=["$id"]), at="SecurityGroups[0]", gone=GROUP_GONE
)


def _create_group(scope: Scope) -> str:
    """AWS lets a new group talk to everybody; like the real provider, this one takes that rule away."""
    asked = call("create_security_group", GroupName="$name", Description="$description", VpcId="$vpcId")
    scope.id = str(scope.run(asked, scope.tag_parameter("TagSpecifications"))["GroupId"])
    scope.request("revoke_security_group_egress", {"GroupId": scope.id, "IpPermissions": [EVERYTHING]})
    return scope.id


SECURITY_GROUP: Final = Resource(
    token="aws:ec2/securityGroup:SecurityGroup",
    service="ec2",
    inputs=(
        Input("name", "GroupName", replaces=True, autoname=255),
        Input("namePrefix", replaces=True, stored=True),
        Input("description", default="Managed by Pulumi", replaces=True),
        Input("vpcId", replaces=True, computed=True),
        Input("revokeRulesOnDelete", default=False, stored=True),
    ),
    outputs=(arn("security-group"), Output("ownerId")),
    create=_create_group,
    read=_describe_group,
    delete=Delete((call("delete_security_group", GroupId="$id"),), gone=GROUP_GONE),
    tags=ec2_tags("security-group"),
    identity=("name", "vpcId"),
)


def _adopt_default(scope: Scope) -> str:
    """The default group is there with its VPC: the resource takes it over and empties it."""
    filters = [
        {"Name": "group-name", "Values": ["default"]},
        {"Name": "vpc-id", "Values": [scope.value("vpcId")]},
    ]
    groups = scope.request("describe_security_groups", {"Filters": filters})["SecurityGroups"]
    if not groups:
        raise ObjectGone(f"VPC {scope.value('vpcId')} has no default security group")
    scope.id = groups[0]["GroupId"]
    _empty(scope, groups[0])
    if scope.tags_all():
        tags = write_tags(scope.tags_all(), TagForm.PAIRS)
        scope.request("create_tags", {"Resources": [scope.id], "Tags": tags})
    return scope.id


def _empty(scope: Scope, group: LiveObject) -> None:
    for direction, rules in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        if group.get(rules):
            scope.request(f"revoke_security_group_{direction}", {"GroupId": scope.id, "IpPermissions": group[rules]})


def _leave(scope: Scope) -> None:
    """The group goes with its VPC; nobody can delete it before."""


DEFAULT_SECURITY_GROUP: Final = Resource(
    token="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    service="ec2",
    inputs=(
        Input("vpcId", replaces=True, computed=True),
        Input("revokeRulesOnDelete", default=False, stored=True),
    ),
    outputs=(arn("security-group"), Output("ownerId"), Output("name", "GroupName"), Output("description")),
    create=_adopt_default,
    read=_describe_group,
    delete=_leave,
    tags=ec2_tags("security-group"),
)


# What a rule is made of: Pulumi's name and that of `modify_security_group_rules`.
FIELDS: Final = {
    "ipProtocol": "IpProtocol",
    "fromPort": "FromPort",
    "toPort": "ToPort",
    "cidrIpv4": "CidrIpv4",
    "cidrIpv6": "CidrIpv6",
    "prefixListId": "PrefixListId",
    "referencedSecurityGroupId": "ReferencedGroupId",
}


def _permission(scope: Scope) -> dict[str, Any]:
    """The rule as `authorize_…` takes it: one source or destination, with the description inside."""
    described = {"Description": scope.value("description")} if scope.value("description") else {}
    sources = {
        "cidrIpv4": ("IpRanges", "CidrIp"),
        "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
        "prefixListId": ("PrefixListIds", "PrefixListId"),
        "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    }
    permission: dict[str, Any] = {"IpProtocol": scope.value("ipProtocol")}
    for name, (group, field) in sources.items():
        if scope.value(name):
            permission[group] = [{field: scope.value(name), **described}]
    for name, field in (("fromPort", "FromPort"), ("toPort", "ToPort")):
        if scope.value(name) is not None:
            permission[field] = scope.value(name)
    return permission


def _modify(scope: Scope) -> None:
    """The whole rule anew; without ports it is for all of them."""
    rule = {field: scope.value(name) for name, field in FIELDS.items() if scope.value(name) not in (None, "")}
    ports = {"FromPort": -1, "ToPort": -1} if scope.value("ipProtocol") == "-1" else {}
    described = {**ports, **rule, "Description": scope.value("description") or ""}
    changed = [{"SecurityGroupRuleId": scope.id, "SecurityGroupRule": described}]
    asked = {"GroupId": scope.value("securityGroupId"), "SecurityGroupRules": changed}
    scope.request("modify_security_group_rules", asked)


def _port(field: str) -> str:
    """A rule for all protocols has no ports; EC2 tells them as -1."""
    return f"(IpProtocol != '-1' && {field}) || `null`"


def _rule(direction: str) -> Resource:
    """Ingress and egress rules differ in the names of their calls alone."""

    def create(scope: Scope) -> str:
        parameters = {
            "GroupId": scope.value("securityGroupId"),
            "IpPermissions": [_permission(scope)],
            **scope.tag_parameter("TagSpecifications"),
        }
        answer = scope.request(f"authorize_security_group_{direction}", parameters)
        return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    name = direction.capitalize()
    return Resource(
        token=f"aws:vpc/securityGroup{name}Rule:SecurityGroup{name}Rule",
        service="ec2",
        inputs=(
            Input("securityGroupId", "GroupId", required=True, replaces=True),
            Input("ipProtocol", required=True),
            Input("fromPort", _port("FromPort")),
            Input("toPort", _port("ToPort")),
            Input("cidrIpv4"),
            Input("cidrIpv6", replaces=True),
            Input("prefixListId", replaces=True),
            Input("referencedSecurityGroupId", "ReferencedGroupInfo.GroupId", replaces=True),
            Input("description"),
        ),
        outputs=(arn("security-group-rule"), Output("securityGroupRuleId")),
        create=create,
        read=Read(
            call("describe_security_group_rules", SecurityGroupRuleIds=["$id"]),
            at="SecurityGroupRules[0]",
            gone=RULE_GONE,
        ),
        settings=(setting(f"{' '.join(FIELDS)} description", _modify, on_create=False),),
        delete=Delete(
            (
                call(
                    f"revoke_security_group_{direction}",
                    GroupId="$securityGroupId",
                    SecurityGroupRuleIds=["$id"],
                ),
            ),
            gone=RULE_GONE,
        ),
        tags=ec2_tags("security-group-rule"),
    )


INGRESS_RULE: Final = _rule("ingress")
EGRESS_RULE: Final = _rule("egress")

RESOURCES: Final = (SECURITY_GROUP, DEFAULT_SECURITY_GROUP, INGRESS_RULE, EGRESS_RULE)

LOST: Final = "modify_security_group_rules answers success and leaves it as it was"
GAPS: Final = tuple(
    Gap(rule.token, name, LOST, REPLACED)
    for rule in (INGRESS_RULE, EGRESS_RULE)
    for name in ("cidrIpv6", "prefixListId", "referencedSecurityGroupId")
)
