"""Who and where a run is: identity, partition, region, availability zones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.provider.aws import Aws, dns_suffix_of, partition_of
from sandbox.provider.invokes.function import Invoke

Arguments = Mapping[str, Any]
Results = Mapping[str, Any]


def get_caller_identity(aws: Aws, arguments: Arguments) -> Results:
    found = aws.identity
    account = found["Account"]
    return {"accountId": account, "arn": found["Arn"], "userId": found["UserId"], "id": account}


def get_partition(aws: Aws, arguments: Arguments) -> Results:
    partition, suffix = partition_of(aws.region), dns_suffix_of(aws.region)
    reverse = ".".join(reversed(suffix.split(".")))
    return {"partition": partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse, "id": partition}


def get_region(aws: Aws, arguments: Arguments) -> Results:
    region = str(arguments.get("region") or arguments.get("name") or aws.region)
    endpoint = f"ec2.{region}.{dns_suffix_of(region)}"
    return {"region": region, "name": region, "id": region, "endpoint": endpoint, "description": region}


def get_default_tags(aws: Aws, arguments: Arguments) -> Results:
    """For the few objects that the provider's tags don't reach by themselves."""
    return {"id": partition_of(aws.region), "tags": arguments["defaultTags"]}


def get_availability_zones(aws: Aws, arguments: Arguments) -> Results:
    """Zones by name; `excludeNames`, `excludeZoneIds`, `state` and `filters` as in the real function."""
    region = str(arguments.get("region") or aws.region)
    asked: dict[str, Any] = {"AllAvailabilityZones": bool(arguments.get("allAvailabilityZones"))}
    if arguments.get("filters"):
        asked["Filters"] = filters(arguments)
    zones = aws.call("ec2", "describe_availability_zones", asked, region)["AvailabilityZones"]
    kept = sorted((zone for zone in zones if _wanted(zone, arguments)), key=lambda zone: str(zone["ZoneName"]))
    return {
        **arguments,
        "id": region,
        "region": region,
        "names": [zone["ZoneName"] for zone in kept],
        "zoneIds": [zone["ZoneId"] for zone in kept],
        "groupNames": sorted({zone.get("GroupName") or region for zone in kept}),
    }


def filters(arguments: Arguments) -> list[dict[str, Any]]:
    """The `filters` argument in EC2's form."""
    return [{"Name": one["name"], "Values": list(one["values"])} for one in arguments.get("filters") or ()]


def _wanted(zone: Mapping[str, Any], arguments: Arguments) -> bool:
    return (
        zone["ZoneName"] not in (arguments.get("excludeNames") or ())
        and zone["ZoneId"] not in (arguments.get("excludeZoneIds") or ())
        and zone["State"] == (arguments.get("state") or zone["State"])
    )


INVOKES: Final = (
    Invoke("aws:index/getCallerIdentity:getCallerIdentity", get_caller_identity),
    Invoke("aws:index/getDefaultTags:getDefaultTags", get_default_tags, takes_tags=True),
    Invoke("aws:index/getPartition:getPartition", get_partition),
    Invoke("aws:index/getRegion:getRegion", get_region),
    Invoke("aws:index/getAvailabilityZones:getAvailabilityZones", get_availability_zones),
)
