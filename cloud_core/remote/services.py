"""The services of an edge that works through an API elsewhere: what stands behind each of them.

It stands beside `cloud_core.bootstrap`, which imports the settings: they take longer than all the rest of a command,
and only files of this machine need them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from cloud_core.adapters.local.clock import SystemClock
from cloud_core.domain.errors import NotRemote
from cloud_core.remote.here import Here

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_core.adapters.rest.address import Address
    from cloud_core.adapters.rest.client import RestClient
    from cloud_core.adapters.rest.records import RestRecords
    from cloud_core.adapters.rest.runs import RestRuns
    from cloud_core.adapters.rest.tokens import Tokens
    from cloud_core.ports.clock import Clock
    from cloud_core.ports.records import Records
    from cloud_core.remote.administration import (
        RemoteApprovals,
        RemoteMoves,
        RemotePromotions,
        RemoteUnlocking,
    )
    from cloud_core.remote.configuration import RemoteConfigChanges, RemoteConfigValues
    from cloud_core.remote.environments import RemoteEnvironments
    from cloud_core.remote.health import RemoteHealth
    from cloud_core.remote.here import LogsIn
    from cloud_core.remote.imports import RemoteImports
    from cloud_core.remote.logs import RemoteLogs
    from cloud_core.remote.looking import RemoteDeployments, RemoteHistory, RemoteOutputs
    from cloud_core.remote.manifests import RemoteManifests
    from cloud_core.remote.operations import RemoteOperations
    from cloud_core.remote.preparation import RemotePreparation
    from cloud_core.remote.retries import RemoteRetries
    from cloud_core.remote.schedules import RemoteSchedules
    from cloud_core.remote.stacks import RemoteExports, RemoteGraphs
    from cloud_core.remote.statuses import RemoteStatus
    from cloud_core.remote.templates import RemoteTemplates, RemoteTemplateValidation
    from cloud_core.remote.validation import RemoteValidation
    from cloud_core.services.looking.findings import FindingsService
    from cloud_core.services.looking.plans import PlanService
    from cloud_core.services.looking.watching import WatchService
    from cloud_core.services.operations.rollbacks import RollbackService
    from cloud_core.settings import Settings


class RemoteServices(Here):
    """Has those attributes of `EdgeServices` that an API can stand for; NotRemote for every other one.

    Everything is made on first use. Neither AWS's library nor the flow service's or the engine's is imported.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        address: Address,
        tokens: Tokens,
        pool: Callable[[], LogsIn],
        clock: Clock | None = None,
    ) -> None:
        """`settings` are read when a file of this machine is needed, `pool` when somebody logs in."""
        super().__init__(settings, pool)
        self.clock = clock or SystemClock()
        self._address = address
        self._tokens = tokens

    def close(self) -> None:
        """Let go of the connections, if there are any."""
        if "_client" in vars(self):
            self._client.close()

    def __getattr__(self, name: str) -> Any:
        raise NotRemote(
            f"{name.strip('_').replace('_', ' ')} can't be had through the API at {self._address}",
            what=name,
            suggestion="run the command where the API runs, without --remote and CLOUD_REMOTE",
        )

    def flow_run_url(self, flow_run_id: str | None) -> str | None:
        """The run's page for people; None without a run or pages."""
        return self._runs.url(flow_run_id)

    def health(self, account: str | None = None, region: str | None = None) -> RemoteHealth:
        from cloud_core.remote.health import RemoteHealth

        if account or region:
            raise NotRemote("the API does not say how it is in an account", what="--account and --region")
        return RemoteHealth(self._client)

    @cached_property
    def deployments(self) -> RemoteDeployments:
        from cloud_core.remote.looking import RemoteDeployments

        return RemoteDeployments(self._client)

    @cached_property
    def history(self) -> RemoteHistory:
        from cloud_core.remote.looking import RemoteHistory

        return RemoteHistory(self._client, self._runs, self.operations)

    @cached_property
    def outputs(self) -> RemoteOutputs:
        from cloud_core.remote.looking import RemoteOutputs

        return RemoteOutputs(self._client)

    @cached_property
    def status(self) -> RemoteStatus:
        from cloud_core.remote.statuses import RemoteStatus

        return RemoteStatus(self._client, self._runs)

    @cached_property
    def logs(self) -> RemoteLogs:
        from cloud_core.remote.logs import RemoteLogs

        return RemoteLogs(self._client, self.operations, self.watching)

    @cached_property
    def operations(self) -> RemoteOperations:
        from cloud_core.remote.operations import RemoteOperations

        return RemoteOperations(self._client, self._rest_records, self._runs, self.status)

    @cached_property
    def preparation(self) -> RemotePreparation:
        from cloud_core.remote.preparation import RemotePreparation

        return RemotePreparation(self._client, self.operations, self.validation)

    @cached_property
    def validation(self) -> RemoteValidation:
        from cloud_core.remote.validation import RemoteValidation

        return RemoteValidation(self._client)

    @cached_property
    def retries(self) -> RemoteRetries:
        from cloud_core.remote.retries import RemoteRetries

        return RemoteRetries(self._client, self.operations)

    @cached_property
    def approvals(self) -> RemoteApprovals:
        from cloud_core.remote.administration import RemoteApprovals

        return RemoteApprovals(self._client, self._rest_records, self._runs, self.clock)

    @cached_property
    def unlocking(self) -> RemoteUnlocking:
        from cloud_core.remote.administration import RemoteUnlocking

        return RemoteUnlocking(self._client)

    @cached_property
    def promotions(self) -> RemotePromotions:
        from cloud_core.remote.administration import RemotePromotions

        return RemotePromotions()

    @cached_property
    def schedules(self) -> RemoteSchedules:
        from cloud_core.remote.schedules import RemoteSchedules

        return RemoteSchedules(self._client)

    @cached_property
    def config_values(self) -> RemoteConfigValues:
        from cloud_core.remote.configuration import RemoteConfigValues

        return RemoteConfigValues(self._client)

    @cached_property
    def config_changes(self) -> RemoteConfigChanges:
        from cloud_core.remote.configuration import RemoteConfigChanges

        return RemoteConfigChanges(self._client)

    @cached_property
    def stack_graphs(self) -> RemoteGraphs:
        from cloud_core.remote.stacks import RemoteGraphs

        return RemoteGraphs(self._client)

    @cached_property
    def stack_exports(self) -> RemoteExports:
        from cloud_core.remote.stacks import RemoteExports

        return RemoteExports(self._client)

    @cached_property
    def stack_imports(self) -> RemoteImports:
        from cloud_core.remote.imports import RemoteImports

        return RemoteImports(self._client)

    @cached_property
    def environments(self) -> RemoteEnvironments:
        from cloud_core.remote.environments import RemoteEnvironments

        return RemoteEnvironments(self._client, self.operations, self.status)

    @cached_property
    def templates(self) -> RemoteTemplates:
        from cloud_core.remote.templates import RemoteTemplates

        return RemoteTemplates(self._client)

    @cached_property
    def template_validation(self) -> RemoteTemplateValidation:
        from cloud_core.remote.templates import RemoteTemplateValidation

        return RemoteTemplateValidation(self._client)

    @cached_property
    def manifests(self) -> RemoteManifests:
        """Files of this workspace, a record elsewhere. What a manifest may say is told by the templates of here."""
        from cloud_core.adapters.local.manifest_files import LocalManifestFiles
        from cloud_core.adapters.local.workspace import Workspace
        from cloud_core.remote.manifests import RemoteManifests
        from cloud_core.services.templates.service import TemplateService

        files, templates = LocalManifestFiles(Workspace(self.workspace)), TemplateService(self.catalog)
        return RemoteManifests(self._client, self._rest_records, files, templates, self.programs, self.clock)

    @cached_property
    def watching(self) -> WatchService:
        """The same follower as anywhere, over events that come through the API."""
        from cloud_core.services.looking.watching import WatchService

        return WatchService(self._records, lambda: self._runs, self.operations.settle, self.clock)

    @cached_property
    def plans(self) -> PlanService:
        from cloud_core.services.looking.plans import PlanService

        return PlanService(self._records)

    @cached_property
    def findings(self) -> FindingsService:
        from cloud_core.services.looking.findings import FindingsService

        return FindingsService(self._records)

    @cached_property
    def rollbacks(self) -> RollbackService:
        """The same service, for what was taken back by itself: that only reads."""
        from cloud_core.services.operations.rollbacks import RollbackService

        return RollbackService(self._records, cast(Any, None), self.clock)

    @cached_property
    def record_moves(self) -> RemoteMoves:
        from cloud_core.remote.administration import RemoteMoves

        return RemoteMoves(self._client, self._runs)

    @property
    def _records(self) -> Records:
        """Those that are read here are there; the others say that they are not."""
        return cast("Records", self._rest_records)

    @cached_property
    def _rest_records(self) -> RestRecords:
        from cloud_core.adapters.rest.records import RestRecords

        return RestRecords(self._client, self._runs)

    @cached_property
    def _runs(self) -> RestRuns:
        from cloud_core.adapters.rest.runs import RestRuns

        return RestRuns(self._client)

    @cached_property
    def _client(self) -> RestClient:
        from cloud_core.adapters.rest.client import RestClient

        return RestClient(self._address, self._tokens, self.clock)
