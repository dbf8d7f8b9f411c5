"""A control plane without an engine."""

from __future__ import annotations

from typing import Final

from cloud_core.domain.control_plane import ControlPlane
from cloud_core.ports.control_plane import PlaneAction, PlaneState
from cloud_core.ports.engine import OnResource, ResourceAction, ResourceEvent
from cloud_core.testing.tables import FakeTables

RESOURCES: Final = {"aws:dynamodb/table:Table": "records-deployments", "aws:cognito/userPool:UserPool": "users"}


class FakeControlPlane:
    """`ports.control_plane.ControlPlaneEngine`: two resources, and the tables with them. `error` is raised by whatever
    would change something; `asked` are all calls."""

    def __init__(self, tables: FakeTables) -> None:
        self.made: ControlPlane | None = None
        self.error: BaseException | None = None
        self.asked: list[tuple[PlaneAction, ControlPlane]] = []
        self._tables = tables

    def carry_out(self, action: PlaneAction, plane: ControlPlane, tell: OnResource) -> PlaneState:
        self.asked.append((action, plane))
        if action in (PlaneAction.DEPLOY, PlaneAction.DESTROY):
            if self.error is not None:
                raise self.error
            return self._change(action, plane, tell)
        is_missing = action is PlaneAction.PREVIEW and self.made is None
        return self._state({"create": len(RESOURCES)} if is_missing else {})

    def _change(self, action: PlaneAction, plane: ControlPlane, tell: OnResource) -> PlaneState:
        is_deploy = action is PlaneAction.DEPLOY
        kind = ResourceAction.CREATE if is_deploy else ResourceAction.DELETE
        is_change = is_deploy is (self.made is None)
        for type_, name in RESOURCES.items() if is_change else ():
            tell(ResourceEvent(kind, "started", f"urn:{name}", type_, name))
            tell(ResourceEvent(kind, "done", f"urn:{name}", type_, name))
        if is_deploy:
            self.made = plane
            self._tables.create()
        else:
            self.made = None
            self._tables.delete()
        return self._state({kind.value: len(RESOURCES)} if is_change else {})

    def _state(self, changes: dict[str, int]) -> PlaneState:
        if self.made is None:
            return PlaneState(changes=changes)
        outputs = {
            "tablePrefix": self.made.prefix,
            "region": self.made.region,
            "userPoolRegion": self.made.region,
            "userPoolId": "pool_1",
            "userPoolClientId": "client 1",
        }
        return PlaneState(outputs, len(RESOURCES), changes, 1.5)
