"""Lost races: tried again, and given up when something writes all the time."""

from __future__ import annotations

import pytest

from cloud_core.domain.errors import VersionConflict
from cloud_core.services.records.races import ATTEMPTS, retry_lost_races


class Write:
    """A write that loses its first races."""

    def __init__(self, losses: int) -> None:
        self.calls = 0
        self._losses = losses

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self._losses:
            raise VersionConflict("somebody was faster")
        return "written"


@pytest.mark.parametrize("losses", [0, 1, ATTEMPTS - 1])
def test_a_lost_race_is_tried_again(losses: int) -> None:
    write = Write(losses)
    assert retry_lost_races(write) == "written"
    assert write.calls == losses + 1


def test_a_race_that_is_always_lost_is_told() -> None:
    write = Write(ATTEMPTS)
    with pytest.raises(VersionConflict):
        retry_lost_races(write)
    assert write.calls == ATTEMPTS
