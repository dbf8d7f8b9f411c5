"""The engine adapter over the real Pulumi engine, with programs that need no provider."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote_plus

import psutil
import pulumi
import pytest
from pulumi.automation.errors import CommandError

from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.adapters.pulumi.access import Attachment, Backend
from cloud_core.adapters.pulumi.command import ReadCommand
from cloud_core.adapters.pulumi.discovery import find_engine
from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.domain.errors import EngineCancelled, LeaseLost, StackFailed, Unavailable
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import ProcessIdentity
from cloud_core.domain.stopping import StopSignal
from cloud_core.domain.values import SecretValue
from cloud_core.ports.engine import EngineInfo, Program, ResourceEvent, StackRun, StackTarget
from cloud_core.settings.engine import EngineSettings

CANARY = "canary-1f6e9b"


class NoAws:
    """Programs without AWS need a path and a home, nothing else."""

    def environment(self) -> dict[str, str]:
        return {}

    @contextmanager
    def attach(self, target: StackTarget) -> Iterator[Attachment]:
        yield Attachment({"PATH": os.environ["PATH"], "HOME": "/nonexistent"}, {"aws:region": target.region})


@pytest.fixture
def engine(tmp_path: Path) -> PulumiEngine:
    return make(tmp_path, "correct horse")


def make(folder: Path, passphrase: str) -> PulumiEngine:
    """An engine whose state is in the folder."""
    state = folder / "state"
    state.mkdir(exist_ok=True)
    backend = Backend(
        url=f"file://{state}",
        runs=folder / "runs",
        plugins=folder / "plugins",
        variables={"PULUMI_CONFIG_PASSPHRASE": passphrase},
    )
    return PulumiEngine(lambda: find_engine(EngineSettings()), backend, NoAws(), LocalProcesses(), stop_seconds=20)


def target(stack: str = "network") -> StackTarget:
    return StackTarget(
        deployment_id="D1BRV40",
        stack=stack,
        environment=EnvironmentName.DEV,
        organization="CompanyA",
        project="ecommerce",
        region="us-east-1",
        account="410000000017",
    )


def stack_run(program: Program, stop: StopSignal | None = None, **changes: object) -> StackRun:
    defaults = {
        "target": target(),
        "operation_id": "op-1",
        "program": program,
        "on_processes": lambda processes: None,
        "stop": stop or StopSignal(),
    }
    return StackRun(**{**defaults, **changes})  # type: ignore[arg-type]


def exports_secrets() -> None:
    pulumi.export("plain", "seen")
    pulumi.export("secret", pulumi.Output.secret(CANARY))
    pulumi.export("nested", {"list": [pulumi.Output.secret(CANARY), 1], "map": {"deep": pulumi.Output.from_input(2)}})


class Holder:
    """A program that waits until it is told to go on."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go = threading.Event()

    def __call__(self) -> None:
        self.entered.set()
        assert self.go.wait(30)


def test_outputs_keep_their_secrets_marked_at_any_depth(engine: PulumiEngine) -> None:
    result = engine.up(stack_run(exports_secrets), lambda event: None)

    expected = {
        "plain": "seen",
        "secret": SecretValue(CANARY),
        "nested": {"list": [SecretValue(CANARY), 1], "map": {"deep": 2}},
    }
    assert result.outputs == expected
    assert engine.outputs(target()) == expected


def test_no_secret_is_left_outside_the_encrypted_state(engine: PulumiEngine, tmp_path: Path) -> None:
    engine.up(stack_run(exports_secrets), lambda event: None)

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]
    assert list((tmp_path / "runs").iterdir()) == []


def test_up_is_one_engine_process_once_the_stack_exists(engine: PulumiEngine) -> None:
    engine.up(stack_run(exports_secrets), lambda event: None)
    starts: list[list[ProcessIdentity]] = []

    engine.up(stack_run(exports_secrets, on_processes=starts.append), lambda event: None)

    assert [len(processes) for processes in starts] == [2, 0]


def test_the_key_of_a_stacks_secrets_stays(engine: PulumiEngine) -> None:
    """Each new one would take longer to make than the rest of the engine's start."""
    engine.up(stack_run(exports_secrets), lambda event: None)
    keys = engine.export_state(target())["deployment"]["secrets_providers"]

    engine.up(stack_run(lambda: pulumi.export("secret", pulumi.Output.secret("another"))), lambda event: None)
    engine.refresh(stack_run(lambda: None), lambda event: None)

    assert engine.export_state(target())["deployment"]["secrets_providers"] == keys
    assert engine.outputs(target()) == {"secret": SecretValue("another")}


@pytest.mark.parametrize("act", ["up", "preview", "refresh"])
def test_another_passphrase_is_refused_by_its_name(engine: PulumiEngine, tmp_path: Path, act: str) -> None:
    engine.up(stack_run(exports_secrets), lambda event: None)
    other = make(tmp_path, "battery staple")

    with pytest.raises(StackFailed, match=r"stack 'network' failed: .*incorrect passphrase.*PULUMI_CONFIG_PASSPHRASE"):
        getattr(other, act)(stack_run(exports_secrets), lambda event: None)


def test_processes_are_told_before_the_engine_runs_and_a_refusal_keeps_it_from_running(engine: PulumiEngine) -> None:
    ran = threading.Event()

    def refuse(processes: list[ProcessIdentity]) -> None:
        assert all(psutil.pid_exists(process.pid) for process in processes)
        raise LeaseLost("another owner took the environment")

    with pytest.raises(LeaseLost):
        engine.up(stack_run(ran.set, on_processes=refuse), lambda event: None)
    assert not ran.is_set()


def test_a_failing_program_is_a_stack_failure_that_says_why(engine: PulumiEngine) -> None:
    def broken() -> None:
        raise pulumi.RunError("the CIDR is wrong")

    with pytest.raises(StackFailed, match=r"stack 'network' failed: .*the CIDR is wrong") as caught:
        engine.up(stack_run(broken), lambda event: None)
    assert caught.value.context["stack"] == "network"


@pytest.mark.parametrize("write", [str, repr, json.dumps, quote_plus])
def test_secrets_are_masked_in_the_messages_of_a_failure(engine: PulumiEngine, write: Callable[[str], str]) -> None:
    secret = f'{CANARY} "é"\nand {CANARY}'

    def broken() -> None:
        raise pulumi.RunError(f"refused {write(secret)}")

    with pytest.raises(StackFailed) as caught:
        engine.up(stack_run(broken, redact=frozenset({secret})), lambda event: None)
    assert CANARY not in str(caught.value.message) + repr(caught.value.context)
    assert "***" in caught.value.message.partition("refused ")[2]


def test_a_stop_before_the_start_runs_nothing(engine: PulumiEngine) -> None:
    stop, ran = StopSignal(), threading.Event()
    stop.request()

    with pytest.raises(EngineCancelled):
        engine.up(stack_run(ran.set, stop), lambda event: None)
    assert not ran.is_set()


def test_a_state_that_can_not_be_read_is_a_failure_that_says_why_and_shows_nothing(
    engine: PulumiEngine, tmp_path: Path
) -> None:
    engine.up(stack_run(exports_secrets), lambda event: None)

    with pytest.raises(StackFailed, match=r"state of stack 'network' can't be read: .*passphrase") as caught:
        make(tmp_path, "battery staple").outputs(target())
    assert CANARY not in str(caught.value.message) + repr(caught.value.context)


def test_a_read_that_never_answers_is_given_up(tmp_path: Path) -> None:
    engine = tmp_path / "pulumi"
    engine.write_text("#!/bin/sh\necho half-of-a-secret\nexec sleep 60\n")
    engine.chmod(0o755)
    command = ReadCommand(EngineInfo(engine, "3.255.0", "tests"), {"PATH": os.environ["PATH"]}, seconds=0.3)

    with pytest.raises(CommandError, match=r"no answer within 0\.3 s") as caught:
        command.run(["stack", "export"], str(tmp_path), {})
    assert "half-of-a-secret" not in str(caught.value)


def test_destroy_of_a_stack_that_was_never_there_does_nothing(engine: PulumiEngine) -> None:
    assert engine.destroy(stack_run(lambda: None), lambda event: None).changes == {}


def test_destroy_removes_the_stack_from_the_backend(engine: PulumiEngine, tmp_path: Path) -> None:
    engine.up(stack_run(exports_secrets), lambda event: None)

    engine.destroy(stack_run(lambda: None), lambda event: None)

    assert engine.outputs(target()) == {}
    assert not list((tmp_path / "state" / ".pulumi" / "stacks").rglob("*dev.json"))


def test_stacks_run_side_by_side_without_mixing(engine: PulumiEngine) -> None:
    results: dict[str, object] = {}

    def deploy(name: str) -> None:
        events: list[ResourceEvent] = []
        run = stack_run(lambda: pulumi.export("name", name), target=target(name))
        results[name] = engine.up(run, events.append).outputs

    threads = [threading.Thread(target=deploy, args=(f"stack-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {f"stack-{number}": {"name": f"stack-{number}"} for number in range(4)}


def test_a_backend_that_lets_nobody_in_is_named_with_the_engines_reason(tmp_path: Path) -> None:
    nowhere = Backend(f"file://{tmp_path / 'nowhere'}", tmp_path / "runs", tmp_path / "plugins")
    engine = PulumiEngine(lambda: find_engine(EngineSettings()), nowhere, NoAws(), LocalProcesses(), stop_seconds=20)
    with pytest.raises(Unavailable, match=r"can't log in to its backend .*nowhere.*no such file"):
        engine.check_backend()
