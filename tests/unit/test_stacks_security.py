"""The security stack: who talks to whom, who may do what, and who holds the keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

ACCOUNT = "410000000017"
CIDR = "10.0.0.0/16"
APPLICATIONS = {"web", "api", "ecs", "eks", "lambda"}


def security(environment: EnvironmentName = EnvironmentName.DEV, preview: bool = False, **inputs: Any) -> Picture:
    values = {"vpcId": "vpc-1", "vpcCidrBlock": CIDR, **inputs}
    return picture_of(sample_target("security", environment), values, preview=preview)


def rules(picture: Picture, direction: str, group: str) -> set[tuple[str, str]]:
    """(peer, ports) of the group's rules; `*` for every port."""
    found = set()
    for item in picture.of(f"SecurityGroup{direction}Rule"):
        inputs = item.inputs
        if inputs["securityGroupId"] == f"{group}-id":
            peer = inputs.get("cidrIpv4") or inputs["referencedSecurityGroupId"].removesuffix("-id")
            found.add((peer, f"{inputs['fromPort']}-{inputs['toPort']}" if inputs["ipProtocol"] == "tcp" else "*"))
    return found


def statements(picture: Picture, kind: str, name: str, field: str = "policy") -> dict[str, dict[str, Any]]:
    document = json.loads(picture.one(kind, name).inputs[field])
    return {item.get("Sid", str(index)): item for index, item in enumerate(document["Statement"])}


class TestGroups:
    def test_there_are_seven_and_no_rule_inside_a_group(self) -> None:
        groups = security().of("SecurityGroup")
        assert {item.name for item in groups} == {*APPLICATIONS, "load-balancer", "database"}
        assert all(not {"ingress", "egress"} & set(item.inputs) for item in groups)

    def test_the_internet_reaches_the_balancers_only(self) -> None:
        picture = security()
        assert rules(picture, "Ingress", "load-balancer") == {("0.0.0.0/0", "80-80"), ("0.0.0.0/0", "443-443")}
        for group in (*APPLICATIONS, "database"):
            assert not [peer for peer, _ in rules(picture, "Ingress", group) if peer == "0.0.0.0/0"]

    def test_balancers_reach_all_application_ports(self) -> None:
        picture = security(appPortRange=[3000, 3999])
        for group in ("web", "api", "ecs", "eks"):
            assert ("load-balancer", "3000-3999") in rules(picture, "Ingress", group)
        assert rules(picture, "Egress", "load-balancer") == {(CIDR, "3000-3999")}

    def test_every_application_reaches_the_database_on_its_ports(self) -> None:
        picture = security(databasePorts=[5432, 6379])
        expected = {(group, ports) for group in APPLICATIONS for ports in ("5432-5432", "6379-6379")}
        assert rules(picture, "Ingress", "database") == expected

    def test_the_database_reaches_nobody(self) -> None:
        assert rules(security(), "Egress", "database") == set()

    def test_applications_reach_the_vpc_and_https(self) -> None:
        picture = security()
        for group in APPLICATIONS:
            assert rules(picture, "Egress", group) == {(CIDR, "*"), ("0.0.0.0/0", "443-443")}

    def test_kubernetes_takes_the_vpc_block_and_not_a_constant(self) -> None:
        assert rules(security(vpcCidrBlock="172.16.0.0/16"), "Ingress", "eks") == {
            ("load-balancer", "8000-8999"),
            ("eks", "*"),
            ("172.16.0.0/16", "443-443"),
        }

    def test_the_balancers_can_be_closed_to_some(self) -> None:
        picture = security(albIngressCidrs=["192.0.2.0/24", "198.51.100.7/32"])
        peers = {peer for peer, _ in rules(picture, "Ingress", "load-balancer")}
        assert peers == {"192.0.2.0/24", "198.51.100.7/32"}


class TestRoles:
    def test_they_trust_their_service_for_this_account_only(self) -> None:
        picture = security()
        trusted = {
            item.name: json.loads(item.inputs["assumeRolePolicy"])["Statement"][0] for item in picture.of("Role")
        }
        services = {name: statement["Principal"]["Service"] for name, statement in trusted.items()}
        assert services == {
            "ecs-execution": "ecs-tasks.amazonaws.com",
            "ecs-task": "ecs-tasks.amazonaws.com",
            "eks-cluster": "eks.amazonaws.com",
            "eks-node": "ec2.amazonaws.com",
        }
        bound = {name for name, statement in trusted.items() if "Condition" in statement}
        assert bound == {"ecs-execution", "ecs-task", "eks-cluster"}
        assert trusted["ecs-task"]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}

    def test_managed_policies_are_of_the_own_partition(self) -> None:
        inputs = {"vpcId": "vpc-1", "vpcCidrBlock": CIDR}
        answers = {"aws:index/getPartition:getPartition": {"partition": "aws-cn"}}
        picture = picture_of(sample_target("security"), inputs, answers=answers)
        arns = [item.inputs["policyArn"] for item in picture.of("RolePolicyAttachment")]
        assert sorted(arn.rpartition("/")[2] for arn in arns) == [
            "AmazonEC2ContainerRegistryPullOnly",
            "AmazonECSTaskExecutionRolePolicy",
            "AmazonEKSClusterPolicy",
            "AmazonEKSWorkerNodePolicy",
            "AmazonEKS_CNI_Policy",
        ]
        assert all(arn.startswith("arn:aws-cn:iam::aws:policy/") for arn in arns)

    def test_the_execution_role_reads_this_deployments_secrets_only(self) -> None:
        read, decrypt = statements(security(), "RolePolicy", "ecs-execution-secrets").values()
        prefix = "web-shop-d1brv40-dev-"
        assert read["Resource"] == f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:{prefix}*"
        assert decrypt["Resource"] == "arn:aws:test:::Key/application"

    def test_names_fit_and_hold_the_deployment_id(self) -> None:
        names = [item.inputs["name"] for item in security().of("Role")]
        assert all("d1brv40" in name and len(name) <= 64 for name in names)

    @pytest.mark.parametrize("owner", [ACCOUNT, "aws"])
    def test_a_permissions_boundary_is_put_on_every_role(self, owner: str) -> None:
        arn = f"arn:aws:iam::{owner}:policy/boundary"
        bounded = security(permissionsBoundaryArn=arn).of("Role")
        assert {item.inputs["permissionsBoundary"] for item in bounded} == {arn}

    @pytest.mark.parametrize("empty", [None, ""])
    def test_no_boundary_is_none(self, empty: str | None) -> None:
        unbounded = security(permissionsBoundaryArn=empty).of("Role")
        assert not any("permissionsBoundary" in item.inputs for item in unbounded)


class TestKeys:
    def test_three_keys_rotate_and_have_an_alias_with_the_deployment_id(self) -> None:
        picture = security(kmsDeletionWindowDays=7)
        keys = {item.name: item.inputs for item in picture.of("Key")}
        assert set(keys) == {"application", "database", "infrastructure"}
        assert all(key["enableKeyRotation"] and key["deletionWindowInDays"] == 7 for key in keys.values())
        assert picture.one("Alias", "database").inputs["name"] == "alias/web-shop-d1brv40-dev-security-database"

    @pytest.mark.parametrize("name", ["application", "database", "infrastructure"])
    def test_the_account_always_keeps_its_keys(self, name: str) -> None:
        owner = statements(security(), "Key", name)["Account"]
        assert owner["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        assert (owner["Action"], owner["Resource"]) == ("kms:*", "*")

    def test_services_use_the_key_for_callers_of_this_account(self) -> None:
        for name, service in (("application", "secretsmanager"), ("database", "rds")):
            found = statements(security(), "Key", name)
            for sid in ("ThroughServices", "GrantsOfServices"):
                condition = found[sid]["Condition"]["StringEquals"]
                assert condition["kms:CallerAccount"] == ACCOUNT
                assert f"{service}.eu-central-1.amazonaws.com" in condition["kms:ViaService"]

    def test_logs_and_alarms_may_use_the_infrastructure_key(self) -> None:
        found = statements(security(), "Key", "infrastructure")
        assert found["Logs"]["Principal"] == {"Service": "logs.eu-central-1.amazonaws.com"}
        assert "cloudwatch.amazonaws.com" in found["Alarms"]["Principal"]["Service"]
        assert found["Alarms"]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}

    def test_no_condition_keeps_event_rules_from_encrypted_topics(self) -> None:
        events = statements(security(), "Key", "infrastructure")["Events"]
        assert events["Principal"] == {"Service": "events.amazonaws.com"}
        assert set(events["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
        assert "Condition" not in events

    def test_they_are_protected_in_prod_until_somebody_says_otherwise(self) -> None:
        assert all(item.protect for item in security(EnvironmentName.PROD).of("Key"))
        assert not any(item.protect for item in security(EnvironmentName.PROD, protect=False).of("Key"))
        assert not any(item.protect for item in security().of("Key"))


def test_a_preview_needs_no_network() -> None:
    picture = security(preview=True, vpcId=UNKNOWN, vpcCidrBlock=UNKNOWN)
    assert len(picture.of("SecurityGroup")) == 7
    assert picture.one("SecurityGroup", "web").inputs["vpcId"] is UNKNOWN
    assert picture.one("RolePolicy").inputs["policy"] is UNKNOWN


def test_settings_of_the_account_are_made_only_when_asked_for() -> None:
    baseline = {
        "AccountPublicAccessBlock",
        "EncryptionByDefault",
        "AccountPasswordPolicy",
        "Analyzer",
        "Detector",
        "Account",
        "Trail",
    }
    assert not baseline & {kind for kind, _ in security().names()}
    picture = security(enableAccountBaseline=True)
    assert baseline <= {kind for kind, _ in picture.names()}
    trail_arn = picture.one("BucketPolicy").inputs["policy"]
    assert f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/{picture.one('Trail').inputs['name']}" in trail_arn


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"appPortRange": [9000, 8000]}, "appPortRange = [9000, 8000]: must be [first, last]"),
        ({"appPortRange": [8000]}, "appPortRange = [8000]: List should have at least 2 items"),
        ({"appPortRange": [0, 80]}, "appPortRange.0 = [0, 80]: Input should be greater than or equal to 1"),
        ({"databasePorts": [1433]}, "databasePorts.0 = [1433]: Input should be 5432, 3306 or 6379"),
        ({"databasePorts": []}, "databasePorts = []: List should have at least 1 item"),
        ({"databasePorts": [5432, 5432]}, "must not hold the same value twice"),
        ({"albIngressCidrs": ["everybody"]}, "albIngressCidrs.0 = ['everybody']: must be an IPv4 CIDR block"),
        ({"kmsDeletionWindowDays": 0}, "kmsDeletionWindowDays = 0: Input should be greater than or equal to 7"),
        ({"permissionsBoundaryArn": "boundary"}, "permissionsBoundaryArn = 'boundary': String should match"),
        ({"vpcCidrBlock": "10.0.0.0/33"}, "vpcCidrBlock = '10.0.0.0/33': must be an IPv4 CIDR block"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        security(**inputs)
    assert message in caught.value.message
