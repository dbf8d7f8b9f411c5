"""A process that is ended while what it told is not written yet: nothing of it is lost, but by SIGKILL."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cloud_core.domain.events import EventName
from cloud_core.domain.records import LogEntry
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.flaky_proxy import FlakyProxy
from cloud_core.testing.waiting import wait_for

LINES = 120
SECONDS = 60
EVERYTHING = {f"line {number}" for number in range(LINES)}


class Teller:
    """The process, behind a proxy: nothing is written to the table of lines before `let_through`."""

    def __init__(self, proxy: FlakyProxy, prefix: str, ending: str | None) -> None:
        self.is_open = threading.Event()
        self.batches = 0
        self.answers: Callable[[bytes], tuple[int, bytes] | None] = lambda body: None
        proxy.before = self._hold
        proxy.answer = lambda name, body: self.answers(body) if name == "BatchWriteItem" else None
        command = [sys.executable, "-P", "-m", "flows.testing_telling"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload]
        request = {"endpoint": proxy.url, "prefix": prefix, "lines": LINES, "ending": ending}
        self.process.stdin.write(f"{json.dumps(request)}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "told\n", self.process.stderr.read()

    def _hold(self, name: str, body: bytes) -> None:
        if name == "BatchWriteItem":
            self.batches += 1
            self.is_open.wait(SECONDS)

    def let_through(self) -> None:
        self.is_open.set()

    def ended(self) -> int:
        """Its exit code."""
        self.process.communicate(timeout=SECONDS)
        return int(self.process.returncode)


@pytest.fixture
def telling(dynamo: Any) -> Iterator[Callable[..., Any]]:
    @contextmanager
    def start(ending: str | None = None) -> Iterator[Teller]:
        with FlakyProxy(dynamo.endpoint).serving() as proxy:
            teller = Teller(proxy, dynamo.prefix, ending)
            try:
                wait_for("the first batch of lines", lambda: teller.batches, every=0.02)
                yield teller
            finally:
                teller.let_through()
                teller.process.kill()
                teller.process.communicate()

    return start


def lines(dynamo: Any) -> list[LogEntry]:
    """As they are in the table, oldest first."""
    found: list[LogEntry] = dynamo.records(FakeClock()).logs.get_logs(DEPLOYMENT_ID, 1000).items
    return found[::-1]


def told(dynamo: Any) -> set[str]:
    return {line.message for line in lines(dynamo)}


@pytest.mark.parametrize(("ending", "code"), [("return", 0), ("exception", 1), ("exit", 3)])
def test_however_it_ends_itself_all_lines_are_written(telling: Any, dynamo: Any, ending: str, code: int) -> None:
    with telling(ending) as teller:
        teller.let_through()
        assert teller.ended() == code
    assert told(dynamo) == EVERYTHING
    for thread in (0, 1):
        order = [int(line.message.split()[1]) for line in sorted(lines(dynamo), key=lambda one: one.log_id)]
        assert [number for number in order if number % 2 == thread] == list(range(thread, LINES, 2))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_when_all_is_written(telling: Any, dynamo: Any, number: int) -> None:
    with telling() as teller:
        teller.process.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            teller.process.wait(0.5)
        teller.let_through()
        # Prefect hands SIGTERM on to the system once the flow has dealt with it; so does Python with SIGINT.
        assert teller.ended() == -number
    assert told(dynamo) == EVERYTHING


def test_who_is_told_twice_to_end_writes_all_the_same(telling: Any, dynamo: Any) -> None:
    """A supervisor tells the process, and the terminal told its group already."""
    with telling() as teller:
        for number in (signal.SIGINT, signal.SIGTERM):
            teller.process.send_signal(number)
            with pytest.raises(subprocess.TimeoutExpired):
                teller.process.wait(0.5)
        teller.let_through()
        assert teller.ended() != 0
    assert told(dynamo) == EVERYTHING


def test_sigkill_costs_what_the_store_had_not_taken_and_nothing_before(telling: Any, dynamo: Any) -> None:
    with telling("hang") as teller:
        teller.let_through()
        wait_for("two batches", lambda: teller.batches > 2, every=0.01)
        teller.process.kill()
        assert teller.ended() == -signal.SIGKILL
    records = dynamo.records(FakeClock())
    events = [one for one in records.events.read(DEPLOYMENT_ID) if one.event is EventName.LOG]
    # The events were first: of those that are written, at most one batch has no line yet, and one was on its way.
    assert len(told(dynamo)) >= len(events) - 2 * 25
    assert len(told(dynamo)) >= 50


def test_a_table_that_takes_a_part_each_time_gets_them_all(telling: Any, dynamo: Any) -> None:
    """A throttled table answers a batch with what it did not take."""
    with telling("return") as teller:
        refusals = iter(range(3))

        def throttled(body: bytes) -> tuple[int, bytes] | None:
            if next(refusals, None) is None:
                return None
            return 200, json.dumps({"UnprocessedItems": json.loads(body)["RequestItems"]}).encode()

        teller.answers = throttled
        teller.let_through()
        assert teller.ended() == 0
    assert told(dynamo) == EVERYTHING
