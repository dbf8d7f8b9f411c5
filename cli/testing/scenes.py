"""For tests: a call of each command, and the world in which it has something to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.errors import StackFailed
from cloud_core.domain.names import DEPLOYMENT_ID as ID_FORM
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseOwner, Operation, ProcessIdentity
from cloud_core.domain.statuses import Action
from cloud_core.domain.steps import Step
from cloud_core.domain.values import SecretValue
from cloud_core.services.manifests.records import ManifestRecords
from cloud_core.services.operations.guards import StartOperation
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.edge import CHAIN
from cloud_core.testing.flows import FakeFlowRunner

MINE: Final = "D7KQ2M4"
"""A deployment with a folder, which `mine` makes."""
INIT: Final = (
    *("init", MINE, "--org=Acme", "--project=blog", "--domain=blog.example", "--template=demo", "--region=us-east-1"),
    "--account-dev=123456789012",
)
YES: Final = "--auto-approve"
DEV: Final = "dev"
PROD: Final = "prod"
_HERE: Final = "{env}"
_ENVIRONMENT: Final = ("-e", _HERE)

Start = Callable[[Any, str], object]


def nothing(cli: Any, environment: str) -> None:
    """The deployment has a record, and nothing runs or has run."""


@dataclass(frozen=True)
class Scene:
    """`words` are a call that succeeds once `start(cli, environment)` has made what it needs; `{env}` in them is the
    environment. It is given no consent: prod, and what changes something, still asks."""

    words: tuple[str, ...]
    start: Start = nothing
    home: str = DEV
    """The environment that is meant when none is said."""

    def call(self, environment: str | None = None) -> list[str]:
        """The words for an environment."""
        return [word.replace(_HERE, environment or self.home) for word in self.words]

    @property
    def without_environment(self) -> list[str]:
        """The words that leave the environment to an option."""
        words = list(self.words)
        for place, pair in enumerate(pairwise(words)):
            if pair == _ENVIRONMENT:
                return words[:place] + words[place + 2 :]
        return words

    @property
    def deployment_id(self) -> str:
        """The deployment that the words name."""
        return next(word for word in self.words if re.fullmatch(ID_FORM.pattern, word))

    @property
    def consent(self) -> tuple[str, str]:
        """What answers every question."""
        return "--confirm", self.deployment_id


def newest(cli: Any, environment: str = DEV, deployment_id: str = ID) -> Operation:
    """The newest operation of an environment, of those that change something or only look."""
    found = cli.edge.world.records.operations.list_by_deployment(deployment_id).items
    return next(one for one in found if one.environment.value == environment)  # type: ignore[no-any-return]


def deployed(cli: Any, environment: str) -> None:
    """Everything is deployed; `network` has outputs, one of them secret."""
    outputs: Mapping[str, Any] = {"vpcId": "vpc-1", "token": SecretValue("hush-hush")}
    cli.edge.world.engine.outputs_of["network"] = outputs
    assert cli("deploy", ID, "-e", environment, "--confirm", ID).code == 0, cli.err
    cli.edge.clock.advance(1)


def failed(cli: Any, environment: str) -> None:
    """A deploy whose stack `security` failed; the next one will not."""
    failure = StackFailed("stack 'security' failed", stack="security", resource="urn:web", diagnostics=[])
    cli.edge.world.engine.outputs_of["security"] = [failure]
    assert cli("deploy", ID, "-e", environment, "--confirm", ID).code == 1
    cli.edge.clock.advance(1)


def queued(cli: Any, environment: str) -> None:
    """A deploy that waits in the flow service."""
    runs_at_once, cli.edge.world.flows = cli.edge.world.flows, FakeFlowRunner()
    assert cli("deploy", ID, "-e", environment, "--confirm", ID, "--detach").code == 0, cli.err
    cli.edge.world.flows.run = getattr(runs_at_once, "run", None)


def held(cli: Any, environment: str, host: str | None = None) -> None:
    """An operation that died, on this host unless another is given, and still holds the environment."""
    queued(cli, environment)
    owner = LeaseOwner(
        operation_id=newest(cli, environment).operation_id,
        host=host or cli.edge.world.processes.host(),
        flow_process=ProcessIdentity(pid=77, started=1.0),
    )
    cli.edge.world.records.leases.acquire(ID, EnvironmentName(environment), owner)


def scheduled(cli: Any, environment: str) -> None:
    """Drift is looked for at night."""
    words = ("--action", "drift", "--cron", "0 1 * * *", "--confirm", ID)
    assert cli("schedule", "set", ID, "-e", environment, *words).code == 0, cli.err


def mine(cli: Any, environment: str) -> None:
    """MINE has a folder and a record, and the environment is enabled."""
    assert cli(*INIT).code == 0, cli.err
    if environment != DEV:
        assert cli("environment", "enable", MINE, environment).code == 0, cli.err
        assert cli("manifest", "push", MINE).code == 0, cli.err


def manifest_file(cli: Any) -> Path:
    """The file of MINE."""
    (path,) = (cli.edge.workspace / "deploy").glob(f"{MINE}-*/Deployment_Manifest.yaml")
    return Path(path)


def edited(cli: Any, environment: str) -> None:
    """The file of MINE was edited since it became the record."""
    mine(cli, environment)
    path = manifest_file(cli)
    path.write_text(path.read_text("utf-8").replace("  network:\n", "  network:\n    config: {size: 7}\n", 1), "utf-8")


def behind(cli: Any, environment: str) -> None:
    """The record of MINE moved on since its file was written."""
    mine(cli, environment)
    deployments = cli.edge.world.records.deployments
    known = deployments.get_by_id(MINE)
    stacks = {**known.manifest["stacks"], "dns": {**known.manifest["stacks"]["dns"], "config": {"size": 3}}}
    ManifestRecords(deployments, cli.edge.clock).replace(known, {**known.manifest, "stacks": stacks})


def went_on(cli: Any, environment: str) -> None:
    """Version 1 of the manifest was deployed, then version 2, in which `network` is larger."""
    deployed(cli, environment)
    environments = cli.edge.world.records.deployments.get_by_id(ID).manifest["environments"]
    cli.edge.world.put_manifest({**CHAIN, "network": {"config": {"size": 2}}}, environments)
    deployed(cli, environment)


def promotable(cli: Any, environment: str) -> None:
    """All is deployed in dev; the other environment is to follow."""
    deployed(cli, DEV)


def ran(cli: Any, environment: str) -> None:
    """Two deploys, a preview and a destroy."""
    deployed(cli, environment)
    for words in (("plan", ID), ("deploy-stack", ID, "dns", YES), ("destroy-stack", ID, "dns", YES)):
        assert cli(*words).code == 0, cli.err
        cli.edge.clock.advance(2)


def invalid(cli: Any, environment: str) -> None:
    """The record has a value of the wrong type."""
    cli.edge.world.put_manifest({"network": {}, "dns": {"config": {"size": "big"}}})


def running(cli: Any, environment: str) -> None:
    """A deploy that begins while somebody looks."""
    queued(cli, environment)
    world = cli.edge.world
    found = world.records.operations.list_by_deployment(ID).items[0]
    cli.edge.clock.after(3, lambda: world.run(found))


def slow(cli: Any, environment: str) -> None:
    """A deploy that no runner takes for long: followers ask the flow service about it."""
    queued(cli, environment)
    world = cli.edge.world
    found = world.records.operations.list_by_deployment(ID).items[0]
    cli.edge.clock.after(50, lambda: world.run(found))


def drifted(cli: Any, environment: str) -> None:
    """All is deployed, and somebody changed `network` in AWS."""
    deployed(cli, environment)
    cli.edge.world.engine.drift_of["network"] = [Step("update", "urn:x", "aws:ec2/vpc:Vpc", "vpc")]


def asked_for(cli: Any, environment: str) -> None:
    """Ann's deploy waits for somebody else's approval."""
    cli.edge.world.gate.rules = ApprovalRules(frozenset({EnvironmentName(environment)}))
    cli.edge.operations.start(StartOperation(ID, EnvironmentName(environment), Action.DEPLOY, started_by="ann"))
