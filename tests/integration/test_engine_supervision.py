"""What happens to a real engine when it is stopped, or when the processes above it are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx
import psutil
import pulumi_aws
import pytest

from cloud_core.domain.errors import EngineCancelled, EngineLocked, StackFailed, TransientFailure
from cloud_core.domain.records import ProcessIdentity
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.engine import Found, ResourceEvent, StackRun
from cloud_core.testing.engine_host import TARGET, make_engine, waiting_run
from cloud_core.testing.flaky_proxy import FlakyProxy
from cloud_core.testing.waiting import wait_for

_SECONDS = 30.0
GROUP = "/shop/unanswered"
TAGS = {"ManagedBy": "cloud", "Stack": "waits"}
# A flow process in miniature: it tells the pids of its engine, then that the resource is being created.
_FLOW = """
import sys
from pathlib import Path
from cloud_core.testing.engine_host import make_engine, waiting_run
tell = lambda processes: print(*[process.pid for process in processes], flush=True)
make_engine(Path(sys.argv[1]), int(sys.argv[2])).up(
    waiting_run(60, on_processes=tell), lambda event: print(event.phase, flush=True)
)
"""


@dataclass(frozen=True)
class Provider:
    """A process of the sandbox's provider; `address` is where it is controlled."""

    process: subprocess.Popen[str]
    address: str


@contextmanager
def provider_over(aws: str) -> Iterator[Provider]:
    command = [sys.executable, "-m", "sandbox.provider", "--port", "0", "--aws-endpoint", aws]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Provider(process, process.stdout.readline().split()[-1])
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def provider(endpoint: str) -> Iterator[str]:
    with provider_over(endpoint) as started:
        yield started.address


@pytest.fixture
def instance(provider: str) -> Iterator[int]:
    with httpx.Client(base_url=provider, timeout=20) as control:
        made = control.post("/instances").json()
        yield made["port"]
        control.delete(f"/instances/{made['id']}")


class Watcher:
    """Notes the engine's processes, and when its resource has begun to be created."""

    def __init__(self) -> None:
        self.processes: list[psutil.Process] = []
        self.creating = threading.Event()

    def on_processes(self, processes: list[ProcessIdentity]) -> None:
        self.processes += [psutil.Process(process.pid) for process in processes]

    def on_resource(self, event: ResourceEvent) -> None:
        if event.phase == "started":
            self.creating.set()


def a_group() -> None:
    pulumi_aws.cloudwatch.LogGroup("group", name=GROUP)


def wait_gone(processes: list[psutil.Process]) -> None:
    gone, alive = psutil.wait_procs(processes, timeout=_SECONDS)
    assert len(gone) == len(processes)
    assert not alive


def locks(folder: Path) -> list[Path]:
    return [path for path in (folder / "state" / ".pulumi" / "locks").rglob("*") if path.is_file()]


def wait_for_pending_operation(folder: Path) -> None:
    """The engine tells that it creates a resource just before it writes so into its state."""
    (state,) = (folder / "state" / ".pulumi" / "stacks").rglob("*-dev.json")
    deadline = time.monotonic() + _SECONDS
    while "pending_operations" not in state.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_stop_ends_the_engine_gracefully_and_leaves_no_lock(instance: int, tmp_path: Path) -> None:
    engine, watcher, stop = make_engine(tmp_path, instance), Watcher(), StopSignal()
    stopper = threading.Thread(target=lambda: watcher.creating.wait(_SECONDS) and stop.request())
    stopper.start()

    with pytest.raises(EngineCancelled):
        engine.up(waiting_run(60, watcher.on_processes, stop), watcher.on_resource)

    stopper.join()
    wait_gone(watcher.processes)
    assert locks(tmp_path) == []
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_stopped_stack_converges_when_it_is_run_again(provider: str, tmp_path: Path) -> None:
    with httpx.Client(base_url=provider, timeout=20) as control:
        first, second = (control.post("/instances").json() for _ in range(2))
    watcher, stop = Watcher(), StopSignal()
    stopper = threading.Thread(target=lambda: watcher.creating.wait(_SECONDS) and stop.request())
    stopper.start()
    with pytest.raises(EngineCancelled):
        make_engine(tmp_path, first["port"]).up(waiting_run(60, stop=stop), watcher.on_resource)
    stopper.join()

    engine = make_engine(tmp_path, second["port"])
    result = engine.up(waiting_run(0), lambda event: None)

    assert engine.pending(TARGET) == []
    assert result.changes == {"create": 1}
    assert engine.up(waiting_run(0), lambda event: None).changes == {"same": 1}


def test_an_engine_that_does_not_stop_in_time_is_killed(instance: int, tmp_path: Path) -> None:
    engine, watcher, stop = make_engine(tmp_path, instance, stop_seconds=0.01), Watcher(), StopSignal()
    stopper = threading.Thread(target=lambda: watcher.creating.wait(_SECONDS) and stop.request())
    stopper.start()

    with pytest.raises(EngineCancelled):
        engine.up(waiting_run(60, watcher.on_processes, stop), watcher.on_resource)

    stopper.join()
    wait_gone(watcher.processes)


def start_flow(folder: Path, port: int) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A flow process whose engine is creating its resource; with the engine's processes: shim and engine."""
    flow = subprocess.Popen([sys.executable, "-c", _FLOW, str(folder), str(port)], stdout=subprocess.PIPE, text=True)
    assert flow.stdout is not None
    processes: list[psutil.Process] = []
    for line in flow.stdout:
        if line.strip() == "started":
            return flow, processes
        processes = [psutil.Process(int(pid)) for pid in line.split()] or processes
    raise AssertionError(f"the flow ended with {flow.wait()} before its resource began")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_engine_never_outlives_its_flow(instance: int, tmp_path: Path, number: signal.Signals) -> None:
    flow, processes = start_flow(tmp_path, instance)
    with flow:
        os.kill(flow.pid, number)
        wait_gone(processes)
    assert locks(tmp_path) == []


def test_an_engine_never_outlives_its_shim(instance: int, tmp_path: Path) -> None:
    flow, (shim, child) = start_flow(tmp_path, instance)
    with flow:
        shim.kill()
        wait_gone([child])
        assert flow.wait(_SECONDS) != 0


def test_a_killed_engine_is_a_failure_and_its_pending_creation_is_seen(instance: int, tmp_path: Path) -> None:
    engine, watcher = make_engine(tmp_path, instance), Watcher()

    def kill() -> None:
        if watcher.creating.wait(_SECONDS):
            wait_for_pending_operation(tmp_path)
            watcher.processes[-1].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(StackFailed, match="killed by signal 9"):
        engine.up(waiting_run(60, watcher.on_processes), watcher.on_resource)
    killer.join()

    # The dead engine's lock comes first; what it left half-way is named.
    with pytest.raises(EngineLocked):
        engine.up(waiting_run(0), lambda event: None)
    for lock in locks(tmp_path):
        lock.unlink()
    (left,) = engine.pending(TARGET)
    assert (left.kind, left.type, left.name) == ("creating", "aws:sandbox/wait:Wait", "wait")


def test_what_a_killed_provider_may_have_made_is_found_again(endpoint: str, provider: str, tmp_path: Path) -> None:
    """As when the memory runs out: it goes while AWS carries out what it asked for."""
    run = StackRun(TARGET, "op-1", a_group, lambda processes: None, StopSignal())
    with FlakyProxy(endpoint).serving() as proxy, provider_over(proxy.url) as doomed:
        proxy.before = lambda name, body: doomed.process.kill() if name == "CreateLogGroup" else None
        port = httpx.post(f"{doomed.address}/instances", timeout=20).json()["port"]
        with pytest.raises(StackFailed, match=r"its provider ended in the middle.*AWS may have made it") as caught:
            make_engine(tmp_path, port, tags=TAGS).up(run, lambda event: None)
        assert "LogGroup 'group'" in caught.value.message
        assert not isinstance(caught.value, TransientFailure)
    assert locks(tmp_path) == []

    port = httpx.post(f"{provider}/instances", timeout=20).json()["port"]
    engine, keys = (
        make_engine(tmp_path, port, tags=TAGS),
        {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"},
    )
    with closing(boto3.client("logs", endpoint_url=endpoint, region_name=TARGET.region, **keys)) as logs:
        wait_for("AWS has made it", lambda: logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"])
    (left,) = engine.pending(TARGET)
    assert (left.name, left.identity) == ("group", GROUP)
    assert engine.repair(run, {left.urn: GROUP}, [], lambda event: None) == {left.urn: Found.OURS}
    assert engine.up(run, lambda event: None).changes == {"same": 1}
    engine.destroy(run, lambda event: None)


def test_a_stop_at_once_kills_the_engine(instance: int, tmp_path: Path) -> None:
    engine, watcher, stop = make_engine(tmp_path, instance), Watcher(), StopSignal()
    stopper = threading.Thread(target=lambda: watcher.creating.wait(_SECONDS) and stop.kill())
    stopper.start()

    with pytest.raises(EngineCancelled, match="killed on request"):
        engine.up(waiting_run(60, watcher.on_processes, stop), watcher.on_resource)

    stopper.join()
    wait_gone(watcher.processes)
