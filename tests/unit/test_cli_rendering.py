"""How things look: streams, marks, numbers, the lines of events and the view of all stacks."""

from __future__ import annotations

import io
import json
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from cli.commands.outputs import variable_name
from cli.event_lines import event_line, resource_words
from cli.live_view import draw
from cli.main import run
from cli.output import Output
from cli.problems import finding_lines
from cli.results import changes_words
from cli.text import facts, joined, status_text, styled, table
from cli.wording import age, count, duration, stopwatch
from cloud_core.domain.clock import timestamp
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.progress import CurrentResource, OperationView, StackView
from cloud_core.domain.schedule import cause_words
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus
from cloud_core.domain.validation.findings import finding
from cloud_core.testing.builders import DEPLOYMENT_ID, an_event
from cloud_core.testing.clock import START
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.flows import FakeFlowRunner


class Stream(io.TextIOWrapper):
    """A stream of that encoding; `written` is what it got."""

    def __init__(self, encoding: str = "utf-8", terminal: bool = False) -> None:
        self._bytes = io.BytesIO()
        self._terminal = terminal
        super().__init__(self._bytes, encoding=encoding, write_through=True)

    def isatty(self) -> bool:
        return self._terminal

    @property
    def written(self) -> str:
        return self._bytes.getvalue().decode(self.encoding)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(**settings: Any) -> tuple[Stream, Stream]:
        out, err = Stream(**settings), Stream(**settings)
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        return out, err

    return install


class TestOutput:
    def test_without_a_terminal_is_neither_coloured_nor_cut_nor_padded(self, streams: Any) -> None:
        out, _ = streams()
        Output().print(table(("Name", "Value"), [[styled("a", "bold red"), "x" * 500], ["b", "y"]]))
        assert out.written == f"Name   Value\na      {'x' * 500}\nb      y\n"

    def test_on_a_terminal_is_coloured_unless_it_must_not_be(self, streams: Any, monkeypatch: Any) -> None:
        out, _ = streams(terminal=True)
        Output().print(styled("all is well", "green"))
        assert "\x1b[32m" in out.written
        out, _ = streams(terminal=True)
        Output(no_color=True).print(styled("all is well", "green"))
        assert out.written == "all is well\n"
        monkeypatch.setenv("NO_COLOR", "1")
        out, _ = streams(terminal=True)
        Output().print(styled("all is well", "green"))
        assert out.written == "all is well\n"

    @pytest.mark.parametrize("terminal", [True, False])
    def test_uses_ascii_where_marks_can_not_be_written(self, streams: Any, terminal: bool) -> None:
        out, _ = streams(encoding="ascii", terminal=terminal)
        Output(no_color=True).print(status_text("deployed"), status_text("failed"), status_text("skipped"))
        assert out.written == "+ deployed\nx failed\n- skipped\n"

    def test_never_fails_on_what_the_encoding_can_not_say(self, streams: Any) -> None:
        out, _ = streams(encoding="ascii")
        Output().print(styled("Übung"))
        Output().raw("Übung")
        Output(as_json=True).line({"name": "Übung"})
        assert out.written == '?bung\n?bung\n{"name": "\\u00dcbung"}\n'

    def test_never_reads_what_comes_from_outside_as_markup(self, streams: Any) -> None:
        out, _ = streams()
        Output().print(joined("[bold]", "[/nonsense]"), facts([("[red]", ":smile:")]))
        assert out.written == "[bold][/nonsense]\n[red]   :smile:\n"

    def test_never_lets_what_comes_from_outside_steer_the_terminal(self, streams: Any) -> None:
        out, _ = streams(terminal=True)
        Output(no_color=True).print(joined("a\x1b[2J", ("b\x07\r", "")), styled("c\x9b1m"))
        assert out.written == "a[2Jb\nc1m\n"

    def test_keeps_results_and_progress_apart(self, streams: Any) -> None:
        out, err = streams()
        output = Output()
        output.print(styled("result"))
        output.note(styled("progress"))
        output.warn("careful")
        assert (out.written, err.written) == ("result\n", "progress\nWarning: careful\n")

    def test_of_json_is_one_document_and_nothing_else(self, streams: Any) -> None:
        out, err = streams()
        output = Output(as_json=True)
        output.print(styled("result"))
        output.note(styled("progress"))
        output.answer({"name": "Ünïcode"}, lambda: styled("never"))
        assert json.loads(out.written) == {"success": True, "data": {"name": "Ünïcode"}}
        assert err.written == ""

    def test_is_redrawn_only_on_a_terminal_that_can(self, streams: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        streams(terminal=True)
        assert Output().is_live
        assert not Output(as_json=True).is_live
        assert not Output(quiet=True).is_live
        streams(terminal=False)
        assert not Output().is_live
        streams(terminal=True, encoding="ascii")
        assert not Output().is_live
        streams(terminal=True)
        monkeypatch.setenv("TERM", "dumb")
        assert not Output().is_live

    @pytest.mark.parametrize("variable", ["FORCE_COLOR", "TTY_COMPATIBLE"])
    def test_of_a_log_that_shows_colours_is_never_redrawn_nor_cut(
        self, streams: Any, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        monkeypatch.setenv(variable, "1")
        out, _ = streams(terminal=False)
        assert not Output().is_live
        Output().print(table(("Name", "Value"), [[styled("a", "red"), "x" * 500], ["b", "y"]]))
        plain = re.sub(r"\x1b\[[0-9;]*m", "", out.written)
        assert plain == f"Name   Value\na      {'x' * 500}\nb      y\n" != out.written


class TestNumbers:
    def test_durations(self) -> None:
        assert [duration(seconds) for seconds in (None, 0, 9.94, 10, 59.4)] == ["", "0.0 s", "9.9 s", "10 s", "59 s"]
        assert [duration(seconds) for seconds in (60, 125, 3599)] == ["1 min 00 s", "2 min 05 s", "59 min 59 s"]
        assert [duration(seconds) for seconds in (3600, 7320)] == ["1 h 00 min", "2 h 02 min"]

    @given(st.floats(0, 1e6))
    def test_durations_never_show_sixty_of_anything(self, seconds: float) -> None:
        assert "60 min" not in duration(seconds)
        assert "60 s" not in duration(seconds)
        assert ":60" not in stopwatch(seconds)

    @pytest.mark.parametrize(("seconds", "words"), [(0, "0:00"), (75, "1:15"), (3661, "1:01:01")])
    def test_stopwatch(self, seconds: float, words: str) -> None:
        assert stopwatch(seconds) == words

    @pytest.mark.parametrize(
        ("seconds", "words"), [(0, "0 s ago"), (59, "59 s ago"), (60, "1 min ago"), (7199, "1 h ago"), (-5, "0 s ago")]
    )
    def test_ages(self, seconds: float, words: str) -> None:
        assert age(timestamp(START), START + timedelta(seconds=seconds)) == words

    def test_old_times_are_dates(self) -> None:
        assert age(timestamp(START), START + timedelta(days=3)).startswith("2026-01-0")
        assert age(None, START) == ""

    def test_counts(self) -> None:
        assert (count(1, "stack"), count(2, "stack"), count(2, "box", "boxes")) == ("1 stack", "2 stacks", "2 boxes")

    def test_changes(self) -> None:
        assert changes_words({"create": 12, "same": 3, "delete": 1, "import": 2}) == "+12 -1 =3 2 import"

    def test_names_of_variables(self) -> None:
        assert variable_name("network", "vpcId") == "NETWORK_VPC_ID"
        assert variable_name("database-rds", "endpoint.url") == "DATABASE_RDS_ENDPOINT_URL"


class TestEventLines:
    def line(self, name: EventName, verbose: bool = False, **data: Any) -> str | None:
        event = Event(**an_event(event=name, stack_name="network", data=data).model_dump(), seq=1)
        told = event_line(event, verbose)
        return told.plain if told is not None else None

    def test_tell_a_change_in_a_line(self) -> None:
        deployed = {"status": "deployed", "duration_seconds": 12.3, "resource_count": 14}
        assert self.line(EventName.STACK_DEPLOYED, **deployed) == "✓ deployed: 14 resources in 12 s"
        failed = {"status": "failed", "error_message": "InvalidVpc\nand more"}
        assert self.line(EventName.STACK_FAILED, **failed) == "✗ failed: InvalidVpc"
        skipped = {"status": "skipped", "cause": "dependency_failed:network"}
        assert self.line(EventName.STACK_SKIPPED, **skipped) == "– skipped: network failed"
        cancelled = {"status": "cancelled", "cause": "cancelled"}
        assert self.line(EventName.STACK_SKIPPED, **cancelled) == "– cancelled: never started"

    def test_tell_of_resources_only_when_asked_but_of_failures_always(self) -> None:
        resource = {"type": "aws:ec2/vpc:Vpc", "name": "main"}
        assert self.line(EventName.RESOURCE_CREATED, resource=resource) is None
        assert self.line(EventName.RESOURCE_CREATED, True, resource=resource, duration_seconds=1.2) == (
            "  ec2:Vpc main created (1.2 s)"
        )
        assert self.line(EventName.RESOURCE_FAILED, resource=resource, message="InvalidCidr") == (
            "  ec2:Vpc main failed: InvalidCidr"
        )

    @pytest.mark.parametrize("name", list(EventName))
    def test_fit_every_event_in_one_line(self, name: EventName) -> None:
        data = {
            "status": "deployed",
            "resource": {"type": "aws:a/b:C", "name": "x"},
            "message": "one\ntwo",
            "cause": "c",
            "attempt": 1,
            "attempts": 3,
            "wait_seconds": 5.0,
        }
        told = self.line(name, True, **data, error_message="one\ntwo")
        assert told is None or name is EventName.LOG or "\n" not in told

    @pytest.mark.parametrize(
        ("cause", "words"), [(None, ""), ("cancelled", "never started"), ("unchanged", "unchanged")]
    )
    def test_of_causes(self, cause: str | None, words: str) -> None:
        assert cause_words(cause) == words

    def test_of_resources(self) -> None:
        assert resource_words("aws:ec2/vpc:Vpc", "x") == "ec2:Vpc x"
        assert resource_words("pulumi:pulumi:Stack", "x") == "Stack x"
        assert resource_words("random:index:Id", "x") == "index:Id x"


class TestTheView:
    def view(self, stacks: dict[str, StackView], **fields: Any) -> OperationView:
        defaults: dict[str, Any] = {
            "operation_id": "op-1",
            "deployment_id": "D1BRV40",
            "environment": "dev",
            "action": Action.DEPLOY,
            "parallel": 8,
            "created_at": START,
            "status": OperationStatus.IN_PROGRESS,
        }
        return OperationView(**(defaults | fields), stacks=stacks)

    def drawn(self, view: OperationView, width: int = 100, height: int = 40, seconds: float = 12) -> list[str]:
        stream = io.StringIO()
        console = Console(file=stream, width=width, color_system=None)
        console.print(draw(view, START + timedelta(seconds=seconds), height))
        return [line.rstrip() for line in stream.getvalue().splitlines()]

    def test_shows_state_resource_counts_and_times_of_every_stack(self) -> None:
        current = CurrentResource("aws:ec2/subnet:Subnet", "private-2", "create")
        view = self.view(
            {
                "network": StackView(
                    "network", 1, StackStatus.DEPLOYING, started_at=START, current=current, done=6, total=24
                ),
                "dns": StackView("dns", 1, StackStatus.DEPLOYED, seconds=3.4, done=5),
                "security": StackView("security", 2),
                "queue": StackView("queue", 1, StackStatus.FAILED, seconds=1.0, error="InvalidName: no\nmore"),
                "cache": StackView("cache", 2, StackStatus.SKIPPED, cause="dependency_failed:queue"),
            },
            dependencies={"security": frozenset({"network"})},
            estimates={"network": 40.0, "security": 5.0},
        )
        assert self.drawn(view.counted()) == [
            "Deploying D1BRV40 dev  op-1",
            "",
            "●  network   deploying   6/24    12 s  about 28 s left  create ec2:Subnet private-2",
            "✓  dns       deployed       5   3.4 s",
            "○  security  waiting                   for network",
            "✗  queue     failed             1.0 s  InvalidName: no",
            "–  cache     skipped                   queue failed",
            "",
            "━━━━━━━━━━━━━━━━━━━╸            65 %  3 of 5 stacks  11 resources  0:12  about 33 s left",
        ]

    @pytest.mark.parametrize(
        ("status", "title"),
        [
            (OperationStatus.PENDING, "Waiting for a runner: D1BRV40"),
            (OperationStatus.CANCELLING, "Cancelling: D1BRV40"),
        ],
    )
    def test_says_what_the_operation_is_at(self, status: OperationStatus, title: str) -> None:
        assert self.drawn(self.view({}, status=status))[0].startswith(title)

    @given(st.integers(1, 200), st.integers(12, 60), st.integers(30, 200))
    def test_always_fits_the_terminal(self, number: int, height: int, width: int) -> None:
        statuses = [StackStatus.DEPLOYED, StackStatus.PENDING, StackStatus.SKIPPED]
        stacks = {f"s{index}": StackView(f"s{index}", 1, statuses[index % 3]) for index in range(number)}
        lines = self.drawn(self.view(stacks), width, height)
        assert len(lines) <= height
        assert max(map(len, lines)) <= width

    def test_hides_what_is_done_before_what_runs_or_failed(self) -> None:
        stacks = {f"done-{index}": StackView(f"done-{index}", 1, StackStatus.DEPLOYED) for index in range(50)}
        stacks["busy"] = StackView("busy", 1, StackStatus.DEPLOYING, started_at=START)
        stacks["broken"] = StackView("broken", 1, StackStatus.FAILED, error="InvalidVpc")
        stacks |= {f"later-{index}": StackView(f"later-{index}", 2) for index in range(50)}
        text = "\n".join(self.drawn(self.view(stacks), height=20))
        assert "busy" in text
        assert "broken" in text
        assert "and 50 deployed" in text
        assert "waiting" in text


class TestOnATerminal:
    @pytest.fixture
    def edge(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEdge:
        monkeypatch.chdir(tmp_path)
        edge = FakeEdge(tmp_path)
        edge.world.flows = FakeFlowRunner()
        return edge

    def deploy(self, edge: FakeEdge, *options: str) -> int:
        """Its run begins while somebody watches."""

        def run_it() -> None:
            operation = edge.operations.latest(DEPLOYMENT_ID, EnvironmentName.DEV)
            assert operation is not None
            edge.world.run(operation)

        edge.clock.after(5, run_it)
        return run(["deploy", DEPLOYMENT_ID, "--auto-approve", "--no-color", *options], lambda settings: edge)

    def test_the_view_stands_on_stderr_and_the_result_on_stdout(self, edge: FakeEdge, streams: Any) -> None:
        out, err = streams(terminal=True)
        assert self.deploy(edge) == 0
        assert f"Waiting for a runner: {DEPLOYMENT_ID} dev" in err.written
        assert "4 of 4 stacks" in err.written
        assert "✓ Deployed 4 stacks" in out.written
        assert "Waiting" not in out.written

    def test_verbose_and_notices_stay_above_the_view(self, edge: FakeEdge, streams: Any) -> None:
        _, err = streams(terminal=True)
        edge.clock.after(35, lambda: None)
        assert self.deploy(edge, "--verbose") == 0
        assert "test:Thing dns creating" in err.written

    def test_a_run_that_nobody_takes_is_told(self, edge: FakeEdge, streams: Any) -> None:
        def let_go() -> None:
            raise KeyboardInterrupt

        _, err = streams(terminal=True)
        edge.clock.after(40, let_go)
        assert run(["deploy", DEPLOYMENT_ID, "--auto-approve"], lambda settings: edge) == 130
        assert "no runner has taken it" in err.written
        assert "Detached:" in err.written


def test_a_finding_says_in_which_environments_it_holds() -> None:
    found = finding("STACK_DISABLED", "stacks.dns", "the stack 'dns' is disabled", environments=["dev", "stage"])
    first, second = (line.plain for line in finding_lines(found.to_data()) if isinstance(line, Text))
    assert first == "  ! the stack 'dns' is disabled  stacks.dns (in dev, stage)"
    assert second == "    → enable the stack if it is wanted there"
