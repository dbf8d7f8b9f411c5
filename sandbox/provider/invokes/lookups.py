"""Objects that exist already: VPCs, hosted zones, keys; and random passwords."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.provider.aws import Aws
from sandbox.provider.errors import ProviderError
from sandbox.provider.invokes.function import Invoke
from sandbox.provider.invokes.identity import Arguments, Results, filters
from sandbox.provider.sameness import domain
from sandbox.provider.shapes import pascal
from sandbox.provider.tagging import read_tags

# Arguments of getRandomPassword that AWS takes under the same name in PascalCase.
CHOICES: Final = (
    "passwordLength",
    "excludeCharacters",
    "excludeLowercase",
    "excludeNumbers",
    "excludePunctuation",
    "excludeUppercase",
    "includeSpace",
    "requireEachIncludedType",
)


def get_random_password(aws: Aws, arguments: Arguments) -> Results:
    """AWS's own generator; 32 characters unless `passwordLength` says otherwise."""
    asked = {pascal(name): arguments[name] for name in CHOICES if arguments.get(name) is not None}
    region = str(arguments.get("region") or aws.region)
    password = aws.call("secretsmanager", "get_random_password", asked, region)["RandomPassword"]
    return {**arguments, "id": region, "region": region, "randomPassword": password}


def get_vpc(aws: Aws, arguments: Arguments) -> Results:
    """The one VPC that fits the id, `default`, `cidrBlock`, `state`, `tags` and `filters`."""
    region = str(arguments.get("region") or aws.region)
    wanted = [*filters(arguments), *_tag_filters(arguments.get("tags") or {})]
    for name, field in (("cidrBlock", "cidr"), ("dhcpOptionsId", "dhcp-options-id"), ("state", "state")):
        if arguments.get(name):
            wanted.append({"Name": field, "Values": [arguments[name]]})
    if arguments.get("default") is not None:
        wanted.append({"Name": "is-default", "Values": [str(bool(arguments["default"])).lower()]})
    asked = {"Filters": wanted, **({"VpcIds": [arguments["id"]]} if arguments.get("id") else {})}
    found = _one("EC2 VPC", aws.call("ec2", "describe_vpcs", asked, region)["Vpcs"])
    vpc = found["VpcId"]
    main = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    tables = aws.call("ec2", "describe_route_tables", {"Filters": main}, region)["RouteTables"]
    account = found.get("OwnerId", aws.account)
    return {
        "id": vpc,
        "arn": f"arn:{_partition(aws)}:ec2:{region}:{account}:vpc/{vpc}",
        "region": region,
        "ownerId": account,
        "cidrBlock": found["CidrBlock"],
        "default": found["IsDefault"],
        "state": found["State"],
        "dhcpOptionsId": found.get("DhcpOptionsId"),
        "instanceTenancy": found.get("InstanceTenancy"),
        "mainRouteTableId": tables[0]["RouteTableId"] if tables else None,
        "tags": read_tags(found.get("Tags")),
        **{name: _vpc_attribute(aws, vpc, name, region) for name in ("enableDnsSupport", "enableDnsHostnames")},
    }


def _vpc_attribute(aws: Aws, vpc: str, name: str, region: str) -> bool:
    asked = {"VpcId": vpc, "Attribute": name}
    return bool(aws.call("ec2", "describe_vpc_attribute", asked, region)[pascal(name)]["Value"])


def get_zone(aws: Aws, arguments: Arguments) -> Results:
    """The zone of an id, or the one public (or private) zone of a name."""
    zone_id = arguments.get("zoneId") or _zone_named(aws, arguments)
    answer = aws.call("route53", "get_hosted_zone", {"Id": zone_id})
    zone, plain_id = answer["HostedZone"], str(answer["HostedZone"]["Id"]).rpartition("/")[2]
    servers = [domain(one) for one in answer.get("DelegationSet", {}).get("NameServers", ())]
    tags = aws.call("route53", "list_tags_for_resource", {"ResourceType": "hostedzone", "ResourceId": plain_id})
    return {
        "id": plain_id,
        "zoneId": plain_id,
        "name": domain(zone["Name"]),
        "arn": f"arn:{_partition(aws)}:route53:::hostedzone/{plain_id}",
        "callerReference": zone["CallerReference"],
        "comment": zone.get("Config", {}).get("Comment", ""),
        "privateZone": bool(zone.get("Config", {}).get("PrivateZone")),
        "nameServers": sorted(servers),
        "primaryNameServer": servers[0] if servers else "",
        "resourceRecordSetCount": zone.get("ResourceRecordSetCount"),
        "tags": read_tags(tags["ResourceTagSet"]["Tags"]),
    }


def _zone_named(aws: Aws, arguments: Arguments) -> str:
    name, private = domain(str(arguments.get("name", ""))), bool(arguments.get("privateZone"))
    zones = [
        zone
        for zone in aws.call("route53", "list_hosted_zones", {})["HostedZones"]
        if domain(zone["Name"]) == name and bool(zone.get("Config", {}).get("PrivateZone")) == private
    ]
    return str(_one(f"Route 53 hosted zone named {name!r}", zones)["Id"])


def get_key(aws: Aws, arguments: Arguments) -> Results:
    """A key by its id, ARN, alias or the alias's ARN."""
    region = str(arguments.get("region") or aws.region)
    asked = {"KeyId": arguments["keyId"], "GrantTokens": arguments.get("grantTokens") or []}
    found = aws.call("kms", "describe_key", asked, region)["KeyMetadata"]
    return {
        "id": found["KeyId"],
        "keyId": arguments["keyId"],
        "region": region,
        "arn": found["Arn"],
        "awsAccountId": found["AWSAccountId"],
        "creationDate": found["CreationDate"].isoformat(),
        "customerMasterKeySpec": found.get("KeySpec"),
        "keySpec": found.get("KeySpec"),
        "description": found.get("Description", ""),
        "enabled": found["Enabled"],
        "keyManager": found["KeyManager"],
        "keyState": found["KeyState"],
        "keyUsage": found["KeyUsage"],
        "multiRegion": bool(found.get("MultiRegion")),
        "origin": found["Origin"],
    }


def _tag_filters(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]


def _one(what: str, found: list[Any]) -> Any:
    """The only one; ProviderError for none or several, as the real functions."""
    if len(found) != 1:
        raise ProviderError(f"{'no' if not found else 'more than one'} matching {what} found")
    return found[0]


def _partition(aws: Aws) -> str:
    return aws.identity["Arn"].split(":")[1]


INVOKES: Final = (
    Invoke("aws:secretsmanager/getRandomPassword:getRandomPassword", get_random_password, ("randomPassword",)),
    Invoke("aws:ec2/getVpc:getVpc", get_vpc),
    Invoke("aws:route53/getZone:getZone", get_zone),
    Invoke("aws:kms/getKey:getKey", get_key),
)
