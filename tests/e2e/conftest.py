"""A sandbox for all end-to-end tests of a worker, driven through the installed command line as a person would.

The tests are in two groups of about the same length, so that neither of two workers is left with all of them: in
`sandbox of lives` deployments are made, looked at and destroyed, in `sandbox` they are refused, stopped or broken off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from cli.testing.installed import ACCOUNT, REGION, CommandLine
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.ports.records import Records
from cloud_core.settings import load_settings

WATCHED_VARIABLE = "CLOUD_VAR_CANARY"
CANARY = "canary/7f+3d 9é"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The command line in a workspace with a running sandbox."""
    workspace = tmp_path_factory.mktemp("workspace")
    (workspace / "deploy").mkdir()
    command = CommandLine(workspace, {WATCHED_VARIABLE: CANARY})
    write_own_stacks(workspace)
    with command.sandbox():
        yield command


@pytest.fixture(scope="session")
def sandbox(cloud: CommandLine) -> dict[str, Any]:
    """Where the parts of the sandbox listen."""
    return dict(cloud.data("sandbox", "status"))


class PatientTransport(httpx.HTTPTransport):
    """Asks again while the flow service's SQLite is busy, which it tells by 503; Prefect's own client does the same."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(30):
            response = super().handle_request(request)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            response.close()
            time.sleep(0.3)
        return response


@pytest.fixture(scope="session")
def prefect(sandbox: dict[str, Any]) -> Iterator[httpx.Client]:
    """Prefect's API, as its pages call it. On a busy machine its SQLite keeps a call waiting for up to a minute."""
    with httpx.Client(base_url=sandbox["prefect_api"], timeout=120, transport=PatientTransport()) as client:
        yield client


@pytest.fixture(scope="session")
def aws(sandbox: dict[str, Any]) -> Iterator[Callable[[str], Any]]:
    """Plain boto3 clients by service, in the account of the environment dev."""
    keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    endpoint = {"region_name": REGION, "endpoint_url": sandbox["aws_endpoint"]}
    with ExitStack() as clients:
        sts = clients.enter_context(closing(boto3.client("sts", **endpoint, **keys)))
        role = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/tests", RoleSessionName="tests")["Credentials"]
        session = boto3.Session(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"])
        yield lambda service: clients.enter_context(closing(session.client(service, **endpoint)))


@pytest.fixture
def services(cloud: CommandLine, monkeypatch: pytest.MonkeyPatch) -> EdgeServices:
    """What the command line uses, for looking where it shows nothing."""
    monkeypatch.setenv("CLOUD_WORKSPACE", str(cloud.workspace))
    return EdgeServices(load_settings())


class Look:
    """A look at a deployment's dev, for waiting: a command for each look takes half a second of what is waited for."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def stacks(self, deployment_id: str) -> dict[str, str]:
        found = self._records.stacks.list_by_deployment(deployment_id, EnvironmentName.DEV)
        return {stack.stack_name: stack.status.value for stack in found}

    def logged(self, deployment_id: str, text: str) -> bool:
        """Whether a line of its log has the text in it."""
        return any(text in line.message for line in self._records.logs.get_logs(deployment_id).items)

    def operation(self, deployment_id: str) -> Operation | None:
        """The newest one."""
        return next(iter(self._records.operations.list_by_deployment(deployment_id, limit=1).items), None)


@pytest.fixture
def look(services: EdgeServices) -> Look:
    return Look(services.records)


def write_own_stacks(workspace: Path) -> None:
    """Small stacks of the workspace's own, and the templates that deploy them."""
    for name, (program, template) in OWN_STACKS.items():
        _write(workspace / "stacks" / name / "program.py", program)
        _write(workspace / "templates" / "config" / f"{name}.yaml", template)
    for name, template in OWN_TEMPLATES.items():
        _write(workspace / "templates" / "custom" / f"{name}.yaml", template)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


_PLACE = """
import pulumi_aws as aws

from stacks.inputs import StackInputs


class Inputs(StackInputs):
    subnet_cidr: str


def program(inputs, context):
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.50.0.0/16", tags=context.named("vpc"))
    subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block=inputs.subnet_cidr)
    return {"subnetId": subnet.id}
"""
_READER = """
from stacks.inputs import StackInputs, Wired


class Inputs(StackInputs):
    subnet_id: Wired[str]


def program(inputs, context):
    return {"read": inputs.subnet_id}
"""
_VAULT = """
import pulumi
import pulumi_aws as aws

from stacks.inputs import StackInputs, Wired


class Inputs(StackInputs):
    token: Wired[str]


def program(inputs, context):
    aws.ssm.Parameter("token", name=f"/{context.deployment_id}/token", type="SecureString", value=inputs.token)
    return {"plain": "seen", "secret": inputs.token, "nested": {"list": [inputs.token, "x"]}}
"""

# So long, unless the deployment is told to hurry: what is broken off on its way need not be waited for once more.
_SLOW = """
import os
from pathlib import Path

import pulumi

from stacks.inputs import StackInputs


class Inputs(StackInputs):
    seconds: float | int


def program(inputs, context):
    in_a_hurry = Path(os.environ["CLOUD_WORKSPACE"], f"hurry-{context.deployment_id}").exists()
    seconds = 0 if in_a_hurry else inputs.seconds
    wait = pulumi.CustomResource("aws:sandbox/wait:Wait", "wait", {"seconds": seconds, "value": "x"})
    return {"waitId": wait.id}
"""


def _template(name: str, dependencies: str, inputs: str, outputs: str) -> str:
    return f"""
name: {name}
version: "1.0.0"
description: A small stack of the workspace's own.
dependencies: [{dependencies}]
parameters:
  inputs: {inputs}
  outputs: {outputs}
"""


OWN_STACKS = {
    "place": (
        _PLACE,
        _template(
            "place",
            "",
            '{subnetCidr: {type: string, default: "10.50.1.0/24", description: Range of the subnet.}}',
            "{subnetId: {type: string, description: Id of the subnet.}}",
        ),
    ),
    "reader": (
        _READER,
        _template(
            "reader",
            "place",
            '{subnetId: {type: string, default: "${place.subnetId}", description: Where to be.}}',
            "{read: {type: string, description: What was read.}}",
        ),
    ),
    "vault": (
        _VAULT,
        _template(
            "vault",
            "",
            f'{{token: {{type: string, secret: true, default: "${{env.{WATCHED_VARIABLE}}}", description: Secret.}}}}',
            "{plain: {type: string, description: Not secret.}, secret: {type: string, description: Secret.},"
            " nested: {type: object, description: Secret inside.}}",
        ),
    ),
}
OWN_STACKS |= {
    name: (
        _SLOW,
        _template(
            name,
            before,
            "{seconds: {type: number, default: 1, description: How long it takes.}}",
            "{waitId: {type: string, description: Id of the resource.}}",
        ),
    )
    for name, before in {"slow": "", "after": "slow"}.items()
}
OWN_TEMPLATES = {
    "own": """
name: own
description: Stacks of the workspace's own.
environments: {dev: {enabled: true}}
stacks: {place: {enabled: true}, reader: {enabled: true}, vault: {enabled: true}}
""",
    "slow": """
name: slow
description: Stacks that take their time.
environments: {dev: {enabled: true}}
stacks: {slow: {enabled: true}, after: {enabled: true}}
""",
}
