"""Settings with wrong values are named, without showing what may be a secret."""

from __future__ import annotations

import pytest

from cloud_core.domain.errors import InvalidInput
from cloud_core.settings import load_settings


def test_every_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_SANDBOX__AWS_PORT", "99999")
    monkeypatch.setenv("CLOUD_PROFILE", "hunter2")
    with pytest.raises(InvalidInput) as raised:
        load_settings()
    message = raised.value.message
    assert "CLOUD_SANDBOX__AWS_PORT: Input should be less than or equal to 65535" in message
    assert "CLOUD_PROFILE: Input should be 'sandbox' or 'aws'" in message
    assert "hunter2" not in message


def test_a_group_that_is_no_object_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_SANDBOX", "not json")
    with pytest.raises(InvalidInput, match="sandbox"):
        load_settings()


@pytest.mark.parametrize(
    ("environments", "sandbox", "expected"),
    [
        (None, True, set()),
        (None, False, {"prod"}),
        ("none", False, set()),
        ("", False, set()),
        ("stage, prod", True, {"stage", "prod"}),
    ],
)
def test_who_needs_an_approval(
    monkeypatch: pytest.MonkeyPatch, environments: str | None, sandbox: bool, expected: set[str]
) -> None:
    if environments is not None:
        monkeypatch.setenv("CLOUD_APPROVALS__ENVIRONMENTS", environments)
    monkeypatch.setenv("CLOUD_APPROVALS__VALID_HOURS", "0.5")
    rules = load_settings().approvals.rules(sandbox=sandbox)
    assert rules.environments == expected
    assert rules.valid_seconds == 1800


def test_an_unknown_environment_that_needs_an_approval_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_APPROVALS__ENVIRONMENTS", "prod,staging")
    with pytest.raises(InvalidInput, match=r"CLOUD_APPROVALS.*'staging' is unknown: use 'stage'"):
        load_settings()
