"""How engine runs reach AWS: one provider instance each, on a real provider; nothing real near a sandbox."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from cloud_core.adapters.local.aws_access import RealAccess, SandboxAccess
from cloud_core.adapters.local.sandbox_state import SandboxAddresses
from cloud_core.domain.errors import SandboxNotRunning
from cloud_core.domain.names import EnvironmentName
from cloud_core.ports.engine import StackTarget

TARGET = StackTarget(
    "D1BRV40", "network", EnvironmentName.DEV, "CompanyA", "Shop", "eu-central-1", "111111111111", {"Team": "a"}
)


@dataclass
class Provider:
    process: subprocess.Popen[str]
    url: str

    @property
    def instances(self) -> int:
        return int(httpx.get(self.url + "/health").json()["instances"])

    def access(self) -> SandboxAccess:
        other = "http://127.0.0.1:9"
        return SandboxAccess(SandboxAddresses("g1", Path("/nowhere"), other, other, self.url, other, other), "deploy")


@pytest.fixture
def provider() -> Iterator[Provider]:
    command = [sys.executable, "-m", "sandbox.provider", "--aws-endpoint", "http://127.0.0.1:9"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Provider(process, process.stdout.readline().strip().rpartition(" ")[2])
        process.kill()


def test_every_run_has_an_instance_of_its_own_and_gives_it_back(provider: Provider) -> None:
    access = provider.access()
    with access.attach(TARGET) as one, access.attach(replace(TARGET, stack="dns")) as other:
        assert provider.instances == 2
        assert one.environment["PULUMI_DEBUG_PROVIDERS"] != other.environment["PULUMI_DEBUG_PROVIDERS"]
        assert one.environment["AWS_ACCESS_KEY_ID"] == "sandbox"
        assert one.config["aws:defaultTags"]["tags"]["Stack"] == "network"
        assert one.config["aws:defaultTags"]["tags"]["Team"] == "a"
    assert provider.instances == 0


def test_a_provider_that_died_does_not_hide_how_the_run_ended(provider: Provider) -> None:
    def run() -> None:
        with provider.access().attach(TARGET):
            provider.process.kill()
            provider.process.wait()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()


def test_without_a_provider_no_run_begins(provider: Provider) -> None:
    provider.process.kill()
    provider.process.wait()
    with pytest.raises(SandboxNotRunning, match="provider does not answer"), provider.access().attach(TARGET):
        raise AssertionError("the run must not begin")


def test_real_runs_see_nothing_of_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:4566")
    monkeypatch.setenv("PULUMI_DEBUG_PROVIDERS", "aws:1")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    with RealAccess("deploy", "other").attach(TARGET) as attachment:
        assert "AWS_ENDPOINT_URL_S3" not in attachment.environment
        assert "PULUMI_DEBUG_PROVIDERS" not in attachment.environment
        assert attachment.environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] == "true"
        assert attachment.environment["AWS_PROFILE"] == "mine"
        assert attachment.config["aws:profile"] == "other"


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_the_role_is_named_in_the_regions_partition(region: str, partition: str) -> None:
    with RealAccess("deploy", None).attach(replace(TARGET, region=region)) as attachment:
        role = attachment.config["aws:assumeRoles"][0]["roleArn"]
    assert role == f"arn:{partition}:iam::111111111111:role/deploy"


def test_without_a_role_it_is_the_account_of_the_credentials() -> None:
    with RealAccess(None, "other").attach(TARGET) as attachment:
        assert "aws:assumeRoles" not in attachment.config
        assert attachment.config["aws:profile"] == "other"
