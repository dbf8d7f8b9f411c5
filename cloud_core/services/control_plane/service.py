"""The control plane, for those who set the platform up or take it down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cloud_core.domain.control_plane import ControlPlane, settings_of
from cloud_core.domain.errors import Conflict
from cloud_core.ports.control_plane import ControlPlaneEngine, PlaneAction, PlaneState
from cloud_core.ports.engine import OnResource, ResourceEvent
from cloud_core.services.records.tables import TableService, TablesReport


@dataclass(frozen=True)
class PlaneReport:
    """The control plane as it is, or would be. `settings` lead to it, by variable; none while there is nothing."""

    plane: ControlPlane
    state: PlaneState
    settings: Mapping[str, str]

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.plane.name,
            "prefix": self.plane.prefix,
            "region": self.plane.region,
            "deployed": self.state.is_deployed,
            "resources": self.state.resources,
            "changes": dict(self.state.changes),
            "outputs": dict(self.state.outputs),
            "settings": dict(self.settings),
            "duration_seconds": round(self.state.seconds, 3),
        }


class ControlPlaneService:
    """`settings` are the variables that lead to a control plane with the given outputs."""

    def __init__(
        self,
        engine: ControlPlaneEngine,
        tables: TableService,
        plane: ControlPlane,
        settings: Callable[[Mapping[str, Any]], dict[str, str]] = settings_of,
    ) -> None:
        self.plane = plane
        self._engine = engine
        self._tables = tables
        self._settings = settings

    def status(self) -> PlaneReport:
        """What the engine's state tells; AWS is not asked."""
        return self._report(self._carry_out(PlaneAction.LOOK))

    def tables(self) -> TablesReport:
        """Its tables, as AWS tells of them."""
        return self._tables.status()

    def preview(self) -> PlaneReport:
        """What `deploy` would do. Raises as it does."""
        self._require_own_tables()
        return self._report(self._carry_out(PlaneAction.PREVIEW))

    def deploy(self, tell: OnResource) -> PlaneReport:
        """Make it, or make it what this version of the platform says. Conflict for tables that somebody else made."""
        self._require_own_tables()
        return self._report(self._carry_out(PlaneAction.DEPLOY, tell))

    def preview_destroy(self, force: bool = False) -> PlaneReport:
        """What `destroy` would do. Raises as it does."""
        self.require_destroyable(force)
        known = self._carry_out(PlaneAction.LOOK)
        return self._report(replace(known, changes={"delete": known.resources} if known.resources else {}))

    def destroy(self, force: bool, tell: OnResource) -> PlaneReport:
        """Delete all of it, the records and the users too. Raises as `require_destroyable`."""
        self.require_destroyable(force)
        return self._report(self._carry_out(PlaneAction.DESTROY, tell))

    def require_destroyable(self, force: bool = False) -> None:
        """Conflict while any deployment may have something in AWS, since without the records nobody finds it again."""
        self.plane.require_nameable()
        self._tables.require_deletable(force)

    def _require_own_tables(self) -> None:
        self.plane.require_nameable()
        present = self._tables.status().present
        if present and not self._carry_out(PlaneAction.LOOK).is_deployed:
            raise Conflict(
                f"the tables of the prefix {self.plane.prefix!r} are there, and the engine's state knows of no control "
                f"plane that has made them: {', '.join(present)}",
                tables=present,
                suggestion="set CLOUD_AWS__TABLE_PREFIX to a prefix of its own, such as 'plane-'; or, if the control "
                "plane was deployed from elsewhere, CLOUD_ENGINE__BACKEND_URL to where its state lies",
            )

    def _carry_out(self, action: PlaneAction, tell: OnResource | None = None) -> PlaneState:
        return self._engine.carry_out(action, self.plane, tell or _nobody)

    def _report(self, state: PlaneState) -> PlaneReport:
        return PlaneReport(self.plane, state, self._settings(state.outputs))


def _nobody(event: ResourceEvent) -> None:
    """Who only looks is told of no resource."""
