"""Pictures that tests share: one for equal questions, and never one for different ones."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN, SecretValue
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

INPUTS: dict[str, Any] = {"applicationKeyArn": "arn:aws:kms:eu-central-1:410000000017:key/1", "ecsTaskRoleName": "task"}


def secrets(environment: EnvironmentName = EnvironmentName.DEV, preview: bool = False, **inputs: Any) -> Picture:
    return picture_of(sample_target("secrets", environment), {**INPUTS, **inputs}, preview=preview)


def test_the_same_question_has_the_same_picture() -> None:
    again = dict(reversed(INPUTS.items()))
    assert picture_of(sample_target("secrets"), again) is secrets()


def test_different_questions_have_different_pictures() -> None:
    asked: list[dict[str, Any]] = [
        {},
        {"environment": EnvironmentName.STAGE},
        {"preview": True},
        {"preview": True, "ecsTaskRoleName": UNKNOWN},
        {"ecsTaskRoleName": "other"},
        {"ecsTaskRoleName": SecretValue("task")},
    ]
    drawn = [secrets(**one) for one in asked]
    assert len({id(picture) for picture in drawn}) == len(asked)


def test_what_is_refused_is_refused_again() -> None:
    for _ in range(2):
        with pytest.raises(Exception, match="recoveryWindowDays"):
            secrets(recoveryWindowDays="soon")
