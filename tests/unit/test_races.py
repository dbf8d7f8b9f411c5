"""Writing under a version check, until nobody else is in the way."""

from __future__ import annotations

import pytest

from cloud_core.domain.conflicts import already_exists, version_conflict
from cloud_core.domain.errors import AlreadyExists, CloudError
from cloud_core.services.records.races import ATTEMPTS, retry_lost_races


@pytest.mark.parametrize("lost", [version_conflict("a", 1, 2), already_exists("a")])
def test_a_lost_race_is_run_again(lost: CloudError) -> None:
    others = iter([lost] * (ATTEMPTS - 1))

    def write() -> str:
        if error := next(others, None):
            raise error
        return "written"

    assert retry_lost_races(write) == "written"


def test_who_always_loses_says_so() -> None:
    tried: list[int] = []

    def write() -> None:
        tried.append(1)
        raise already_exists("a")

    with pytest.raises(AlreadyExists):
        retry_lost_races(write)
    assert len(tried) == ATTEMPTS
