"""The refusals of optimistic and fenced writes, worded once for every store."""

from __future__ import annotations

from cloud_core.domain.errors import AlreadyExists, LeaseLost, VersionConflict
from cloud_core.domain.names import EnvironmentName


def already_exists(what: str) -> AlreadyExists:
    return AlreadyExists(f"{what} exists already", what=what)


def version_conflict(what: str, mine: int, stored: int) -> VersionConflict:
    return VersionConflict(
        f"{what} was changed by somebody else: version {mine} was edited, version {stored} is stored",
        version=mine,
        stored_version=stored,
        suggestion="read it again and repeat the change",
    )


def overtaken(deployment_id: str, environment: EnvironmentName, mine: int, stored: int) -> LeaseLost:
    """A writer with an old fencing token."""
    return LeaseLost(
        f"the stacks of {deployment_id} {environment.value} belong to another operation now: "
        f"this writer's token is {mine}, theirs is {stored}",
        deployment_id=deployment_id,
        environment=environment.value,
        fence=mine,
        stored_fence=stored,
    )
