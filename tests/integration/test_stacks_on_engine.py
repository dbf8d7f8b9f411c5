"""The product's stacks through the real engine, on an AWS server, checked with boto3."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pulumi import automation

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import SecretValue
from stacks.testing_deployments import DOMAIN, REGION, Deployment

pytestmark = pytest.mark.extended

PROD = EnvironmentName.PROD
CHEAP = {"enableNat": False, "enableVpcEndpoints": False, "enableFlowLogs": False}
NewDeployment = Callable[..., Deployment]


@pytest.fixture(scope="module")
def shop(new_deployment: NewDeployment) -> Deployment:
    """The four stacks in dev, deployed; tests only look at them."""
    deployment = new_deployment("410000000017")
    for name in ("network", "dns", "security", "secrets"):
        deployment.up(name)
    return deployment


class TestDeployed:
    def test_the_network_is_there(self, shop: Deployment) -> None:
        ec2, outputs = shop.account.client("ec2"), shop.outputs["network"]
        (vpc,) = ec2.describe_vpcs(VpcIds=[outputs["vpcId"]])["Vpcs"]
        assert (vpc["CidrBlock"], vpc["OwnerId"]) == ("10.0.0.0/16", shop.account.number)
        assert {"Key": "Project", "Value": "Web Shop"} in vpc["Tags"]
        private = ec2.describe_subnets(SubnetIds=outputs["privateSubnetIds"])["Subnets"]
        assert {item["CidrBlock"] for item in private} == {"10.0.0.0/20", "10.0.16.0/20"}
        assert {item["AvailabilityZone"] for item in private} == {"eu-central-1a", "eu-central-1b"}

    def test_private_subnets_leave_through_nat_and_the_database_tier_stays_inside(self, shop: Deployment) -> None:
        ec2, outputs = shop.account.client("ec2"), shop.outputs["network"]

        def ways_out(tables: list[str]) -> set[str | None]:
            found = ec2.describe_route_tables(RouteTableIds=tables)["RouteTables"]
            routes = [route for table in found for route in table["Routes"]]
            return {
                route.get("NatGatewayId") or route.get("GatewayId")
                for route in routes
                if route.get("DestinationCidrBlock") == "0.0.0.0/0"
            }

        assert ways_out(outputs["privateRouteTableIds"]) == set(outputs["natGatewayIds"])
        assert ways_out([outputs["publicRouteTableId"]]) == {outputs["internetGatewayId"]}
        assert ways_out(outputs["databaseRouteTableIds"]) == set()
        (address,) = ec2.describe_addresses()["Addresses"]
        assert [address["PublicIp"]] == outputs["natGatewayIps"]

    def test_flow_logs_go_to_their_log_group(self, shop: Deployment) -> None:
        (flow_log,) = shop.account.client("ec2").describe_flow_logs()["FlowLogs"]
        name = shop.outputs["network"]["flowLogsLogGroupName"]
        (group,) = shop.account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        assert group["retentionInDays"] == 14
        assert flow_log["ResourceId"] == shop.outputs["network"]["vpcId"]

    def test_endpoints_admit_the_vpc(self, shop: Deployment) -> None:
        ec2, outputs = shop.account.client("ec2"), shop.outputs["network"]
        found = {item["ServiceName"]: item for item in ec2.describe_vpc_endpoints()["VpcEndpoints"]}
        assert {name.removeprefix(f"com.amazonaws.{REGION}.") for name in found} == {
            "s3",
            "ecr.api",
            "ecr.dkr",
            "logs",
            "secretsmanager",
            "sts",
        }
        assert len(found[f"com.amazonaws.{REGION}.s3"]["RouteTableIds"]) == 5
        group = found[f"com.amazonaws.{REGION}.sts"]["Groups"][0]["GroupId"]
        (rules,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        assert [item["CidrIp"] for item in rules["IpPermissions"][0]["IpRanges"]] == ["10.0.0.0/16"]
        assert outputs["ecrApiVpcEndpointId"] == found[f"com.amazonaws.{REGION}.ecr.api"]["VpcEndpointId"]

    def test_the_default_group_admits_nobody(self, shop: Deployment) -> None:
        filters = [
            {"Name": "vpc-id", "Values": [shop.outputs["network"]["vpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
        (group,) = shop.account.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
        assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [])

    def test_applications_reach_the_database_and_it_reaches_nobody(self, shop: Deployment) -> None:
        outputs = shop.outputs["security"]
        (group,) = shop.account.client("ec2").describe_security_groups(GroupIds=[outputs["databaseSgId"]])[
            "SecurityGroups"
        ]
        peers = {pair["GroupId"] for rule in group["IpPermissions"] for pair in rule["UserIdGroupPairs"]}
        names = ("webApplicationSgId", "apiApplicationSgId", "ecsSgId", "eksSgId", "lambdaSgId")
        assert peers == {outputs[name] for name in names}
        assert group["IpPermissionsEgress"] == []

    def test_keys_rotate_and_answer_to_their_alias(self, shop: Deployment) -> None:
        kms = shop.account.client("kms")
        key_id = shop.outputs["security"]["databaseKeyId"]
        assert kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"] is True
        alias = kms.describe_key(KeyId="alias/web-shop-d1brv40-dev-security-database")["KeyMetadata"]
        assert alias["Arn"] == shop.outputs["security"]["databaseKeyArn"]

    def test_roles_have_their_policies(self, shop: Deployment) -> None:
        iam, outputs = shop.account.client("iam"), shop.outputs["security"]
        attached = iam.list_attached_role_policies(RoleName=outputs["eksNodeGroupRoleName"])["AttachedPolicies"]
        assert len(attached) == 3
        document = iam.get_role(RoleName=outputs["ecsTaskRoleName"])["Role"]["AssumeRolePolicyDocument"]
        assert document["Statement"][0]["Condition"]["StringEquals"]["aws:SourceAccount"] == shop.account.number

    def test_generated_secrets_have_a_value_and_the_others_wait_for_one(self, shop: Deployment) -> None:
        client, outputs = shop.account.client("secretsmanager"), shop.outputs["secrets"]
        session = client.get_secret_value(SecretId=outputs["sessionSecretArn"])["SecretString"]
        assert len(session) == 64
        assert session != client.get_secret_value(SecretId=outputs["redisAuthPasswordArn"])["SecretString"]
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_secret_value(SecretId=outputs["oauthSecretsArn"])
        described = client.describe_secret(SecretId=outputs["oauthSecretsArn"])
        assert described["KmsKeyId"] == shop.outputs["security"]["applicationKeyArn"]

    def test_a_generated_value_is_encrypted_in_the_state(self, shop: Deployment) -> None:
        client = shop.account.client("secretsmanager")
        value = client.get_secret_value(SecretId=shop.outputs["secrets"]["sessionSecretArn"])["SecretString"]
        assert value not in shop.engine.state_text()
        assert "aws:secretsmanager/secretVersion:SecretVersion" in shop.engine.state_text()

    def test_container_tasks_may_read_the_secrets(self, shop: Deployment) -> None:
        iam = shop.account.client("iam")
        role = shop.outputs["security"]["ecsTaskRoleName"]
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        assert [item["PolicyArn"] for item in attached] == [shop.outputs["secrets"]["secretsReadPolicyArn"]]

    def test_the_zone_and_its_certificate(self, shop: Deployment) -> None:
        outputs = shop.outputs["dns"]
        route53 = shop.account.client("route53")
        records = route53.list_resource_record_sets(HostedZoneId=outputs["hostedZoneId"])["ResourceRecordSets"]
        assert sorted(item["Type"] for item in records) == ["CAA", "CNAME", "NS", "SOA"]
        certificate = shop.account.client("acm").describe_certificate(CertificateArn=outputs["primaryCertificateArn"])
        assert certificate["Certificate"]["Status"] == "ISSUED"
        assert set(certificate["Certificate"]["SubjectAlternativeNames"]) == {DOMAIN, f"*.{DOMAIN}"}
        assert len(outputs["nameServers"]) == 4

    def test_outputs_are_in_clear_and_secret_only_where_they_must_be(self, shop: Deployment) -> None:
        for name in shop.outputs:
            secret = {key for key, value in shop.outputs[name].items() if isinstance(value, SecretValue)}
            assert secret == set(), name

    @pytest.mark.parametrize("name", ["network", "dns", "security", "secrets"])
    def test_a_second_run_changes_nothing(self, shop: Deployment, name: str) -> None:
        arn = shop.outputs["secrets"]["sessionSecretArn"]
        vault = shop.account.client("secretsmanager")
        before = vault.get_secret_value(SecretId=arn)["VersionId"]
        assert set(shop.up(name)) == {"same"}
        assert vault.get_secret_value(SecretId=arn)["VersionId"] == before


def test_destroying_leaves_nothing(new_deployment: NewDeployment) -> None:
    deployment = new_deployment("410000000025")
    deployment.up("network", **CHEAP)
    for name in ("security", "secrets", "dns"):
        deployment.up(name)
    assert {"vpcs", "keys", "secrets", "certificates"} <= set(deployment.account.left_over())
    for name in ("dns", "secrets", "security", "network"):
        deployment.stack(name).destroy()
    assert deployment.account.left_over() == {}


def test_prod_has_three_zones_with_a_nat_gateway_each(new_deployment: NewDeployment) -> None:
    deployment = new_deployment("410000000033", PROD)
    deployment.up("network")
    ec2, outputs = deployment.account.client("ec2"), deployment.outputs["network"]
    gateways = ec2.describe_nat_gateways(NatGatewayIds=outputs["natGatewayIds"])["NatGateways"]
    assert len({gateway["SubnetId"] for gateway in gateways}) == 3
    subnets = ec2.describe_subnets(SubnetIds=outputs["databaseSubnetIds"])["Subnets"]
    assert {subnet["AvailabilityZone"] for subnet in subnets} == {f"{REGION}{letter}" for letter in "abc"}
    assert set(deployment.up("network")) == {"same"}
    deployment.stack("network").destroy()
    assert deployment.account.left_over() == {}


def test_a_third_zone_is_added_without_touching_the_two(new_deployment: NewDeployment) -> None:
    deployment = new_deployment("410000000041")
    deployment.up("network", azCount=2, **CHEAP)
    assert set(deployment.up("network", azCount=3, **CHEAP)) == {"same", "create"}


def test_a_whole_deployment_is_previewed_before_anything_exists(new_deployment: NewDeployment) -> None:
    deployment = new_deployment("410000000058")
    plans = {
        name: deployment.stack(name).preview().change_summary for name in ("network", "security", "secrets", "dns")
    }
    assert {str(action) for changes in plans.values() for action in changes} == {"create"}
    assert deployment.account.left_over() == {}


def test_what_is_protected_goes_only_after_its_protection_was_lifted(new_deployment: NewDeployment) -> None:
    deployment = new_deployment("410000000066", PROD)
    deployment.up("dns", enableHealthChecks=True)
    with pytest.raises(automation.CommandError, match="protected"):
        deployment.stack("dns").destroy()
    assert "zones" in deployment.account.left_over()
    deployment.up("dns", protect=False)
    deployment.stack("dns").destroy()
    assert deployment.account.left_over() == {}
