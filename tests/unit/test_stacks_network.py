"""The network stack: addresses, ways out, flow logs, endpoints."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks.network.address_plan import plan_addresses
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

DEV, STAGE, PROD = EnvironmentName.DEV, EnvironmentName.STAGE, EnvironmentName.PROD


def network(environment: EnvironmentName = DEV, preview: bool = False, **inputs: Any) -> Picture:
    return picture_of(sample_target("network", environment), inputs, preview=preview)


def private_block() -> st.SearchStrategy[str]:
    return st.builds(
        lambda address, prefix: str(IPv4Network((address, prefix), strict=False)),
        st.ip_addresses(v=4, network="10.0.0.0/8"),
        st.integers(16, 20),
    )


class TestAddresses:
    @given(private_block(), st.integers(2, 3))
    def test_subnets_lie_in_the_vpc_and_never_overlap(self, cidr: str, zones: int) -> None:
        plan = plan_addresses(cidr, zones)
        blocks = [IPv4Network(block) for block in (*plan.public, *plan.private, *plan.database)]
        assert len(blocks) == 3 * zones
        assert all(block.subnet_of(IPv4Network(cidr)) for block in blocks)
        assert not any(one.overlaps(other) for index, one in enumerate(blocks) for other in blocks[:index])

    @given(private_block())
    def test_a_third_zone_moves_nothing(self, cidr: str) -> None:
        two, three = plan_addresses(cidr, 2), plan_addresses(cidr, 3)
        assert (two.public, two.private, two.database) == (three.public[:2], three.private[:2], three.database[:2])

    def test_a_vpc_of_16_bits_gives_private_subnets_room_for_pods(self) -> None:
        plan = plan_addresses("10.1.0.0/16", 3)
        assert plan.private == ["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/20"]
        assert plan.public == ["10.1.64.0/22", "10.1.68.0/22", "10.1.72.0/22"]
        assert plan.database == ["10.1.80.0/22", "10.1.84.0/22", "10.1.88.0/22"]

    def test_subnets_follow_the_block_that_was_asked_for(self) -> None:
        picture = network(vpcCidr="172.20.0.0/18", azCount=3)
        blocks = {item.inputs["cidrBlock"] for item in picture.of("Subnet")}
        assert len(blocks) == 9
        assert all(IPv4Network(block).subnet_of(IPv4Network("172.20.0.0/18")) for block in blocks)

    @pytest.mark.parametrize(
        ("environment", "cidr", "zones"), [(DEV, "10.0.0.0/16", 2), (STAGE, "10.1.0.0/16", 2), (PROD, "10.2.0.0/16", 3)]
    )
    def test_sizes_by_environment(self, environment: EnvironmentName, cidr: str, zones: int) -> None:
        picture = network(environment)
        assert picture.one("Vpc").inputs["cidrBlock"] == cidr
        assert len(picture.outputs["privateSubnetIds"]) == zones

    @pytest.mark.parametrize(
        ("cidr", "rule"),
        [
            ("10.0.0.0/8", "between /16 and /20"),
            ("10.0.0.0/24", "between /16 and /20"),
            ("8.8.0.0/16", "RFC 1918"),
            ("10.0.0.1/16", "has host bits set"),
            ("10.0.0.0", "between /16 and /20"),
            ("garden", "must be an IPv4 CIDR block"),
        ],
    )
    def test_a_bad_block_is_refused_before_anything_runs(self, cidr: str, rule: str) -> None:
        with pytest.raises(InvalidStackInput, match=f"stack network refuses its inputs: vpcCidr = '{cidr}': .*{rule}"):
            network(vpcCidr=cidr)


class TestZones:
    def test_each_tier_has_a_subnet_in_each_of_the_first_zones(self) -> None:
        picture = network(azCount=2)
        zones = {item.name: item.inputs["availabilityZone"] for item in picture.of("Subnet")}
        assert zones == {
            f"{tier}-{number}": f"eu-test-1{letter}"
            for tier in ("public", "private", "database")
            for number, letter in ((1, "a"), (2, "b"))
        }
        assert picture.outputs["availabilityZones"] == ["eu-test-1a", "eu-test-1b"]

    def test_a_subnet_stays_where_it_is_when_the_region_offers_other_zones(self) -> None:
        assert all(item.ignore_changes == ["availabilityZone"] for item in network().of("Subnet"))

    def test_a_region_with_too_few_zones_says_so(self) -> None:
        answers = {"aws:index/getAvailabilityZones:getAvailabilityZones": {"names": ["b", "a"]}}
        with pytest.raises(Exception, match="azCount is 3, but the region has 2 zones only: a, b"):
            picture_of(sample_target("network"), {"azCount": 3}, answers=answers)

    def test_kubernetes_finds_the_subnets_for_its_balancers(self) -> None:
        tags = {item.name: set(item.inputs["tags"]) for item in network().of("Subnet")}
        assert "kubernetes.io/role/elb" in tags["public-1"]
        assert "kubernetes.io/role/internal-elb" in tags["private-1"]
        assert tags["database-1"] == {"Name"}

    def test_public_addresses_are_given_only_when_asked_for(self) -> None:
        assert not any(item.inputs["mapPublicIpOnLaunch"] for item in network().of("Subnet"))
        on = {item.name for item in network(publicIpOnLaunch=True).of("Subnet") if item.inputs["mapPublicIpOnLaunch"]}
        assert on == {"public-1", "public-2"}


class TestRouting:
    def test_private_subnets_share_one_nat_gateway(self) -> None:
        picture = network(azCount=3)
        routes = {item.name: item.inputs.get("natGatewayId") for item in picture.of("Route")}
        assert routes == {"public-internet": None, **{f"private-{number}-nat": "nat-1-id" for number in (1, 2, 3)}}
        assert picture.outputs["natGatewayIps"] == ["192.0.2.1"]

    def test_in_prod_every_zone_has_its_own(self) -> None:
        picture = network(PROD)
        routes = {item.inputs["natGatewayId"] for item in picture.of("Route") if "natGatewayId" in item.inputs}
        assert routes == {"nat-1-id", "nat-2-id", "nat-3-id"}
        assert {item.inputs["subnetId"] for item in picture.of("NatGateway")} == {
            "public-1-id",
            "public-2-id",
            "public-3-id",
        }

    def test_a_nat_gateway_waits_for_the_way_to_the_internet(self) -> None:
        assert "public-internet" in network().one("NatGateway").depends_on

    def test_without_nat_nothing_leaves_the_private_subnets(self) -> None:
        picture = network(enableNat=False)
        assert [item.name for item in picture.of("Route")] == ["public-internet"]
        assert picture.of("Eip") == picture.of("NatGateway") == []
        assert picture.outputs["natGatewayIds"] == picture.outputs["natGatewayIps"] == []

    def test_the_database_tier_has_no_way_out(self) -> None:
        picture = network(PROD)
        tables = {item.inputs["routeTableId"] for item in picture.of("Route")}
        assert tables == {"public-id", "private-1-id", "private-2-id", "private-3-id"}
        assert len(picture.of("RouteTableAssociation")) == 9

    def test_the_default_group_is_taken_over_without_a_rule(self) -> None:
        assert set(network().one("DefaultSecurityGroup").inputs) == {"vpcId", "tags"}


class TestFlowLogs:
    def test_the_role_may_write_to_its_own_log_group_only(self) -> None:
        picture = network()
        policy = json.loads(picture.one("RolePolicy").inputs["policy"])
        arn = "arn:aws:test:::LogGroup/flow-logs"
        assert [statement["Resource"] for statement in policy["Statement"]] == [[arn, f"{arn}:*"]]
        trust = json.loads(picture.one("Role").inputs["assumeRolePolicy"])["Statement"][0]
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "410000000017"}}

    @pytest.mark.parametrize(("environment", "days"), [(DEV, 14), (PROD, 90)])
    def test_they_are_kept_for_a_while(self, environment: EnvironmentName, days: int) -> None:
        assert network(environment).one("LogGroup").inputs["retentionInDays"] == days

    def test_a_retention_that_cloudwatch_does_not_know_is_refused(self) -> None:
        with pytest.raises(InvalidStackInput, match="flowLogRetentionDays = 10: Input should be 1, 3, 5"):
            network(flowLogRetentionDays=10)

    def test_a_bucket_takes_the_place_of_the_log_group(self) -> None:
        picture = network(flowLogBucketArn="arn:aws:s3:::logs")
        assert picture.one("FlowLog").inputs["logDestination"] == "arn:aws:s3:::logs"
        assert picture.of("LogGroup") == picture.of("Role") == []

    def test_off_is_off(self) -> None:
        picture = network(enableFlowLogs=False)
        assert picture.of("FlowLog") == picture.of("LogGroup") == []
        assert picture.outputs.get("flowLogsLogGroupName") is None

    def test_a_key_from_another_stack_may_be_unknown_in_a_preview(self) -> None:
        assert network(preview=True, flowLogKeyArn=UNKNOWN).one("LogGroup").inputs["kmsKeyId"] is UNKNOWN


class TestEndpoints:
    def test_s3_is_reached_from_every_route_table(self) -> None:
        picture = network()
        inputs = picture.one("VpcEndpoint", "s3-gateway").inputs
        assert set(inputs["routeTableIds"]) == {f"{item.name}-id" for item in picture.of("RouteTable")}
        assert (inputs["vpcEndpointType"], inputs["serviceName"]) == ("Gateway", "com.amazonaws.eu-central-1.s3")

    def test_interface_endpoints_admit_the_whole_vpc(self) -> None:
        picture = network()
        assert picture.one("VpcEndpoint", "ecr.api").inputs["securityGroupIds"] == ["endpoints-id"]
        rule = picture.one("SecurityGroupIngressRule").inputs
        assert (rule["cidrIpv4"], rule["fromPort"], rule["toPort"]) == ("10.0.0.0/16", 443, 443)
        assert picture.outputs["ecrApiVpcEndpointId"] == "ecr.api-id"

    def test_without_interface_endpoints_only_s3_remains(self) -> None:
        picture = network(interfaceEndpoints=[])
        assert [item.name for item in picture.of("VpcEndpoint")] == ["s3-gateway"]
        assert picture.of("SecurityGroup") == []
        assert picture.outputs.get("ecrDkrVpcEndpointId") is None

    def test_s3_may_have_an_interface_beside_its_gateway(self) -> None:
        assert [item.name for item in network(interfaceEndpoints=["s3"]).of("VpcEndpoint")] == ["s3", "s3-gateway"]

    def test_off_is_off(self) -> None:
        assert network(enableVpcEndpoints=False).of("VpcEndpoint") == []

    @pytest.mark.parametrize(
        ("names", "rule"), [(["sts", "sts"], "same value twice"), (["Bad Name"], "should match pattern")]
    )
    def test_bad_lists_are_refused(self, names: list[str], rule: str) -> None:
        with pytest.raises(InvalidStackInput, match=f"interfaceEndpoints.*{rule}"):
            network(interfaceEndpoints=names)


def test_the_database_subnets_can_be_closed_to_all_but_the_vpc() -> None:
    picture = network(enableNacls=True)
    acl = picture.one("NetworkAcl").inputs
    assert acl["subnetIds"] == ["database-1-id", "database-2-id"]
    assert [rule["cidrBlock"] for rule in (*acl["ingress"], *acl["egress"])] == ["10.0.0.0/16"] * 2
    assert network().of("NetworkAcl") == []


def test_a_preview_knows_how_many_of_everything_there_will_be() -> None:
    outputs = network(PROD, preview=True).outputs
    assert outputs["privateSubnetIds"] == [UNKNOWN] * 3
    assert outputs["natGatewayIds"] == [UNKNOWN] * 3
    assert outputs["vpcId"] is UNKNOWN
    assert outputs["vpcCidrBlock"] == "10.2.0.0/16"
