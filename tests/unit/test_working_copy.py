"""How the manifest file and the record stand to each other."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cloud_core.domain.working_copy import (
    IMMUTABLE,
    CopyState,
    Version,
    copy_state,
    describe_differences,
    immutable_changes,
)
from cloud_core.testing.manifests import TEMPLATES, a_manifest, a_network, a_security

ONE, TWO = Version(1, "one"), Version(2, "two")


@pytest.mark.parametrize(
    ("file", "origin", "record", "state"),
    [
        ("one", None, None, CopyState.UNPUSHED),
        ("one", ONE, None, CopyState.UNPUSHED),
        ("one", None, ONE, CopyState.IN_STEP),
        ("one", ONE, ONE, CopyState.IN_STEP),
        ("two", ONE, TWO, CopyState.IN_STEP),
        ("new", ONE, ONE, CopyState.EDITED),
        ("one", ONE, TWO, CopyState.BEHIND),
        ("new", ONE, TWO, CopyState.DIVERGED),
        ("new", None, ONE, CopyState.DIVERGED),
        # The record went back to an old content, or was made anew: a version number alone proves nothing.
        ("one", ONE, Version(3, "one"), CopyState.IN_STEP),
        ("new", ONE, Version(3, "one"), CopyState.DIVERGED),
        ("new", ONE, Version(1, "other"), CopyState.DIVERGED),
        ("one", ONE, Version(1, "other"), CopyState.BEHIND),
    ],
)
def test_states(file: str, origin: Version | None, record: Version | None, state: CopyState) -> None:
    assert copy_state(file, origin, record) is state


def test_the_deployments_identity_can_not_be_changed() -> None:
    before = a_manifest()
    after: dict[str, Any] = copy.deepcopy(before)
    after["deployment"] |= {"description": "new", "tags": {"a": "b"}, "updatedAt": "2026-01-02T03:04:05Z"}
    assert immutable_changes(before, after, "m.yaml") == []
    after["deployment"] = {"pulumi": {"backend": "file:///x"}}
    findings = immutable_changes(before, after, "m.yaml")
    changed = [name for name in IMMUTABLE if name != "pulumiOrg"]
    assert [item.location for item in findings] == [f"m.yaml:deployment.{name}" for name in changed]
    assert findings[1].remediation == "restore the value 'Birchway', or make a new deployment with 'cloud init'"


def test_differences_are_told_without_secrets() -> None:
    before = a_manifest(network=a_network(), security=a_security(config={"password": "old-secret"}))
    after: dict[str, Any] = copy.deepcopy(before)
    after["stacks"]["security"]["config"]["password"] = "new-secret"
    after["stacks"]["network"]["config"]["azCount"] = 3
    after["stacks"]["monitoring"] = {"environments": {"dev": {"config": {"password": "third-secret"}}}}
    lines = describe_differences(before, after, TEMPLATES)
    assert lines == [
        "+ stacks.network.config.azCount: 3",
        "~ stacks.security.config.password: *** → ***",
        "+ stacks.monitoring: ***",
    ]
