"""The state compared with AWS on the real engine: what was changed or deleted behind its back is told property by
property, left alone by a comparison, taken over by a refresh, and put right by an `up` that reads first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.domain.steps import PropertyChange
from cloud_core.domain.stopping import StopSignal
from cloud_core.domain.values import MASK, SecretValue
from cloud_core.ports.engine import EngineResult, StackRun
from cloud_core.testing.engine_host import TARGET
from sandbox.provider.testing import Clients

NAMES = ("kept", "changed", "gone", "tagged", "guarded")
SECRET, INTRUDED = "correct horse battery", "somebody else was here"
FOUND = {"same": 1, "update": 3, "delete": 1}
DIFFERENCES = {
    "changed": ("update", (PropertyChange("visibilityTimeoutSeconds", "30", "60"),)),
    "gone": ("delete", ()),
    "guarded": ("update", (PropertyChange("tags.Key", MASK, MASK),)),
    "tagged": ("update", (PropertyChange("tags.Owner", None, "shop"),)),
}


def program() -> None:
    for name in NAMES:
        tags = {"Key": pulumi.Output.secret(SECRET)} if name == "guarded" else {"Team": "a"}
        aws.sqs.Queue(name, name=name, visibility_timeout_seconds=30, tags=tags)
    pulumi.export("names", list(NAMES))
    pulumi.export("key", pulumi.Output.secret(SECRET))


RUN = StackRun(TARGET, "op-1", program, lambda processes: None, StopSignal(), expected_resources=5)


def ignore(event: object) -> None:
    """Nobody watches."""


def queues(endpoint: str) -> dict[str, str]:
    found = Clients(endpoint, TARGET.region).sqs.list_queues().get("QueueUrls", [])
    return {url.rpartition("/")[2]: url for url in found}


def intrude(endpoint: str) -> None:
    """Change AWS as somebody at a console would."""
    sqs, urls = Clients(endpoint, TARGET.region).sqs, queues(endpoint)
    sqs.set_queue_attributes(QueueUrl=urls["changed"], Attributes={"VisibilityTimeout": "60"})
    sqs.tag_queue(QueueUrl=urls["tagged"], Tags={"Owner": "shop"})
    sqs.tag_queue(QueueUrl=urls["guarded"], Tags={"Key": INTRUDED})
    sqs.delete_queue(QueueUrl=urls["gone"])


def seen(endpoint: str) -> dict[str, Any]:
    """Timeout and tags of every queue."""
    sqs = Clients(endpoint, TARGET.region).sqs
    return {
        name: (
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"],
            sqs.list_queue_tags(QueueUrl=url).get("Tags", {}),
        )
        for name, url in queues(endpoint).items()
    }


def told(result: EngineResult) -> dict[str, tuple[str, tuple[PropertyChange, ...]]]:
    assert INTRUDED not in repr(result)
    assert SECRET not in repr(result)
    return {step.name: (step.action, step.properties) for step in result.steps}


@pytest.fixture
def deployed(engine: PulumiEngine, endpoint: str) -> Any:
    engine.up(RUN, ignore)
    yield engine
    engine.destroy(RUN, ignore)
    assert queues(endpoint) == {}


def test_what_differs_is_told_and_stays_so(deployed: PulumiEngine, endpoint: str) -> None:
    clean = deployed.compare(RUN, ignore)
    assert (clean.changes, clean.steps) == ({"same": 5}, ())
    intrude(endpoint)
    before = seen(endpoint)
    for _ in range(2):
        found = deployed.compare(RUN, ignore)
        assert found.changes == FOUND
        assert told(found) == DIFFERENCES
    assert seen(endpoint) == before


def test_an_up_that_reads_first_puts_it_right(deployed: PulumiEngine, endpoint: str) -> None:
    wanted = seen(endpoint)
    intrude(endpoint)
    assert deployed.preview(RUN, ignore).steps == ()
    looked = deployed.preview(replace(RUN, refresh=True), ignore)
    assert {step.name: step.action for step in looked.steps} == {
        "changed": "update",
        "gone": "create",
        "guarded": "update",
        "tagged": "update",
    }
    assert INTRUDED not in repr(looked)
    done = deployed.up(replace(RUN, refresh=True), ignore)
    assert done.changes == {"same": 1, "update": 3, "create": 1}
    assert sorted(resource.name for resource in done.resources) == sorted(NAMES)
    assert {resource.name: resource.id for resource in done.resources} == queues(endpoint)
    assert seen(endpoint) == wanted
    assert deployed.compare(RUN, ignore).steps == ()


def test_a_refresh_takes_it_into_the_state_without_touching_aws(deployed: PulumiEngine, endpoint: str) -> None:
    wanted = seen(endpoint)
    intrude(endpoint)
    before = seen(endpoint)
    processes: list[object] = []
    found = deployed.refresh(replace(RUN, on_processes=processes.append), ignore)
    assert found.changes == FOUND
    assert told(found) == DIFFERENCES
    assert {resource.name: resource.id for resource in found.resources} == queues(endpoint)
    assert sorted(queues(endpoint)) == ["changed", "guarded", "kept", "tagged"]
    assert (found.outputs["names"], found.outputs["key"]) == (list(NAMES), SecretValue(SECRET))
    assert len(processes) == 2
    assert seen(endpoint) == before
    again = deployed.refresh(RUN, ignore)
    assert (again.changes, again.steps) == ({"same": 4}, ())
    assert deployed.up(RUN, ignore).changes == {"same": 1, "update": 3, "create": 1}
    assert seen(endpoint) == wanted


def test_a_refresh_leaves_secrets_encrypted(deployed: PulumiEngine, tmp_path: Path) -> None:
    deployed.refresh(RUN, ignore)
    assert not [path for path in (tmp_path / "state").rglob("*") if path.is_file() and SECRET in path.read_text()]


def test_what_an_interrupted_run_left_is_told_for_a_refresh_to_repair_first(
    deployed: PulumiEngine, tmp_path: Path
) -> None:
    (file,) = [path for path in (tmp_path / "state").rglob("*.json") if "stacks" in path.parts]
    state = json.loads(file.read_text())
    checkpoint = state["checkpoint"]["latest"]
    pending = {"resource": checkpoint["resources"][-1], "type": "updating"}
    file.write_text(
        json.dumps(
            {**state, "checkpoint": {**state["checkpoint"], "latest": {**checkpoint, "pending_operations": [pending]}}}
        )
    )
    assert [(one.kind, one.urn) for one in deployed.pending(TARGET)] == [("updating", pending["resource"]["urn"])]
    file.write_text(json.dumps(state))
