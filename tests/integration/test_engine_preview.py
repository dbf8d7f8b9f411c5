"""Previews on the real engine: what would be done to which properties, without a trace and without a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.domain.steps import UNKNOWN_TEXT, PropertyChange
from cloud_core.domain.stopping import StopSignal
from cloud_core.domain.values import UNKNOWN
from cloud_core.ports.engine import EngineResult, StackRun
from cloud_core.testing.engine_host import TARGET
from sandbox.provider.testing import Clients

SECRET = "correct horse battery"


def a_run(seconds: int = 30, name: str = "tasks", tags: dict[str, Any] | None = None) -> StackRun:
    def program() -> None:
        queue = aws.sqs.Queue("tasks", name=name, visibility_timeout_seconds=seconds, tags=tags)
        aws.sqs.Queue("copy", name="copy", tags={"Of": queue.arn, "Key": pulumi.Output.secret(SECRET)})
        pulumi.export("url", queue.url)
        pulumi.export("name", queue.name)

    return StackRun(TARGET, "op-1", program, lambda processes: None, StopSignal(), redact=frozenset({SECRET}))


def looked(engine: PulumiEngine, run: StackRun) -> dict[str, tuple[str, tuple[PropertyChange, ...]]]:
    result = engine.preview(run, lambda event: None)
    return {step.name: (step.action, step.properties) for step in result.steps}


def test_a_stack_that_does_not_exist_is_previewed_and_still_does_not_exist(
    engine: PulumiEngine, tmp_path: Path
) -> None:
    result: EngineResult = engine.preview(a_run(), lambda event: None)
    assert result.changes == {"create": 2}
    assert [(step.action, step.name, step.properties) for step in result.steps] == [
        ("create", "copy", ()),
        ("create", "tasks", ()),
    ]
    assert result.outputs == {"url": UNKNOWN, "name": "tasks"}
    assert not list((tmp_path / "state").rglob("*.json"))
    assert list((tmp_path / "runs").iterdir()) == []


def test_properties_are_told_from_what_to_what(engine: PulumiEngine, endpoint: str) -> None:
    engine.up(a_run(), lambda event: None)
    assert looked(engine, a_run()) == {}

    changed = looked(engine, a_run(60, tags={"Team": "shop"}))
    assert changed["tasks"] == (
        "update",
        (
            PropertyChange("tags", None, '{"Team": "shop"}'),
            PropertyChange("visibilityTimeoutSeconds", "30", "60"),
        ),
    )

    anew = looked(engine, a_run(name="others"))
    assert anew["tasks"] == ("replace", (PropertyChange("name", "tasks", "others", forces_replacement=True),))
    assert anew["copy"][0] == "update"
    assert {change.path: change.after for change in anew["copy"][1]}["tags.Of"] == UNKNOWN_TEXT
    assert SECRET not in repr(anew)
    urls = Clients(endpoint, TARGET.region).sqs.list_queues().get("QueueUrls", [])
    assert sorted(url.rpartition("/")[2] for url in urls) == ["copy", "tasks"]

    gone = engine.preview_destroy(a_run(), lambda event: None)
    assert [(step.action, step.name) for step in gone.steps] == [("delete", "copy"), ("delete", "tasks")]
    assert engine.outputs(TARGET)["name"] == "tasks"
    engine.destroy(a_run(), lambda event: None)
