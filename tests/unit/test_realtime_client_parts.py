"""What the client keeps of a deployment, and how long it waits."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.clients.python.backoff import Backoff
from realtime.clients.python.followed import Followed, Verdict, ended
from realtime.clients.python.monitor import line_of, main


def numbered(seq: int | None, **data: Any) -> dict[str, Any]:
    return {"type": "log.created", "seq": seq, "data": data}


def test_what_comes_next_is_taken_and_what_comes_twice_is_not() -> None:
    followed = Followed(3)
    verdicts = [followed.judge(numbered(seq)) for seq in (4, 4, 2, 5)]
    assert verdicts == [Verdict.TAKE, Verdict.DROP, Verdict.DROP, Verdict.TAKE]
    assert followed.last_seq == 5


def test_a_message_that_is_missing_is_asked_for() -> None:
    followed = Followed(3)
    assert followed.judge(numbered(6)) is Verdict.ASK_AGAIN
    assert followed.last_seq == 3


def test_the_first_number_comes_with_the_snapshot_which_never_goes_back() -> None:
    followed = Followed()
    assert followed.judge(numbered(7, event="snapshot")) is Verdict.TAKE
    assert followed.judge(numbered(8)) is Verdict.TAKE
    assert followed.judge(numbered(7, event="snapshot")) is Verdict.TAKE
    assert followed.last_seq == 8


def test_a_gap_is_asked_for_or_told() -> None:
    followed = Followed(3)
    gap = {"type": "gap", "data": {"after_seq": 3, "until_seq": 9, "recoverable": True}}
    assert followed.judge(gap) is Verdict.ASK_AGAIN
    gap["data"] = {"after_seq": 3, "until_seq": 9, "recoverable": False}
    assert (followed.judge(gap), followed.last_seq) == (Verdict.TAKE, 9)


def test_messages_without_a_number_are_taken() -> None:
    assert Followed(3).judge(numbered(None)) is Verdict.TAKE


@pytest.mark.parametrize(
    ("status", "is_end"), [("success", True), ("cancelled", True), ("pending", False), (None, False)]
)
def test_an_end_is_known(status: str | None, is_end: bool) -> None:
    assert ended({"type": "deployment.status", "data": {"operation_status": status}}) is is_end


def test_the_waits_double_with_jitter_and_begin_anew_after_a_stable_minute() -> None:
    backoff = Backoff(chance=lambda: 0.5)
    assert [backoff.wait() for _ in range(7)] == [0.75, 1.5, 3.0, 6.0, 12.0, 22.5, 22.5]
    backoff.held(59.0)
    assert backoff.wait() == 22.5
    backoff.held(60.0)
    assert backoff.wait() == 0.75


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            {"type": "stack.deployed", "data": {"stack_name": "net", "status": "deployed", "duration_seconds": 2.0}},
            "  ✓ net deployed  2.0 s, 0 resources",
        ),
        ({"type": "stack.failed", "data": {"stack_name": "net", "error_message": "why"}}, "  ✗ net  why"),
        ({"type": "gap", "data": {"reason": "too slow"}}, "  ! too slow"),
        ({"type": "log.created", "data": {}}, None),
        (
            {
                "type": "deployment.status",
                "data": {"environment": "dev", "status": "deploying", "progress_percent": 25, "current_layer": 1},
            },
            "dev: deploying  25 %  layer 1/None",
        ),
    ],
    ids=str,
)
def test_the_monitor_prints_what_matters(message: dict[str, Any], line: str | None) -> None:
    assert line_of(message) == line


def test_the_monitor_takes_no_token_as_an_argument(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEBSOCKET_API_TOKEN", raising=False)
    with pytest.raises(SystemExit) as ended_with:
        main(["D1BRV40"])
    assert ended_with.value.code == 2
    assert "WEBSOCKET_API_TOKEN" in capsys.readouterr().err
