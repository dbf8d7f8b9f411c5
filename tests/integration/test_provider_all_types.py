"""Every type of the sandbox, with as many inputs as it takes, through the real engine against a real AWS server."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import grpc
import pulumi
import pulumi_aws as aws
import pytest
from pulumi.automation import Stack
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from sandbox.provider import wire
from sandbox.provider.gaps import GAPS
from sandbox.provider.instances import Instance
from sandbox.provider.registry import resources
from sandbox.provider.testing import Engine, aws_server

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

REGION = "eu-central-1"
CANARY = "canary-7c1f-secret"
CONFIG = {"aws:region": REGION, "aws:defaultTags": json.dumps({"tags": {"Project": "shop"}})}
DESCRIPTION = {False: "first", True: "second"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws_server(MOTO_ACM_VALIDATION_WAIT="1") as url:
        yield url


@pytest.fixture
def instance(endpoint: str) -> Iterator[Instance]:
    started = Instance.start(endpoint)
    yield started
    started.stop()


@pytest.fixture
def engine(tmp_path: Path, instance: Instance) -> Engine:
    return Engine(tmp_path, instance)


class Wait(pulumi.CustomResource):
    def __init__(self, name: str, seconds: float, value: Any) -> None:
        super().__init__("aws:sandbox/wait:Wait", name, {"seconds": seconds, "value": value, "fail": False})


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
    endpoints(vpc, (one, two), tables, (group, other), later)


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


def security(later: bool) -> aws.kms.Key:
    """IAM and KMS."""
    role = aws.iam.Role(
        "role",
        name="shop-task",
        path="/shop/",
        description=DESCRIPTION[later],
        max_session_duration=7200 if later else 3600,
        assume_role_policy=trust("ecs.amazonaws.com" if later else "ec2.amazonaws.com"),
        permissions_boundary="arn:aws:iam::aws:policy/ReadOnlyAccess" if later else None,
        force_detach_policies=True,
        tags={"Team": DESCRIPTION[later]},
    )
    policy = aws.iam.Policy(
        "policy",
        name="shop-read",
        path="/shop/",
        description="reads",
        policy=allow("s3:GetObject", "s3:ListBucket") if later else allow("s3:GetObject"),
        tags={"Team": DESCRIPTION[later]},
    )
    aws.iam.RolePolicy("inline", name="inline", role=role.id, policy=json.dumps(allow(f"s3:{DESCRIPTION[later]}")))
    aws.iam.RolePolicyAttachment("attached", role=role.name, policy_arn=policy.arn)
    managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    aws.iam.RolePolicyAttachment("managed", role=role.name, policy_arn=managed)
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    key = aws.kms.Key(
        "key",
        description=DESCRIPTION[later],
        policy=json.dumps({"Version": "2012-10-17", "Id": DESCRIPTION[later], "Statement": [root]}),
        enable_key_rotation=not later,
        is_enabled=True,
        deletion_window_in_days=7,
        tags={"Team": DESCRIPTION[later]},
    )
    signing = aws.kms.Key("signing", key_usage="SIGN_VERIFY", customer_master_key_spec="RSA_2048")
    aws.kms.Alias("alias", name="alias/shop", target_key_id=key.key_id)
    aws.kms.Alias("alias-signing", target_key_id=key.arn if later else signing.arn)
    return key


def names(later: bool) -> None:
    """Route 53 and ACM."""
    zone = aws.route53.Zone(
        "zone", name="shop.example.com", comment=DESCRIPTION[later], tags={"Team": DESCRIPTION[later]}
    )
    vpcs = [aws.ec2.Vpc(f"private-{index}", cidr_block=f"10.{index + 8}.0.0/16") for index in range(2)]
    networks = [{"vpc_id": vpc.id} for vpc in (vpcs if later else vpcs[:1])]
    aws.route53.Zone("private", name="shop.internal", vpcs=networks, force_destroy=True)
    certificate = aws.acm.Certificate(
        "certificate",
        domain_name="shop.example.com",
        subject_alternative_names=["*.shop.example.com"],
        validation_method="DNS",
        tags={"Team": DESCRIPTION[later]},
    )
    option = certificate.domain_validation_options[0]
    record = aws.route53.Record(
        "validation",
        zone_id=zone.zone_id,
        name=option.resource_record_name,
        type=option.resource_record_type,
        records=[option.resource_record_value],
        ttl=120 if later else 60,
        allow_overwrite=True,
    )
    aws.acm.CertificateValidation("validated", certificate_arn=certificate.arn, validation_record_fqdns=[record.fqdn])
    aws.route53.Record(
        "text", zone_id=zone.zone_id, name="text", type="TXT", ttl=300, records=["v=spf1 -all", DESCRIPTION[later]]
    )
    aws.route53.Record(
        "caa", zone_id=zone.zone_id, name="shop.example.com", type="CAA", ttl=300, records=['0 issue "amazon.com"']
    )
    health = aws.route53.HealthCheck(
        "health",
        type="HTTPS",
        fqdn="shop.example.com",
        port=443,
        resource_path="/health",
        failure_threshold=5 if later else 3,
        request_interval=30,
        tags={"Team": DESCRIPTION[later]},
    )
    for index in range(2):
        aws.route53.Record(
            f"weighted-{index}",
            zone_id=zone.zone_id,
            name="api",
            type="A",
            ttl=60,
            records=[f"192.0.2.{index + 1}"],
            set_identifier=f"set-{index}",
            health_check_id=health.id,
            weighted_routing_policies=[{"weight": (index + 1) * (20 if later else 10)}],
        )
    target = {"name": "lb.example.com", "zone_id": "Z2FDTNDATAQYW2", "evaluate_target_health": later}
    aws.route53.Record("alias", zone_id=zone.zone_id, name="www", type="A", aliases=[target])


def secrets(key: aws.kms.Key, later: bool) -> None:
    """Secrets Manager and SSM."""
    secret = aws.secretsmanager.Secret(
        "secret",
        name_prefix="shop/",
        description=DESCRIPTION[later],
        kms_key_id=key.arn,
        recovery_window_in_days=0,
        policy=json.dumps({**allow("secretsmanager:GetSecretValue"), "Id": DESCRIPTION[later]}),
        replicas=[{"region": "eu-west-1"}],
        tags={"Team": DESCRIPTION[later]},
    )
    stages = {"version_stages": ["AWSCURRENT", "BLUE"]} if later else {}
    aws.secretsmanager.SecretVersion(
        "version", secret_id=secret.id, secret_string=pulumi.Output.secret(json.dumps({"password": CANARY})), **stages
    )
    binary = aws.secretsmanager.Secret("binary", recovery_window_in_days=0)
    content = base64.b64encode(CANARY.encode()).decode()
    aws.secretsmanager.SecretVersion("binary", secret_id=binary.arn, secret_binary=content)
    written = aws.secretsmanager.Secret("written", recovery_window_in_days=0)
    aws.secretsmanager.SecretVersion(
        "written", secret_id=written.id, secret_string_wo=CANARY, secret_string_wo_version=1
    )
    aws.ssm.Parameter(
        "parameter",
        name="/shop/password",
        type="SecureString",
        value=f"{CANARY}-{DESCRIPTION[later]}",
        description=DESCRIPTION[later],
        tags={"Team": DESCRIPTION[later]},
    )
    aws.ssm.Parameter("plain", type="String", insecure_value=DESCRIPTION[later], tier="Standard")


def everything(later: bool = False) -> Callable[[], None]:
    def program() -> None:
        network(later)
        names(later)
        secrets(security(later), later)
        Wait("wait", 0.01, {"plain": [1, 2], "hidden": pulumi.Output.secret(CANARY)})

    return program


def deployed(stack: Stack) -> list[dict[str, Any]]:
    """The state's resources of the sandbox's types."""
    found = stack.export_stack().deployment.get("resources", [])
    return [one for one in found if one["type"].startswith("aws:")]


def test_every_type_lives_a_whole_life(engine: Engine, instance: Instance, endpoint: str) -> None:
    stack = engine.stack(everything(), config=CONFIG)
    preview = stack.preview()
    made = stack.up()
    assert made.summary.resource_changes == preview.change_summary
    assert {one["type"] for one in deployed(stack)} == set(resources())

    assert set(stack.up().summary.resource_changes or {}) == {"same"}
    assert set(stack.refresh().summary.resource_changes or {}) == {"same"}
    assert set(stack.up().summary.resource_changes or {}) == {"same"}

    assert CANARY not in engine.state_text()
    assert base64.b64encode(CANARY.encode()).decode() not in engine.state_text()

    changed = engine.stack(everything(later=True), config=CONFIG)
    foreseen = changed.preview()
    updated = changed.up()
    assert updated.summary.resource_changes == foreseen.change_summary
    assert set(updated.summary.resource_changes or {}) == {"same", "update"}
    untouched = {"Wait", "CertificateValidation", "RolePolicyAttachment"}
    assert untouched.isdisjoint(kinds := {one["type"].rpartition(":")[2] for one in updates(changed)}), kinds
    assert set(changed.refresh().summary.resource_changes or {}) == {"same"}
    assert set(changed.up().summary.resource_changes or {}) == {"same"}

    destroyed = changed.destroy()
    assert set(destroyed.summary.resource_changes or {}) == {"delete"}
    assert left_over(endpoint) == {}


def updates(stack: Stack) -> list[dict[str, Any]]:
    """The resources that the last update changed: their modification is newer than their creation."""
    return [one for one in deployed(stack) if one["modified"] > one["created"]]


def left_over(endpoint: str) -> dict[str, list[Any]]:
    """What boto3 still finds of anything that the program makes."""

    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        return boto3.client(service, region_name=REGION, endpoint_url=endpoint, **keys)

    ec2, iam, kms = client("ec2"), client("iam"), client("kms")
    found = {
        "vpcs": [one for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]],
        "addresses": ec2.describe_addresses()["Addresses"],
        "nat": [one for one in ec2.describe_nat_gateways()["NatGateways"] if one["State"] != "deleted"],
        "endpoints": [one for one in ec2.describe_vpc_endpoints()["VpcEndpoints"] if one["State"] != "deleted"],
        "flow logs": ec2.describe_flow_logs()["FlowLogs"],
        "log groups": client("logs").describe_log_groups()["logGroups"],
        "roles": iam.list_roles()["Roles"],
        "policies": iam.list_policies(Scope="Local")["Policies"],
        "keys": [
            one
            for one in kms.list_keys()["Keys"]
            if kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion"
        ],
        "aliases": [one for one in kms.list_aliases()["Aliases"] if not one["AliasName"].startswith("alias/aws/")],
        "zones": client("route53").list_hosted_zones()["HostedZones"],
        "health checks": client("route53").list_health_checks()["HealthChecks"],
        "certificates": client("acm").list_certificates()["CertificateSummaryList"],
        "secrets": client("secretsmanager").list_secrets()["SecretList"],
        "parameters": client("ssm").describe_parameters()["Parameters"],
    }
    return {name: values for name, values in found.items() if values}


# Properties that nobody but the program knows, so that an import can't tell them.
NOT_IMPORTED = {
    "namePrefix", "recoveryWindowInDays", "deletionWindowInDays", "forceDestroy", "forceDetachPolicies",
    "allowOverwrite", "replicas", "secretStringWoVersion", "hasSecretStringWo", "secretString", "secretBinary",
    "insecureValue", "value",
    "validationRecordFqdns",
}  # fmt: skip
LOST = {gap.property for gap in GAPS}
# How `pulumi import` names an object whose id in the state is another text.
IMPORT_IDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "aws:ec2/route:Route": lambda state: f"{state['routeTableId']}_{state['destinationCidrBlock']}",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": lambda state: f"{state['subnetId']}/{state['routeTableId']}",
}
NOT_IMPORTABLE = {"aws:sandbox/wait:Wait", "aws:acm/certificateValidation:CertificateValidation"}


def test_every_type_is_imported_by_its_id(engine: Engine, instance: Instance) -> None:
    stack = engine.stack(everything(), config=CONFIG)
    stack.up()
    differing: dict[str, Any] = {}
    stack.refresh()  # an address learns of its gateway only now
    with grpc.insecure_channel(f"127.0.0.1:{instance.port}") as channel:
        provider: Any = ResourceProviderStub(channel)
        provider.Handshake(provider_pb2.ProviderHandshakeRequest())
        tags = json.dumps({"tags": {"Project": "shop"}})
        provider.Configure(provider_pb2.ConfigureRequest(args=wire.encode({"region": REGION, "defaultTags": tags})))
        for one in deployed(stack):
            if one["type"] not in NOT_IMPORTABLE:
                known = IMPORT_IDS.get(one["type"], lambda state, found=one: str(found["id"]))(one["outputs"])
                answer = provider.Read(provider_pb2.ReadRequest(id=known, urn=one["urn"]))
                told, known = comparable(wire.decode(answer.properties)), comparable(one["outputs"])
                wrong = {name: (told.get(name), known.get(name)) for name in {*told, *known}}
                differing[one["urn"]] = {name: pair for name, pair in wrong.items() if pair[0] != pair[1]}
                assert answer.id == one["id"]
    assert {urn: found for urn, found in differing.items() if found} == {}
    stack.destroy()


def comparable(values: dict[str, Any]) -> dict[str, Any]:
    """Without secrets, empty values and what an import can't know; policies, sets and names in one spelling."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if (
            name in NOT_IMPORTED
            or name in LOST
            or value in (None, "", [], {}, False)
            or (name == "name" and "fqdn" in values)
        ):
            continue
        if isinstance(value, str) and value.startswith("{"):
            value = json.loads(value)
        elif isinstance(value, str):
            value = value.rpartition(":key/")[2]
        found[name] = sorted(value, key=str) if isinstance(value, list) else value
    return json.loads(json.dumps(found).lower())
