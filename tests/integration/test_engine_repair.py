"""What a killed engine leaves half-made, on the real engine: looked up in AWS, taken into the state or forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import psutil
import pulumi_aws as aws
import pytest

from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.domain.errors import EngineLocked, StackFailed
from cloud_core.domain.records import ProcessIdentity
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.engine import CREATING, LOOKED_UP, Found, ResourceEvent, StackRun
from cloud_core.testing.engine_host import TARGET, make_engine
from cloud_core.testing.flaky_proxy import FlakyProxy
from sandbox.provider.instances import Instance

TAGS = {"Stack": "waits", "ManagedBy": "cloud"}
GROUP, MAKING = "/shop/half-made", "CreateLogGroup"
DENIED = b'{"__type": "AccessDeniedException", "message": "not now"}'
KEYS: dict[str, Any] = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}


def program() -> None:
    aws.cloudwatch.LogGroup("group", name=GROUP)
    aws.ec2.Vpc("vpc", cidr_block="10.7.0.0/16")


def ignore(event: ResourceEvent) -> None:
    """Nobody watches."""


class Scene:
    """An engine that is killed while AWS makes a log group, and the AWS that it works in."""

    def __init__(self, folder: Path, proxy: FlakyProxy, instance: Instance, endpoint: str) -> None:
        self.engine: PulumiEngine = make_engine(folder, instance.port, tags=TAGS)
        self._folder = folder
        self._proxy = proxy
        self._endpoint = endpoint
        self._engines: list[psutil.Process] = []

    def run(self, body: Callable[[], None] = program) -> StackRun:
        return StackRun(TARGET, "op-1", body, self._note, StopSignal())

    def die_making(self, is_made: bool) -> None:
        """Kill the engine while its request is under way; AWS has carried it out, or never gets it."""
        asked: list[str] = []

        def before(name: str, body: bytes) -> None:
            asked.extend([name] if name == MAKING else [])
            # The answer to the first request is lost, and the provider asks again.
            if name == MAKING and len(asked) == (2 if is_made else 1):
                self._kill()

        self._proxy.before = before
        if is_made:
            self._proxy.lose_answer_to(MAKING)
        else:
            self._proxy.answer = lambda name, body: (400, DENIED) if name == MAKING else None
        with pytest.raises(StackFailed, match="killed by signal 9"):
            self.engine.up(self.run(), ignore)
        self._proxy.before = lambda name, body: None
        self._proxy.answer = lambda name, body: None

    def logs(self) -> closing[Any]:
        return closing(boto3.client("logs", endpoint_url=self._endpoint, region_name=TARGET.region, **KEYS))

    def groups(self) -> list[str]:
        with self.logs() as logs:
            return [one["logGroupName"] for one in logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]]

    def pending(self) -> tuple[str, str, str | None]:
        (one,) = [one for one in self.engine.pending(TARGET) if one.name == "group"]
        return one.kind, one.urn, one.identity

    def _note(self, processes: list[ProcessIdentity]) -> None:
        self._engines = [psutil.Process(one.pid) for one in processes] or self._engines

    def _kill(self) -> None:
        (state,) = (self._folder / "state" / ".pulumi" / "stacks").rglob("*-dev.json")
        deadline = time.monotonic() + 20
        while GROUP not in state.read_text() and time.monotonic() < deadline:
            time.sleep(0.02)
        self._engines[-1].kill()


@pytest.fixture
def scene(tmp_path: Path, endpoint: str) -> Iterator[Scene]:
    with FlakyProxy(endpoint).serving() as proxy:
        instance = Instance.start(proxy.url)
        made = Scene(tmp_path, proxy, instance, endpoint)
        yield made
        with made.logs() as logs:
            for name in made.groups():
                logs.delete_log_group(logGroupName=name)
        instance.stop()


def test_a_lock_names_its_owner_and_can_be_removed(scene: Scene) -> None:
    scene.die_making(is_made=False)
    with pytest.raises(EngineLocked) as caught:
        scene.engine.up(scene.run(), ignore)
    (owner,) = caught.value.context["owners"]
    assert psutil.pid_exists(owner["pid"]) is False
    assert owner["host"]

    scene.engine.unlock(TARGET)

    assert scene.pending() == (CREATING, scene.pending()[1], GROUP)


def test_what_aws_has_made_becomes_the_stacks_and_is_not_made_again(scene: Scene) -> None:
    scene.die_making(is_made=True)
    assert scene.groups() == [GROUP]
    scene.engine.unlock(TARGET)
    _, urn, _ = scene.pending()

    found = scene.engine.repair(scene.run(), {urn: GROUP}, [], ignore)

    assert found == {urn: Found.OURS}
    assert scene.engine.pending(TARGET) == []
    assert scene.engine.up(scene.run(), ignore).changes["same"] >= 1
    scene.engine.destroy(scene.run(), ignore)
    assert scene.groups() == []


def test_what_aws_never_made_is_forgotten_and_made(scene: Scene) -> None:
    scene.die_making(is_made=False)
    assert scene.groups() == []
    scene.engine.unlock(TARGET)
    _, urn, _ = scene.pending()

    assert scene.engine.repair(scene.run(), {urn: GROUP}, [], ignore) == {urn: Found.ABSENT}

    assert scene.engine.pending(TARGET) == []
    assert scene.engine.up(scene.run(), ignore).changes["create"] >= 1
    assert scene.groups() == [GROUP]


def test_what_lacks_the_stacks_tags_is_not_taken_unless_somebody_is_certain(scene: Scene) -> None:
    scene.die_making(is_made=True)
    scene.engine.unlock(TARGET)
    _, urn, _ = scene.pending()
    with scene.logs() as logs:
        logs.untag_log_group(logGroupName=GROUP, tags=list(TAGS))

    assert scene.engine.repair(scene.run(), {urn: GROUP}, [], ignore) == {urn: Found.UNPROVEN}
    assert scene.pending() == (LOOKED_UP, urn, GROUP)

    assert scene.engine.repair(scene.run(), {urn: GROUP}, [urn], ignore) == {urn: Found.UNPROVEN}
    assert scene.engine.pending(TARGET) == []
