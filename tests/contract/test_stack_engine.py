"""What `ports.engine.StackEngine` promises, asked of the fake and of the real engine (programs without a provider)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pytest

from cloud_core.domain.errors import EngineCancelled, LeaseLost, ProtectedResources, StackFailed
from cloud_core.domain.records import ProcessIdentity
from cloud_core.domain.stopping import StopSignal
from cloud_core.domain.values import SecretValue, Value, map_leaves
from cloud_core.ports.engine import StackEngine, StackRun
from cloud_core.testing.engine import FakeEngine
from cloud_core.testing.engine_host import TARGET, make_engine

OTHER = replace(TARGET, stack="other")
Outputs = Mapping[str, Value]
OUTPUTS: Outputs = {"plain": "seen", "list": [SecretValue("hush-hush"), 1], "nothing": None}


class Subject:
    """An engine, and runs whose programs export given outputs; once told to `protect`, they hold something protected
    too."""

    def __init__(
        self, engine: StackEngine, prepare: Callable[[Outputs], Callable[[], None]], protect: Callable[[], None]
    ) -> None:
        self.engine = engine
        self.protect = protect
        self._prepare = prepare

    def run(self, outputs: Outputs, **changes: Any) -> StackRun:
        run = StackRun(TARGET, "op-1", self._prepare(outputs), lambda processes: None, StopSignal())
        return replace(run, **changes)

    def up(self, outputs: Outputs, **changes: Any) -> Outputs:
        return self.engine.up(self.run(outputs, **changes), lambda event: None).outputs


@pytest.fixture(params=["fake", "pulumi"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Subject:
    if request.param == "pulumi":
        protected: list[str] = []
        programs = partial(_exporting, protected)
        return Subject(make_engine(tmp_path, port=9), programs, lambda: protected.append("vault"))
    fake = FakeEngine()

    def prepare(outputs: Outputs) -> Callable[[], None]:
        fake.outputs_of.update(dict.fromkeys((TARGET.stack, OTHER.stack), outputs))
        return lambda: None

    return Subject(fake, prepare, lambda: fake.protects.add(TARGET.stack))


def _exporting(protected: list[str], outputs: Outputs) -> Callable[[], None]:
    def program() -> None:
        for name in protected:
            pulumi.ComponentResource("test:index:Vault", name, opts=pulumi.ResourceOptions(protect=True))
        for name, value in outputs.items():
            pulumi.export(name, map_leaves(value, _for_engine))

    return program


def _for_engine(leaf: Value) -> Any:
    return pulumi.Output.secret(leaf.value) if isinstance(leaf, SecretValue) else leaf


def test_an_up_tells_its_outputs_and_keeps_them(subject: Subject) -> None:
    told = subject.up(OUTPUTS)
    kept = subject.engine.outputs(TARGET)
    for outputs in (told, kept):
        assert outputs["plain"] == "seen"
        assert outputs["list"] == [SecretValue("hush-hush"), 1]


def test_another_up_replaces_them(subject: Subject) -> None:
    subject.up(OUTPUTS)
    subject.up({"plain": "changed"})
    assert subject.engine.outputs(TARGET) == {"plain": "changed"}


def test_a_stack_that_never_ran_has_no_outputs_and_nothing_to_destroy(subject: Subject) -> None:
    assert subject.engine.outputs(TARGET) == {}
    subject.engine.destroy(subject.run({}), lambda event: None)


def test_a_preview_keeps_nothing(subject: Subject) -> None:
    result = subject.engine.preview(subject.run(OUTPUTS), lambda event: None)
    assert result.outputs["plain"] == "seen"
    assert subject.engine.outputs(TARGET) == {}


def test_a_destroyed_stack_is_forgotten(subject: Subject) -> None:
    subject.up(OUTPUTS)
    subject.engine.destroy(subject.run({}), lambda event: None)
    assert subject.engine.outputs(TARGET) == {}


def test_processes_are_told_and_taken_back(subject: Subject) -> None:
    told: list[list[ProcessIdentity]] = []
    subject.up(OUTPUTS, on_processes=told.append)
    assert told[0]
    assert told[-1] == []


def test_an_engine_whose_processes_may_not_be_recorded_does_not_run(subject: Subject) -> None:
    def refuse(processes: list[ProcessIdentity]) -> None:
        raise LeaseLost("another owner")

    with pytest.raises(LeaseLost):
        subject.up(OUTPUTS, on_processes=refuse)
    assert subject.engine.outputs(TARGET) == {}


def test_a_stop_is_an_error_of_its_own(subject: Subject) -> None:
    stop = StopSignal()
    stop.request()
    with pytest.raises(EngineCancelled):
        subject.up(OUTPUTS, stop=stop)


def test_the_engine_can_be_found(subject: Subject) -> None:
    assert subject.engine.probe().version


def test_tells_who_it_is_at_its_backend(subject: Subject) -> None:
    assert subject.engine.check_backend()


def test_a_protected_resource_is_told_and_keeps_its_stack_whole(subject: Subject) -> None:
    assert subject.engine.protected(TARGET) == []
    subject.protect()
    subject.up(OUTPUTS)
    (urn,) = subject.engine.protected(TARGET)
    with pytest.raises(ProtectedResources, match="nothing was deleted") as caught:
        subject.engine.destroy(subject.run({}), lambda event: None)
    assert caught.value.context["protected"] == [urn]
    assert subject.engine.outputs(TARGET)["plain"] == "seen"


def test_a_state_is_exported_with_its_secrets_sealed(subject: Subject) -> None:
    assert subject.engine.export_state(TARGET) == {}
    subject.up(OUTPUTS)
    sealed = subject.engine.export_state(TARGET)
    assert sealed["version"] == 3
    assert "hush-hush" not in json.dumps(sealed)
    assert "hush-hush" in json.dumps(subject.engine.export_state(TARGET, show_secrets=True))


@pytest.mark.parametrize("show_secrets", [False, True])
def test_an_exported_state_can_be_imported_again(subject: Subject, show_secrets: bool) -> None:
    subject.up(OUTPUTS)
    state = subject.engine.export_state(TARGET, show_secrets)
    subject.up({"plain": "changed"})
    told: list[list[ProcessIdentity]] = []
    subject.engine.import_state(subject.run({}, on_processes=told.append), state)
    assert subject.engine.outputs(TARGET)["list"] == [SecretValue("hush-hush"), 1]
    assert "hush-hush" not in json.dumps(subject.engine.export_state(TARGET))
    assert told[0]
    assert told[-1] == []


def test_a_state_can_be_imported_where_there_is_none(subject: Subject) -> None:
    subject.up(OUTPUTS)
    state = subject.engine.export_state(TARGET)
    subject.engine.destroy(subject.run({}), lambda event: None)
    subject.engine.import_state(subject.run({}), state)
    assert subject.engine.outputs(TARGET)["plain"] == "seen"


def test_another_stack_s_state_is_refused_and_the_old_one_stays(subject: Subject) -> None:
    subject.up({"plain": "theirs"}, target=OTHER)
    theirs = subject.engine.export_state(OTHER)
    with pytest.raises(StackFailed, match="different stack"):
        subject.engine.import_state(subject.run({}), theirs)
    assert subject.engine.export_state(TARGET) == {}
    subject.up({"plain": "ours"})
    with pytest.raises(StackFailed, match="different stack"):
        subject.engine.import_state(subject.run({}), theirs)
    assert subject.engine.outputs(TARGET) == {"plain": "ours"}
    subject.engine.import_state(subject.run({}), theirs, force=True)
    assert subject.engine.outputs(TARGET) == {"plain": "theirs"}


def test_a_comparison_of_nothing_finds_nothing(subject: Subject) -> None:
    assert subject.engine.compare(subject.run({}), lambda event: None).changes == {}


def test_a_stack_that_ended_by_itself_has_nothing_pending(subject: Subject) -> None:
    assert subject.engine.pending(TARGET) == []
    subject.up(OUTPUTS)
    assert subject.engine.pending(TARGET) == []


def test_a_repair_of_nothing_finds_nothing_and_keeps_the_outputs(subject: Subject) -> None:
    subject.up(OUTPUTS)
    assert subject.engine.repair(subject.run({}), {}, [], lambda event: None) == {}
    assert subject.engine.outputs(TARGET)["list"] == [SecretValue("hush-hush"), 1]


def test_a_lock_that_nobody_holds_can_be_removed(subject: Subject) -> None:
    subject.up(OUTPUTS)
    subject.engine.unlock(TARGET)
    assert subject.up(OUTPUTS)["plain"] == "seen"


def test_a_refresh_of_what_is_as_it_was_keeps_it_with_its_outputs(subject: Subject) -> None:
    subject.up(OUTPUTS)
    result = subject.engine.refresh(subject.run({}), lambda event: None)
    assert result.steps == ()
    assert result.outputs["plain"] == "seen"
    assert result.outputs["list"] == [SecretValue("hush-hush"), 1]
    assert subject.engine.outputs(TARGET)["plain"] == "seen"


def test_a_refresh_of_nothing_finds_nothing(subject: Subject) -> None:
    result = subject.engine.refresh(subject.run({}), lambda event: None)
    assert (result.changes, result.resources, result.outputs) == ({}, [], {})


@pytest.mark.parametrize("look", ["compare", "refresh"])
def test_a_look_at_aws_can_be_stopped(subject: Subject, look: str) -> None:
    subject.up(OUTPUTS)
    stop = StopSignal()
    stop.request()
    with pytest.raises(EngineCancelled):
        getattr(subject.engine, look)(subject.run({}, stop=stop), lambda event: None)


def test_an_up_may_read_aws_first(subject: Subject) -> None:
    subject.up(OUTPUTS)
    assert subject.up({"plain": "changed"}, refresh=True) == {"plain": "changed"}
