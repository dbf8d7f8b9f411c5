"""The services that show things: status, history, outputs, logs, templates, health."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cloud_core.bootstrap.shared import Services
from cloud_core.settings.tree import Profile

if TYPE_CHECKING:
    from cloud_core.adapters.local.program_folders import ProgramFolders
    from cloud_core.ports.aws import CallerIdentity
    from cloud_core.ports.engine import ProgramFiles
    from cloud_core.ports.records import DeploymentRepository
    from cloud_core.ports.workspace import ManifestFiles
    from cloud_core.services.health import HealthService
    from cloud_core.services.looking.deployments import DeploymentService
    from cloud_core.services.looking.events import EventService
    from cloud_core.services.looking.findings import FindingsService
    from cloud_core.services.looking.history import HistoryService
    from cloud_core.services.looking.logs import LogService
    from cloud_core.services.looking.metrics import MetricsService
    from cloud_core.services.looking.outputs import OutputService
    from cloud_core.services.looking.record_following import Following
    from cloud_core.services.looking.stack_details import StackDetailsService
    from cloud_core.services.looking.stack_exports import StackExports
    from cloud_core.services.looking.stack_graphs import StackGraphs
    from cloud_core.services.looking.status import StatusService
    from cloud_core.services.looking.visible_records import VisibleRecords
    from cloud_core.services.looking.watching import WatchService
    from cloud_core.services.templates.service import TemplateService
    from cloud_core.services.validation.account_checks import AccountChecks


class LookingServices(Services):
    """What every edge shows, and what the others stand on. Nothing here writes.

    What needs no records can be made while they are away; using it raises then.
    """

    @cached_property
    def templates(self) -> TemplateService:
        from cloud_core.services.templates.service import TemplateService

        return TemplateService(self.catalog)

    @cached_property
    def deployments(self) -> DeploymentService:
        from cloud_core.services.looking.deployments import DeploymentService

        return DeploymentService(self._deployment_records, self._files)

    @cached_property
    def status(self) -> StatusService:
        from cloud_core.services.looking.status import StatusService

        return StatusService(self.records, self.watching, self.clock)

    @cached_property
    def history(self) -> HistoryService:
        from cloud_core.services.looking.history import HistoryService

        return HistoryService(self.records)

    @cached_property
    def outputs(self) -> OutputService:
        from cloud_core.services.looking.outputs import OutputService

        return OutputService(self.records, lambda: self.engine)

    @cached_property
    def stack_graphs(self) -> StackGraphs:
        from cloud_core.services.looking.stack_graphs import StackGraphs

        return StackGraphs(self.status, self.catalog.stack_templates)

    @cached_property
    def stack_exports(self) -> StackExports:
        from cloud_core.services.looking.stack_exports import StackExports

        return StackExports(self.records, self.catalog.stack_templates, lambda: self.engine, self.clock)

    @cached_property
    def stack_details(self) -> StackDetailsService:
        from cloud_core.services.looking.stack_details import StackDetailsService

        return StackDetailsService(self.records, self.status)

    @cached_property
    def account_checks(self) -> AccountChecks:
        from cloud_core.services.validation.account_checks import AccountChecks

        return AccountChecks(lambda: self.aws, self.templates)

    @cached_property
    def metrics(self) -> MetricsService:
        from cloud_core.services.looking.metrics import MetricsService

        return MetricsService(lambda: self.records, self.deployments, self.clock)

    @cached_property
    def watching(self) -> WatchService:
        from cloud_core.services.looking.watching import WatchService

        return WatchService(self.records, lambda: self.flows, self.operations.settle, self.clock)

    @cached_property
    def events(self) -> EventService:
        """What happened, for those who follow from elsewhere."""
        from cloud_core.services.looking.events import EventService

        return EventService(self.records, self.watching, lambda: self.flows)

    @cached_property
    def logs(self) -> LogService:
        from cloud_core.adapters.local.log_files import LocalLogFiles
        from cloud_core.services.looking.logs import LogService

        files = LocalLogFiles(lambda id: self._files.folder(id))
        return LogService(lambda: self.records, lambda: self.watching, files)

    @cached_property
    def visible_records(self) -> VisibleRecords:
        """The records themselves, for those who ask for them one by one."""
        from cloud_core.adapters.dynamodb.token_seal import CipherSeal
        from cloud_core.services.looking.visible_records import VisibleRecords

        return VisibleRecords(lambda: self.records, CipherSeal(lambda: self._digest_key))

    @cached_property
    def following(self) -> Following:
        """What is new in the records, for those who watch them."""
        from cloud_core.services.looking.record_following import Following

        return Following(lambda: self.records, self.clock)

    def health(self, account: str | None = None, region: str | None = None) -> HealthService:
        """`account` asks AWS through the role in that account, else with the own credentials."""
        from cloud_core.resources import version
        from cloud_core.services.health import HealthService, Parts

        parts = Parts(
            engine=self.find_engine,
            sandbox=None if self.settings.profile is Profile.AWS else self._sandbox_processes,
            tables=self._check_tables,
            flows=lambda: self.flows.check(),
            identity=lambda: self._identity(account, region or self.settings.aws.records_region),
            templates=self.templates,
            programs=self.programs.names,
            api=self._api if self._has_api else None,
        )
        return HealthService(parts, version(), self.clock)

    def flow_run_url(self, flow_run_id: str | None) -> str | None:
        """The run's page for people; None without a run or pages."""
        pages = self.addresses.prefect_ui if self.addresses else self.settings.prefect.ui_url
        return f"{pages}/runs/flow-run/{flow_run_id}" if pages and flow_run_id else None

    @cached_property
    def findings(self) -> FindingsService:
        """What comparisons and refreshes have found."""
        from cloud_core.services.looking.findings import FindingsService

        return FindingsService(self.records)

    @cached_property
    def programs(self) -> ProgramFolders:
        """The stack programs' names and files; only flows load them."""
        from cloud_core.adapters.local.program_folders import ProgramFolders
        from cloud_core.resources import data_dir

        return ProgramFolders(data_dir("stacks"), self.workspace / "stacks")

    @property
    def _program_files(self) -> ProgramFiles:
        return self.programs

    @cached_property
    def _files(self) -> ManifestFiles:
        from cloud_core.adapters.local.manifest_files import LocalManifestFiles
        from cloud_core.adapters.local.workspace import Workspace

        return LocalManifestFiles(Workspace(self.workspace))

    @cached_property
    def _deployment_records(self) -> DeploymentRepository:
        from cloud_core.adapters.local.deferred_records import DeferredDeployments

        return DeferredDeployments(lambda: self.records.deployments)

    def _sandbox_processes(self) -> list[str]:
        return [process.name for process in self.addresses.processes] if self.addresses else []

    @property
    def _has_api(self) -> bool:
        return self.settings.profile is Profile.SANDBOX or self.settings.api.url is not None

    def _api(self) -> str:
        from cloud_core.adapters.local.served_api import ask_api

        return f"cloud {ask_api(self.api_url)} at {self.api_url}"

    def _check_tables(self) -> int:
        from cloud_core.adapters.dynamodb.tables import check_tables
        from cloud_core.domain.tables import TABLES

        check_tables(self.records_client, self.settings.aws.table_prefix)
        return len(TABLES)

    def _identity(self, account: str | None, region: str) -> CallerIdentity:
        from cloud_core.ports.aws import AwsScope

        if account is None:
            return self._sessions.own_identity(region)
        return self.aws.caller_identity(AwsScope(account, region))
