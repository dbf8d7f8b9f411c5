"""The services of those who set the platform up or take it down."""

from __future__ import annotations

from functools import cached_property
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
        from cloud_core.domain.control_plane import ControlPlane
        from cloud_core.services.control_plane.service import ControlPlaneService

        aws = self.settings.aws
        plane = ControlPlane(aws.table_prefix, aws.records_region, protect)
        return ControlPlaneService(LocalControlPlane(self.workspace), self.tables, plane, self._keys_setting)

    @property
    def _keys_setting(self) -> dict[str, str]:
        """Where the keys of a pool in the sandbox are: its issuer names AWS's own address."""
        if self.addresses is None:
            return {}
        place = f"{self.addresses.records_endpoint}/{{user_pool_id}}/.well-known/jwks.json"
        return {"CLOUD_COGNITO__JWKS_URL": place}
