"""The queries and secrets of placeholders: the fakes and boto3 against a real endpoint keep one contract."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cloud_core.adapters.aws.queries import Boto3AwsQueries
from cloud_core.adapters.aws.secrets import Boto3SecretSource
from cloud_core.adapters.aws.sessions import AwsSessions
from cloud_core.domain.errors import AwsAccessFailed, InvalidInput, Unavailable, UnresolvablePlaceholder
from cloud_core.ports.aws import AwsQueries, AwsScope, SecretSource
from cloud_core.settings.tree import Profile
from cloud_core.testing.aws import FakeAwsQueries, FakeSecretSource

# A new account or region is work for the endpoint, so the tests share these and use names of their own.
DEV = AwsScope("410000000017", "eu-west-1")
OTHER_REGION = AwsScope("410000000017", "us-west-2")
OTHER_ACCOUNT = AwsScope("410000000025", "eu-west-1")


class World(Protocol):
    """An AWS to ask, and ways to put things there; each gives the id that the queries must find."""

    queries: AwsQueries
    secrets: SecretSource

    def add_hosted_zone(self, scope: AwsScope, domain: str) -> str: ...
    def add_certificate(self, scope: AwsScope, domain: str) -> str: ...
    def add_vpc(self, scope: AwsScope, name: str) -> str: ...
    def add_subnet(self, scope: AwsScope, name: str) -> str: ...
    def add_default_vpc(self, scope: AwsScope) -> str: ...
    def remove_default_vpc(self, scope: AwsScope) -> None: ...
    def add_images(self, scope: AwsScope) -> None: ...
    def put_secret(self, scope: AwsScope, name: str, text: str) -> None: ...
    def put_parameter(self, scope: AwsScope, path: str, text: str) -> None: ...


class FakeWorld:
    def __init__(self) -> None:
        self.queries = FakeAwsQueries()
        self.secrets = FakeSecretSource()
        self.add_hosted_zone = self.queries.add_hosted_zone
        self.add_certificate = self.queries.add_certificate
        self.put_secret = self.secrets.put_secret
        self.put_parameter = self.secrets.put_parameter

    def add_vpc(self, scope: AwsScope, name: str) -> str:
        return self.queries.add_vpc(scope, {"Name": name})

    def add_subnet(self, scope: AwsScope, name: str) -> str:
        return self.queries.add_subnet(scope, {"Name": name})

    def add_default_vpc(self, scope: AwsScope) -> str:
        return self.queries.add_vpc(scope, is_default=True)

    def remove_default_vpc(self, scope: AwsScope) -> None:
        """It starts without one."""

    def add_images(self, scope: AwsScope) -> None:
        for architecture in ("x86_64", "arm64"):
            self.queries.add_image(scope, "amazonLinux2023", architecture)


class SandboxWorld:
    def __init__(self, sessions: AwsSessions) -> None:
        self.sessions = sessions
        self.queries = Boto3AwsQueries(sessions)
        self.secrets = Boto3SecretSource(sessions)

    def add_hosted_zone(self, scope: AwsScope, domain: str) -> str:
        route53 = self.sessions.client("route53", scope)
        zone = route53.create_hosted_zone(Name=domain, CallerReference=uuid.uuid4().hex)
        return str(zone["HostedZone"]["Id"]).rpartition("/")[2]

    def add_certificate(self, scope: AwsScope, domain: str) -> str:
        certificate, key = _self_signed(domain)
        acm = self.sessions.client("acm", scope)
        return str(acm.import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"])

    def add_vpc(self, scope: AwsScope, name: str) -> str:
        vpc = self._ec2(scope).create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=[_named("vpc", name)])
        return str(vpc["Vpc"]["VpcId"])

    def add_subnet(self, scope: AwsScope, name: str) -> str:
        subnet = self._ec2(scope).create_subnet(
            VpcId=self.add_vpc(scope, f"of {name}"), CidrBlock="10.9.1.0/24", TagSpecifications=[_named("subnet", name)]
        )
        return str(subnet["Subnet"]["SubnetId"])

    def add_default_vpc(self, scope: AwsScope) -> str:
        """Every account of it starts with one."""
        (vpc,) = self._ec2(scope).describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        return str(vpc["VpcId"])

    def remove_default_vpc(self, scope: AwsScope) -> None:
        ec2 = self._ec2(scope)
        for subnet in ec2.describe_subnets()["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        ec2.delete_vpc(VpcId=self.add_default_vpc(scope))

    def add_images(self, scope: AwsScope) -> None:
        """Its catalogue holds Amazon's."""

    def put_secret(self, scope: AwsScope, name: str, text: str) -> None:
        self.sessions.client("secretsmanager", scope).create_secret(Name=name, SecretString=text)

    def put_parameter(self, scope: AwsScope, path: str, text: str) -> None:
        self.sessions.client("ssm", scope).put_parameter(Name=path, Value=text, Type="SecureString")

    def _ec2(self, scope: AwsScope) -> Any:
        return self.sessions.client("ec2", scope)


def _named(kind: str, name: str) -> dict[str, Any]:
    return {"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}


def _self_signed(domain: str) -> tuple[bytes, bytes]:
    """A certificate with an elliptic key, and that key, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


@pytest.fixture(scope="module")
def sandbox(endpoint: str) -> SandboxWorld:
    return SandboxWorld(AwsSessions(Profile.SANDBOX, endpoint, "cloud-deployer"))


@pytest.fixture(params=["fake", "sandbox"])
def world(request: pytest.FixtureRequest) -> World:
    return FakeWorld() if request.param == "fake" else request.getfixturevalue("sandbox")


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"n{uuid.uuid4().hex[:12]}"


def test_a_hosted_zone_is_found_by_its_exact_name(world: World, name: str) -> None:
    world.add_hosted_zone(DEV, f"b.{name}.test")
    zone = world.add_hosted_zone(DEV, f"{name}.test")
    world.add_hosted_zone(DEV, f"x{name}.test")
    assert world.queries.hosted_zone_id(DEV, f"{name}.test") == zone
    assert world.queries.hosted_zone_id(DEV, f"{name.upper()}.test.") == zone
    with pytest.raises(UnresolvablePlaceholder, match=f"zone c\\.{name}"):
        world.queries.hosted_zone_id(DEV, f"c.{name}.test")


def test_zones_are_the_accounts_in_every_region(world: World, name: str) -> None:
    zone = world.add_hosted_zone(DEV, f"{name}.test")
    assert world.queries.hosted_zone_id(OTHER_REGION, f"{name}.test") == zone
    with pytest.raises(UnresolvablePlaceholder, match=OTHER_ACCOUNT.account):
        world.queries.hosted_zone_id(OTHER_ACCOUNT, f"{name}.test")


def test_two_zones_of_one_name_are_an_error(world: World, name: str) -> None:
    world.add_hosted_zone(DEV, f"{name}.test")
    world.add_hosted_zone(DEV, f"{name}.test")
    with pytest.raises(UnresolvablePlaceholder, match="2 of it"):
        world.queries.hosted_zone_id(DEV, f"{name}.test")


def test_a_certificate_is_found_by_its_exact_domain_in_its_region(world: World, name: str) -> None:
    wildcard = world.add_certificate(DEV, f"*.{name}.test")
    plain = world.add_certificate(DEV, f"{name}.test")
    assert world.queries.certificate_arn(DEV, f"*.{name}.test") == wildcard
    assert world.queries.certificate_arn(DEV, f"{name.upper()}.test") == plain
    for scope, domain in ((DEV, f"a.{name}.test"), (OTHER_REGION, f"{name}.test")):
        with pytest.raises(UnresolvablePlaceholder, match=domain):
            world.queries.certificate_arn(scope, domain)


def test_two_certificates_of_one_domain_are_an_error(world: World, name: str) -> None:
    world.add_certificate(DEV, f"{name}.test")
    world.add_certificate(DEV, f"{name}.test")
    with pytest.raises(UnresolvablePlaceholder, match="2 of it"):
        world.queries.certificate_arn(DEV, f"{name}.test")


def test_images_are_told_apart_by_architecture(world: World) -> None:
    world.add_images(DEV)
    image = world.queries.latest_image_id(DEV, "amazonLinux2023")
    assert image.startswith("ami-")
    assert world.queries.latest_image_id(DEV, "amazonLinux2023", "x86_64") == image
    assert world.queries.latest_image_id(DEV, "amazonLinux2023", "arm64") != image


@pytest.mark.parametrize(("alias", "architecture"), [("plan9", "x86_64"), ("amazonLinux2023", "sparc")])
def test_unknown_images_are_an_error(world: World, alias: str, architecture: str) -> None:
    world.add_images(DEV)
    with pytest.raises(UnresolvablePlaceholder, match=f"{alias} for {architecture}"):
        world.queries.latest_image_id(DEV, alias, architecture)


def test_availability_zones_are_the_regions_in_order(world: World) -> None:
    assert world.queries.availability_zones(DEV) == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


def test_the_default_vpc_or_an_error_without_one(world: World, name: str) -> None:
    vpc = world.add_default_vpc(DEV)
    world.add_vpc(DEV, name)
    assert world.queries.default_vpc_id(DEV) == vpc
    world.remove_default_vpc(OTHER_ACCOUNT)
    with pytest.raises(UnresolvablePlaceholder, match="default"):
        world.queries.default_vpc_id(OTHER_ACCOUNT)


def test_resources_are_found_by_tag_or_there_is_none(world: World, name: str) -> None:
    first, second = world.add_vpc(DEV, name), world.add_vpc(DEV, name)
    subnet = world.add_subnet(DEV, f"private-{name}")
    assert world.queries.resource_id_by_tag(DEV, "vpc", "Name", name) == min(first, second)
    assert world.queries.resource_id_by_tag(DEV, "subnet", "Name", f"private-{name}") == subnet
    assert world.queries.resource_id_by_tag(DEV, "subnet", "Name", name) is None
    with pytest.raises(InvalidInput, match="'bucket'"):
        world.queries.resource_id_by_tag(DEV, "bucket", "Name", name)


@pytest.mark.parametrize("scope", [DEV, OTHER_ACCOUNT])
def test_the_caller_works_in_the_scopes_account(world: World, scope: AwsScope) -> None:
    caller = world.queries.caller_identity(scope)
    assert caller.account == scope.account
    assert caller.arn == f"arn:aws:sts::{scope.account}:assumed-role/cloud-deployer/cloud"


def test_secrets_and_parameters_are_read_in_clear_where_they_are(world: World, name: str) -> None:
    world.put_secret(DEV, f"lake/{name}", "s3cret")
    world.put_parameter(DEV, f"/lake/{name}", "p4ram")
    assert world.secrets.secret(DEV, f"lake/{name}") == "s3cret"
    assert world.secrets.parameter(DEV, f"/lake/{name}") == "p4ram"
    for elsewhere in (OTHER_ACCOUNT, OTHER_REGION):
        with pytest.raises(UnresolvablePlaceholder, match=f"secret lake/{name}"):
            world.secrets.secret(elsewhere, f"lake/{name}")
        with pytest.raises(UnresolvablePlaceholder, match=f"parameter /lake/{name}"):
            world.secrets.parameter(elsewhere, f"/lake/{name}")


def test_of_several_images_the_newest_is_taken(sandbox: SandboxWorld) -> None:
    ec2 = sandbox.sessions.client("ec2", DEV)
    chosen = sandbox.queries.latest_image_id(DEV, "amazonLinux2023")
    (image,) = ec2.describe_images(ImageIds=[chosen])["Images"]
    assert image["OwnerId"] != DEV.account
    catalogue = ec2.describe_images(Owners=["amazon"])["Images"]
    siblings = [
        (other["CreationDate"], other["Name"])
        for other in catalogue
        if other["Name"].startswith("al2023-ami-2023.") and other["Name"].endswith("-x86_64")
    ]
    assert len(siblings) > 1
    assert (image["CreationDate"], image["Name"]) == max(siblings)


def test_an_alias_without_an_image_in_the_catalogue_is_an_error(sandbox: SandboxWorld) -> None:
    with pytest.raises(UnresolvablePlaceholder, match="no available image ubuntu2404"):
        sandbox.queries.latest_image_id(DEV, "ubuntu2404")


def test_a_secret_of_bytes_is_refused(sandbox: SandboxWorld) -> None:
    sandbox.sessions.client("secretsmanager", DEV).create_secret(Name="bytes", SecretBinary=b"canary")
    with pytest.raises(UnresolvablePlaceholder, match="holds bytes") as caught:
        sandbox.secrets.secret(DEV, "bytes")
    assert "canary" not in caught.value.message


def test_another_refusal_is_told_in_awss_words(sandbox: SandboxWorld, name: str) -> None:
    sandbox.put_secret(DEV, name, "canary")
    sandbox.sessions.client("secretsmanager", DEV).delete_secret(SecretId=name)
    with pytest.raises(InvalidInput, match=f"AWS refused to read the secret {name}: InvalidRequestException") as caught:
        sandbox.secrets.secret(DEV, name)
    assert "canary" not in caught.value.message


def test_without_a_role_only_the_own_account_is_worked_in(endpoint: str) -> None:
    queries = Boto3AwsQueries(AwsSessions(Profile.SANDBOX, endpoint))
    own = AwsScope("123456789012", DEV.region)
    assert queries.caller_identity(own).account == own.account
    with pytest.raises(AwsAccessFailed, match="belong to account 123456789012, not"):
        queries.availability_zones(DEV)


def test_the_users_own_aws_environment_is_not_even_read(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = "http://127.0.0.1:9"
    for name, value in {
        "AWS_PROFILE": "nosuch",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_ENDPOINT_URL": nowhere,
        "HTTP_PROXY": nowhere,
        "http_proxy": nowhere,
    }.items():
        monkeypatch.setenv(name, value)
    queries = Boto3AwsQueries(AwsSessions(Profile.SANDBOX, endpoint, "cloud-deployer"))
    assert queries.caller_identity(DEV).account == DEV.account


def test_many_threads_share_the_sessions_and_keep_their_accounts(endpoint: str) -> None:
    queries = Boto3AwsQueries(AwsSessions(Profile.SANDBOX, endpoint, "cloud-deployer"))
    scopes = [DEV, OTHER_ACCOUNT, OTHER_REGION] * 8
    with ThreadPoolExecutor(8) as pool:
        callers = list(pool.map(queries.caller_identity, scopes))
    assert [caller.account for caller in callers] == [scope.account for scope in scopes]


def test_an_endpoint_that_does_not_answer_is_unavailable() -> None:
    # Port 9 is the discard service, which nobody runs any more.
    queries = Boto3AwsQueries(AwsSessions(Profile.SANDBOX, "http://127.0.0.1:9", "cloud-deployer"))
    with pytest.raises(Unavailable, match="can't be reached to assume arn:aws:iam::") as caught:
        queries.default_vpc_id(DEV)
    assert caught.value.retryable


def test_nobody_is_refused_anything_where_no_permissions_are_enforced(world: World) -> None:
    refusals = world.queries.refusals(DEV, ["ec2:CreateVpc", "kms:CreateKey"])
    assert refusals.principal == f"arn:aws:iam::{DEV.account}:role/cloud-deployer"
    assert (refusals.actions, refusals.unclear) == ((), None)
