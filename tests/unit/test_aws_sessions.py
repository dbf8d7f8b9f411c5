"""The sandbox and real credentials are never mixed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_core.adapters.aws.sessions import AwsSessions
from cloud_core.domain.errors import AwsAccessFailed, InvalidInput
from cloud_core.ports.aws import AwsScope
from cloud_core.settings.tree import Profile

LOCAL = "http://127.0.0.1:4566"
DEV = AwsScope("410000000017", "eu-west-1")


@pytest.mark.parametrize(
    ("profile", "endpoint", "credentials", "named"),
    [
        (Profile.SANDBOX, None, None, "endpoint"),
        (Profile.SANDBOX, "https://ec2.eu-west-1.amazonaws.com", None, "endpoint"),
        (Profile.SANDBOX, "http://127.0.0.1.example.test", None, "endpoint"),
        (Profile.SANDBOX, "ftp://127.0.0.1", None, "endpoint"),
        (Profile.SANDBOX, "http://[::1", None, "endpoint"),
        (Profile.SANDBOX, LOCAL, "work", "CREDENTIALS_PROFILE"),
        (Profile.AWS, LOCAL, None, "never to 'http://127.0.0.1:4566'"),
    ],
)
def test_mixtures_are_refused(profile: Profile, endpoint: str | None, credentials: str | None, named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        AwsSessions(profile, endpoint, "role", credentials)


@pytest.mark.parametrize("endpoint", [LOCAL, "http://localhost:1", "http://[::1]:4566"])
def test_any_address_of_this_machine_will_do_for_the_sandbox(endpoint: str) -> None:
    assert AwsSessions(Profile.SANDBOX, endpoint, "role").client("ec2", DEV).meta.endpoint_url == endpoint


@pytest.fixture
def hostile_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Real-looking credentials, a foreign endpoint and a profile that does not exist, all ambient."""
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id=AKIAFILE\naws_secret_access_key=x\n")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:9",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.mark.usefixtures("hostile_environment")
def test_real_clients_ignore_endpoints_of_the_environment() -> None:
    sessions = AwsSessions(Profile.AWS, role_name="cloud-deployer")
    assert sessions.client("ec2", DEV).meta.endpoint_url == "https://ec2.eu-west-1.amazonaws.com"


def test_a_named_profile_that_does_not_exist_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(AwsAccessFailed, match="nosuch"):
        AwsSessions(Profile.AWS, credentials_profile="nosuch", role_name="r").client("ec2", DEV)


def test_roles_are_named_in_the_partition_of_the_region() -> None:
    sessions = AwsSessions(Profile.SANDBOX, LOCAL, "deployer")
    assert sessions.role_arn(DEV) == "arn:aws:iam::410000000017:role/deployer"
    assert sessions.role_arn(AwsScope(DEV.account, "cn-north-1")) == "arn:aws-cn:iam::410000000017:role/deployer"
    assert AwsSessions(Profile.SANDBOX, LOCAL).role_arn(DEV) is None
    with pytest.raises(InvalidInput, match="mars-north-1"):
        sessions.role_arn(AwsScope(DEV.account, "mars-north-1"))


def test_clients_are_made_once_per_account_and_region() -> None:
    sessions = AwsSessions(Profile.SANDBOX, LOCAL, "deployer")
    assert sessions.client("ec2", DEV) is sessions.client("ec2", AwsScope(DEV.account, DEV.region))
    assert sessions.client("ec2", DEV) is not sessions.client("ec2", AwsScope("410000000025", DEV.region))
    assert sessions.client("ec2", DEV) is not sessions.client("sts", DEV)
