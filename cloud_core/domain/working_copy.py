"""The manifest file and the record: how they stand to each other, and what may differ.

The record is what runs. The file is a working copy that came from one of its versions (the origin).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cloud_core.domain.manifest import Difference, differences
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.validation import Finding, finding

# The fields of `deployment` that name the deployment and its place in the engine's backend.
IMMUTABLE: Final = ("id", "org", "project", "domain", "template", "createdAt", "pulumiOrg", "pulumi")


class CopyState(StrEnum):
    UNPUSHED = "unpushed"  # there is no record
    IN_STEP = "in step"  # same content
    EDITED = "edited"  # the file was edited, the record did not move: it may be pushed
    BEHIND = "behind"  # the record moved on, the file was not edited: it may be pulled
    DIVERGED = "diverged"  # both moved on, or nobody knows where the file came from


@dataclass(frozen=True)
class Version:
    """A version of the manifest: its number in the record (0: none) and its content digest."""

    number: int
    digest: str


def copy_state(file_digest: str, origin: Version | None, record: Version | None) -> CopyState:
    """Content decides first, then who moved since the origin."""
    if record is None:
        return CopyState.UNPUSHED
    if file_digest == record.digest:
        return CopyState.IN_STEP
    if origin is None:
        return CopyState.DIVERGED
    moved = origin != record
    if file_digest == origin.digest:
        return CopyState.BEHIND
    return CopyState.DIVERGED if moved else CopyState.EDITED


def immutable_changes(before: Mapping[str, Any], after: Mapping[str, Any], file: str) -> list[Finding]:
    """Findings for fields of `deployment` that differ and may not; both are canonical plain data."""
    old, new = before["deployment"], after["deployment"]
    return [
        finding(
            "IMMUTABLE_FIELD",
            f"{file}:deployment.{field}",
            f"deployment.{field} can't be changed once the deployment is recorded",
            expected=old.get(field),
        )
        for field in IMMUTABLE
        if old.get(field) != new.get(field)
    ]


def describe_differences(
    before: Mapping[str, Any], after: Mapping[str, Any], templates: Mapping[str, StackTemplate]
) -> list[str]:
    """One line a difference, secret inputs masked."""
    secret = {name for template in templates.values() for name, spec in template.inputs.items() if spec.secret}
    return [difference.describe(hidden=_is_hidden(difference, secret)) for difference in differences(before, after)]


def _is_hidden(difference: Difference, secret: Iterable[str]) -> bool:
    """A secret input by its name, at any place of a configuration, or a whole section that holds one."""
    held = [*difference.path, *_keys(difference.before), *_keys(difference.after)]
    return any(name in held for name in secret)


def _keys(value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        return []
    return [*value, *(key for item in value.values() for key in _keys(item))]
