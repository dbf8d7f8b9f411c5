"""The wish to stop: heard once by everybody, at once by those who come late."""

from __future__ import annotations

from cloud_core.domain.stopping import StopSignal


def test_subscribers_are_called_once() -> None:
    stop, calls = StopSignal(), []
    with stop.calling(lambda: calls.append("called")):
        stop.request()
        stop.request()
    assert calls == ["called"]
    assert stop.is_set


def test_who_comes_late_is_called_at_once() -> None:
    stop, calls = StopSignal(), []
    stop.request()
    with stop.calling(lambda: calls.append("called")):
        assert calls == ["called"]


def test_who_has_left_is_not_called() -> None:
    stop, calls = StopSignal(), []
    with stop.calling(lambda: calls.append("called")):
        pass
    stop.request()
    assert calls == []


def test_waiting_ends_with_the_wish() -> None:
    stop = StopSignal()
    assert not stop.wait(0)
    stop.request()
    assert stop.wait(60)
