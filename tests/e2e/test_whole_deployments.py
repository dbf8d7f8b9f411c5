"""The product's templates as whole deployments: all of it is in AWS, nothing changes twice, and nothing is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import DeploymentStatus, StackStatus
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.engine import StackRun
from cloud_core.services.records.targets import stack_target
from stacks.testing_deployments import REGION, Account
from stacks.testing_samples import LOOKS, samples

pytestmark = [pytest.mark.xdist_group("sandbox of lives"), pytest.mark.timeout(1800)]

# What keeps prod's data from being deleted: taken off before prod goes.
UNPROTECTED = {
    "protect": False,
    "deletionProtection": False,
    "enableDeletionProtection": False,
    "forceDestroy": True,
    "forceDelete": True,
    "finalSnapshot": False,
}
# One value of each stack, and what it has to change: nothing but that.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "network": ({"flowLogRetentionDays": 14}, {"update": 1}),
    "dns": ({"enableHealthChecks": True}, {"create": 2}),
    "security": ({"kmsDeletionWindowDays": 8}, {"update": 3}),
    "secrets": ({"recoveryWindowDays": 8}, {"update": 5}),
    "authentication": ({"passwordMinLength": 14}, {"update": 1}),
    "storage": ({"artifactRetentionDays": 33}, {"update": 1}),
    "database-rds": ({"cpuThreshold": 75}, {"update": 1}),
    "containers-images": ({"maxImageCount": 7}, {"replace": 4}),
    "containers-apps": ({"idleTimeout": 90}, {"update": 1}),
    "services-ecr": ({"maxDevelopmentImages": 4}, {"replace": 5}),
    "services-ecs": ({"targetCpuUtilization": 60}, {"update": 3}),
    "services-eks": ({"logRetentionDays": 14}, {"update": 1}),
    "services-api": ({"defaultRateLimit": 900}, {"update": 1}),
    "compute-ec2": ({"healthCheckGracePeriod": 400}, {"update": 2}),
    "compute-lambda": ({"dailySchedule": "cron(0 5 * * ? *)"}, {"update": 1}),
    "monitoring": ({"cpuThreshold": 70}, {"update": 2}),
}
DECISIONS = {"IMAGE_TAG_PROD": "4f2a91c", "ALERT_EMAIL": "ops@example.com"}


@dataclass(frozen=True)
class Whole:
    """One deployment of a template in one environment, in an AWS account that nobody else uses."""

    cloud: Any
    account: Account
    deployment_id: str
    environment: str

    def deploy(self, *options: str) -> dict[str, Any]:
        """The result of each stack, by name."""
        return self._run("deploy", *options)

    def destroy(self) -> dict[str, Any]:
        return self._run("destroy")

    def status(self) -> dict[str, Any]:
        return dict(self.cloud.data("status", self.deployment_id)["environments"][self.environment])

    def _run(self, command: str, *options: str) -> dict[str, Any]:
        consent = ("--auto-approve", "--confirm", self.deployment_id)
        answer = self.cloud.data(command, self.deployment_id, "--environment", self.environment, *consent, *options)
        return {result["stack"]: result for result in answer["results"]}


WHOLE = [
    ("default", "dev", "410000000101"),
    pytest.param("minimal", "dev", "410000000102", marks=pytest.mark.extended),
    pytest.param("microservices", "dev", "410000000103", marks=pytest.mark.extended),
    pytest.param("data-platform", "dev", "410000000104", marks=pytest.mark.extended),
    pytest.param("default", "prod", "410000000105", marks=pytest.mark.extended),
    pytest.param("microservices", "prod", "410000000106", marks=pytest.mark.extended),
    pytest.param("data-platform", "prod", "410000000107", marks=pytest.mark.extended),
    pytest.param("minimal", "prod", "410000000108", marks=pytest.mark.extended),
]


@pytest.mark.parametrize(("template", "environment", "account"), WHOLE)
def test_a_whole_life(
    template: str, environment: str, account: str, cloud: Any, sandbox: dict[str, Any], services: EdgeServices
) -> None:
    """One after the other, for each step needs the one before: deployed, found, again, changed, destroyed."""
    whole = prepare(cloud, Account(sandbox["aws_endpoint"], account), template, environment)
    assert {result["status"] for result in whole.deploy().values()} == {"deployed"}
    assert whole.status()["status"] == DeploymentStatus.DEPLOYED.value
    assert_found_in_aws(whole, services)
    assert_tagged_and_encrypted(whole, template)
    again = whole.deploy("--force")
    assert {name: set(result["changes"]) for name, result in again.items()} == {name: {"same"} for name in again}
    if (template, environment) == ("default", EnvironmentName.DEV):
        assert_changed_exactly(whole)
    if environment == EnvironmentName.PROD:
        with cloud.edited(whole.deployment_id) as document:
            document["environments"]["prod"].setdefault("config", {}).update(UNPROTECTED)
        assert {result["status"] for result in whole.deploy().values()} <= {"deployed", "skipped"}
    assert_destroyed_in_reverse(whole, services)
    assert whole.account.left_over() == {}


def prepare(cloud: Any, account: Account, template: str, environment: str) -> Whole:
    """The template's deployment, with the environment switched on."""
    names = ("--org", "CompanyA", "--project", "Web Shop", "--domain", "shop.example.com", "--template", template)
    variables = cloud.data("template-show", template)["parameters"]
    given = [f"--var={name}={value}" for name, value in DECISIONS.items() if name in variables]
    place = ("--region", REGION, "--account-dev", account.number)
    deployment_id = str(cloud.data("init", *names, *place, *given)["deployment_id"])
    with cloud.edited(deployment_id) as document:
        document["environments"][environment]["enabled"] = True
    return Whole(cloud, account, deployment_id, environment)


def assert_found_in_aws(whole: Whole, services: EdgeServices) -> None:
    """Every resource of the state, read back one by one through boto3 by the provider's own reading of its type."""
    deployment = services.records.deployments.get_by_id(whole.deployment_id)
    assert deployment is not None
    manifest = Manifest.model_validate(deployment.manifest)
    for stack in stack_records(whole, services):
        target = stack_target(deployment, manifest, stack.environment, stack.stack_name)
        run = StackRun(target, "look", lambda: None, lambda processes: None, StopSignal())
        found = services.engine.compare(run, lambda event: None)
        assert found.changes == {"same": stack.resource_count}, stack.stack_name


def assert_tagged_and_encrypted(whole: Whole, template: str) -> None:
    """As boto3 tells it, service by service; `default` has something of each, in dev but for file systems."""
    found = samples(whole.account)
    mine = {"DeploymentId": whole.deployment_id, "Environment": whole.environment, "ManagedBy": "cloud"}
    objects = [(kind, one) for kind, listed in found.items() for one in listed]
    assert [(kind, one) for kind, one in objects if not mine.items() <= one.tags.items()] == []
    assert [(kind, one) for kind, one in objects if one.encrypted is False] == []
    if template == "default":
        assert found.keys() | {"file system"} == LOOKS.keys()


def assert_changed_exactly(whole: Whole) -> None:
    with whole.cloud.edited(whole.deployment_id) as document:
        for name, (config, _) in CHANGES.items():
            own = document["stacks"][name].setdefault("environments", {}).setdefault("dev", {})
            own.setdefault("config", {}).update(config)
    changed = {name: without_same(result["changes"]) for name, result in whole.deploy().items()}
    assert changed == {name: expected for name, (_, expected) in CHANGES.items()}


def without_same(changes: dict[str, int]) -> dict[str, int]:
    return {action: count for action, count in changes.items() if action != "same"}


def assert_destroyed_in_reverse(whole: Whole, services: EdgeServices) -> None:
    before = stack_records(whole, services)
    destroyed = whole.destroy()
    assert {result["status"] for result in destroyed.values()} == {"destroyed"}
    order = [event.stack_name for event in events(whole, services) if is_gone(event)]
    assert sorted(filter(None, order)) == sorted(destroyed)
    for stack in before:
        for dependency in stack.dependencies:
            assert order.index(stack.stack_name) < order.index(dependency), order


def stack_records(whole: Whole, services: EdgeServices) -> list[StackRecord]:
    return services.records.stacks.list_by_deployment(whole.deployment_id, EnvironmentName(whole.environment))


def events(whole: Whole, services: EdgeServices) -> Iterator[Event]:
    seq = 0
    while page := services.records.events.read(whole.deployment_id, after=seq):
        yield from page
        seq = page[-1].seq


def is_gone(event: Event) -> bool:
    return event.event is EventName.STACK_DEPLOYED and event.data["status"] == StackStatus.DESTROYED.value
