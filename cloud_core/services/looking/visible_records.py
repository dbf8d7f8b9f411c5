"""The records themselves, as far as whoever asks may see them: one by its key, or in pages.

`visible` are the organisations of whoever asks; None sees all. What belongs to another organisation is refused when it
is asked for by name, and left out of lists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.log_filter import LogFilter
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment, LogEntry, LogLevel, StackRecord
from cloud_core.domain.statuses import DeploymentStatus, StackStatus
from cloud_core.ports.records import DeploymentRepository, Page, Records
from cloud_core.ports.seals import TokenSeal
from cloud_core.services.looking.progress_counts import ProgressCounts, progress_counts
from cloud_core.services.looking.visibility import require_organization, require_visible
from cloud_core.services.records.pages import Slice, check_page, kept_page, page_of
from cloud_core.services.records.statuses import require_deployment

T = TypeVar("T")
Owned = TypeVar("Owned", StackRecord, LogEntry)
Visible = frozenset[str] | None
_LOOKED_UP: Final = 200


class VisibleRecords:
    """Reads only. Raises DeploymentNotFound, OrganizationMismatch; InvalidInput for a slice that can't be."""

    def __init__(self, records: Callable[[], Records], seal: TokenSeal) -> None:
        self._of = records
        self._seal = seal

    @property
    def _records(self) -> Records:
        return self._of()

    def deployment(self, deployment_id: str, visible: Visible) -> Deployment | None:
        found = self._records.deployments.get_by_id(deployment_id)
        if found is not None:
            require_visible(found, visible)
        return found

    def require(self, deployment_id: str, visible: Visible) -> Deployment:
        found = require_deployment(self._records.deployments, deployment_id)
        require_visible(found, visible)
        return found

    def deployments(
        self, organization: str | None, status: DeploymentStatus | None, part: Slice, visible: Visible
    ) -> Page[Deployment]:
        """Newest first. Of the organisation, else with the status, else of the caller's only organisation."""
        if organization is None and status is not None:
            return self.deployments_with(status, part, visible)
        chosen = organization or _only(visible)
        require_organization(chosen, visible)
        listed = partial(self._records.deployments.list_by_organization, chosen)
        return kept_page(listed, lambda one: status in (None, one.status), part)

    def deployments_with(self, status: DeploymentStatus, part: Slice, visible: Visible) -> Page[Deployment]:
        """Last changed first."""
        listed = partial(self._records.deployments.list_by_status, status)
        return self._sealed(listed, lambda one: visible is None or one.organization in visible, part)

    def stack(
        self, deployment_id: str, stack_name: str, environment: EnvironmentName, visible: Visible
    ) -> StackRecord | None:
        self.require(deployment_id, visible)
        return self._records.stacks.get_stack(deployment_id, stack_name, environment)

    def stacks(
        self, deployment_id: str, environment: EnvironmentName | None, part: Slice, visible: Visible
    ) -> Page[StackRecord]:
        """By name, then by environment."""
        self.require(deployment_id, visible)
        found = self._records.stacks.list_by_deployment(deployment_id, environment)
        name = f"stacks of {deployment_id} {environment.value if environment else ''}"
        return page_of(name, found, lambda one: (one.stack_name, one.environment.value), part)

    def stacks_called(self, stack_name: str, part: Slice, visible: Visible) -> Page[StackRecord]:
        """Last changed first, of all deployments."""
        return self._of_all(partial(self._records.stacks.list_by_stack_name, stack_name), part, visible)

    def stacks_with(self, status: StackStatus, part: Slice, visible: Visible) -> Page[StackRecord]:
        """Last changed first, of all deployments."""
        return self._of_all(partial(self._records.stacks.list_by_status, status), part, visible)

    def progress(self, deployment_id: str, environment: EnvironmentName, visible: Visible) -> ProgressCounts:
        self.require(deployment_id, visible)
        stored = self._records.stacks.list_by_deployment(deployment_id, environment)
        return progress_counts(deployment_id, environment, stored)

    def lines(self, deployment_id: str, wanted: LogFilter, part: Slice, visible: Visible) -> Page[LogEntry]:
        """Newest first."""
        self.require(deployment_id, visible)
        check_page(part.limit)
        return self._records.logs.get_logs(deployment_id, part.limit, part.token, wanted)

    def lines_of_level(self, level: LogLevel, part: Slice, visible: Visible) -> Page[LogEntry]:
        """Newest first, of all deployments."""
        return self._of_all(partial(self._records.logs.get_logs_by_level, level), part, visible)

    def _of_all(self, read: Callable[[int, str | None], Page[Owned]], part: Slice, visible: Visible) -> Page[Owned]:
        owners = _Owners(self._records.deployments, visible)
        return self._sealed(read, owners.keep, part, owners.is_enough)

    def _sealed(
        self,
        read: Callable[[int, str | None], Page[T]],
        keep: Callable[[T], bool],
        part: Slice,
        is_enough: Callable[[], bool] = lambda: False,
    ) -> Page[T]:
        """A page of a list over all organisations. Its token is the place of the last item that was read, be it seen or
        left out: it goes out sealed."""
        token = self._seal.open(part.token) if part.token is not None else None
        page = kept_page(read, keep, replace(part, token=token), is_enough)
        return replace(page, next_token=self._seal.close(page.next_token) if page.next_token else None)


class _Owners:
    """Whether what is of a deployment is seen; each deployment is looked up once."""

    def __init__(self, deployments: DeploymentRepository, visible: Visible) -> None:
        self._deployments = deployments
        self._visible = visible
        self._known: dict[str, bool] = {}

    def keep(self, one: StackRecord | LogEntry) -> bool:
        if self._visible is None:
            return True
        if one.deployment_id not in self._known:
            found = self._deployments.get_by_id(one.deployment_id)
            self._known[one.deployment_id] = found is not None and found.organization in self._visible
        return self._known[one.deployment_id]

    def is_enough(self) -> bool:
        """Whether so many were looked up that the next page had better be asked for: others wait, too."""
        return len(self._known) >= _LOOKED_UP


def _only(visible: Visible) -> str:
    if visible is not None and len(visible) == 1:
        return next(iter(visible))
    raise InvalidInput(
        "it is not said which deployments are meant",
        field="organization",
        suggestion="name an organization or a status",
    )
