"""The services of those who set the platform up or take it down."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from cloud_core.bootstrap.looking import LookingServices

if TYPE_CHECKING:
    from cloud_core.services.control_plane.service import ControlPlaneService
    from cloud_core.services.records.tables import TableService


class AdministrationServices(LookingServices):
    """What the platform itself stands on."""

    @cached_property
    def tables(self) -> TableService:
        """The tables that the records are kept in."""
        from cloud_core.adapters.dynamodb.tables import DynamoTables
        from cloud_core.services.records.tables import TableService

        tables = DynamoTables(self.records_client, self.settings.aws.table_prefix)
        return TableService(tables, self._deployment_records)

    def control_plane(self, protect: bool = True) -> ControlPlaneService:
        """That of the settings' prefix and region."""
        from cloud_core.adapters.local.control_plane import LocalControlPlane
        from cloud_core.domain.control_plane import ControlPlane, sandbox_settings_of, settings_of
        from cloud_core.services.control_plane.service import ControlPlaneService

        aws, sandbox = self.settings.aws, self.addresses
        plane = ControlPlane(aws.table_prefix, aws.records_region, protect, self.settings.api.organization_isolation)
        settings = settings_of if sandbox is None else partial(sandbox_settings_of, endpoint=sandbox.records_endpoint)
        return ControlPlaneService(LocalControlPlane(self.workspace), self.tables, plane, settings)
