"""The services of the command line and the API."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from cloud_core.bootstrap.shared import Services
from cloud_core.settings.tree import Profile

if TYPE_CHECKING:
    from cloud_core.ports.aws import CallerIdentity
    from cloud_core.ports.builds import StackBuilder
    from cloud_core.ports.engine import ProgramFiles
    from cloud_core.ports.records import DeploymentRepository, StackReader
    from cloud_core.ports.workspace import ManifestFiles
    from cloud_core.services.config_changes import ConfigChanges
    from cloud_core.services.config_resolution import ConfigResolver
    from cloud_core.services.config_values import ConfigValues
    from cloud_core.services.deployments import DeploymentService
    from cloud_core.services.environments import EnvironmentService
    from cloud_core.services.findings import FindingsService
    from cloud_core.services.fingerprints import Fingerprints
    from cloud_core.services.health import HealthService
    from cloud_core.services.history import HistoryService
    from cloud_core.services.logs import LogService
    from cloud_core.services.manifest_edits import ManifestEditor
    from cloud_core.services.manifest_reading import ManifestReader
    from cloud_core.services.manifests import ManifestService
    from cloud_core.services.migrations import MigrationService
    from cloud_core.services.no_ops import NoOps
    from cloud_core.services.outputs import OutputService
    from cloud_core.services.preparation import PreparationService
    from cloud_core.services.promotions import PromotionService
    from cloud_core.services.retries import RetryService
    from cloud_core.services.rollbacks import RollbackService
    from cloud_core.services.schedules import ScheduleService
    from cloud_core.services.stack_catalogue import StackCatalogue
    from cloud_core.services.stack_exports import StackExports
    from cloud_core.services.stack_graphs import StackGraphs
    from cloud_core.services.stack_imports import StackImports
    from cloud_core.services.status import StatusService
    from cloud_core.services.template_validation import TemplateValidation
    from cloud_core.services.templates import TemplateService
    from cloud_core.services.unlocking import UnlockService
    from cloud_core.services.validation import ValidationService
    from cloud_core.services.watching import WatchService


class EdgeServices(Services):
    """What the command line and the API use besides: working copies, reading services, health.

    What needs no records can be made while they are away; using them raises then.
    """

    @cached_property
    def templates(self) -> TemplateService:
        from cloud_core.services.templates import TemplateService

        return TemplateService(self.catalog)

    @cached_property
    def template_validation(self) -> TemplateValidation:
        from cloud_core.services.template_validation import TemplateValidation

        return TemplateValidation(self.catalog, self.programs)

    @cached_property
    def stack_catalogue(self) -> StackCatalogue:
        from cloud_core.services.stack_catalogue import StackCatalogue

        return StackCatalogue(self.catalog, self.programs)

    @cached_property
    def stack_builder(self) -> StackBuilder:
        from cloud_core.adapters.local.stack_builder import LocalStackBuilder

        return LocalStackBuilder(self.workspace)

    @cached_property
    def migrations(self) -> MigrationService:
        from cloud_core.adapters.local.legacy_workspace import LocalLegacyWorkspace
        from cloud_core.adapters.local.template_files import LocalTemplates
        from cloud_core.adapters.local.workspace import Workspace
        from cloud_core.resources import data_dir
        from cloud_core.services.migrations import MigrationService

        root = Workspace(self.workspace)
        product = LocalTemplates(data_dir("templates"), Workspace(root.state)).stack_templates()
        return MigrationService(LocalLegacyWorkspace(root, self.clock), product, self.clock)

    @cached_property
    def manifests(self) -> ManifestService:
        from cloud_core.services.manifests import ManifestService

        return ManifestService(self._files, self._deployment_records, self.templates, self.programs, self.clock)

    @cached_property
    def config_changes(self) -> ConfigChanges:
        from cloud_core.services.config_changes import ConfigChanges

        return ConfigChanges(self._editor, self.templates)

    @cached_property
    def config_values(self) -> ConfigValues:
        from cloud_core.services.config_values import ConfigValues

        return ConfigValues(self._reader, self.templates, self._config_resolver)

    @cached_property
    def environments(self) -> EnvironmentService:
        from cloud_core.services.environments import EnvironmentService

        return EnvironmentService(self._editor, self._reader, lambda: self.records, lambda: self.operations)

    @cached_property
    def validation(self) -> ValidationService:
        from cloud_core.services.access_checks import AccessChecks
        from cloud_core.services.validation import ValidationService

        access = AccessChecks(lambda: self.aws, lambda: self.engine)
        return ValidationService(self._files, self.templates, self.programs, access, self.clock)

    @cached_property
    def preparation(self) -> PreparationService:
        """What comes before a deploy."""
        from cloud_core.services.preparation import PreparationService

        return PreparationService(self.manifests, self.validation, self.operations, self._deployment_records)

    @cached_property
    def rollbacks(self) -> RollbackService:
        from cloud_core.services.rollbacks import RollbackService

        return RollbackService(self.records, self._plans, self.clock)

    @cached_property
    def promotions(self) -> PromotionService:
        from cloud_core.services.promotions import PromotionService

        return PromotionService(self.records, self.programs)

    @cached_property
    def retries(self) -> RetryService:
        from cloud_core.services.retries import RetryService

        return RetryService(self.records, self.operations, self._plans, self.engine)

    @cached_property
    def unlocking(self) -> UnlockService:
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.services.unlocking import UnlockService

        return UnlockService(self.records, LocalProcesses(), self.operations.settle, self.clock)

    @cached_property
    def deployments(self) -> DeploymentService:
        from cloud_core.services.deployments import DeploymentService

        return DeploymentService(self._deployment_records, self._files)

    @cached_property
    def schedules(self) -> ScheduleService:
        from cloud_core.services.schedules import ScheduleService

        return ScheduleService(self._deployment_records, lambda: self._schedules)

    @cached_property
    def status(self) -> StatusService:
        from cloud_core.services.status import StatusService

        return StatusService(self.records, self.watching, self.clock)

    @cached_property
    def history(self) -> HistoryService:
        from cloud_core.services.history import HistoryService

        return HistoryService(self.records)

    @cached_property
    def outputs(self) -> OutputService:
        from cloud_core.services.outputs import OutputService

        return OutputService(self.records, lambda: self.engine)

    @cached_property
    def stack_graphs(self) -> StackGraphs:
        from cloud_core.services.stack_graphs import StackGraphs

        return StackGraphs(self.status, self.catalog.stack_templates)

    @cached_property
    def stack_exports(self) -> StackExports:
        from cloud_core.services.stack_exports import StackExports

        return StackExports(self.records, self.catalog.stack_templates, lambda: self.engine, self.clock)

    @cached_property
    def stack_imports(self) -> StackImports:
        from cloud_core.adapters.local.state_files import LocalStateBackups
        from cloud_core.adapters.local.workspace import Workspace
        from cloud_core.services.stack_imports import StackImports

        backups = LocalStateBackups(Workspace(self.workspace))
        return StackImports(self.records, self._plans, lambda: self.engine, self.lease, backups, self.clock)

    @cached_property
    def watching(self) -> WatchService:
        from cloud_core.services.watching import WatchService

        return WatchService(self.records, lambda: self.flows, self.operations.settle, self.clock)

    @cached_property
    def logs(self) -> LogService:
        from cloud_core.adapters.local.init_log import read_init_log
        from cloud_core.services.logs import LogService

        return LogService(self.records, self.watching, lambda id: read_init_log(self._files.folder(id), id))

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
        )
        return HealthService(parts, version(), self.clock)

    def flow_run_url(self, flow_run_id: str | None) -> str | None:
        """The run's page for people; None without a run or pages."""
        pages = self.addresses.prefect_ui if self.addresses else self.settings.prefect.ui_url
        return f"{pages}/runs/flow-run/{flow_run_id}" if pages and flow_run_id else None

    @cached_property
    def findings(self) -> FindingsService:
        """What comparisons and refreshes have found."""
        from cloud_core.services.findings import FindingsService

        return FindingsService(self.records)

    @property
    def _no_ops(self) -> NoOps | None:
        from cloud_core.services.no_ops import NoOps

        return NoOps(self.records, self._fingerprints_over, self.clock)

    def _fingerprints_over(self, stacks: StackReader) -> Fingerprints:
        from cloud_core.services.fingerprints import Fingerprints
        from cloud_core.services.stack_inputs import StackInputResolver

        prefixes = self.settings.values.prefixes(sandbox=self.addresses is not None)
        # The variables are those of whoever carries the deploy out, not ours.
        sources = replace(self._sources, variables=None)
        inputs = StackInputResolver(stacks, lambda: self.engine, sources, prefixes, self._digest_key)
        return Fingerprints(self.programs, inputs, self._digest_key)

    @cached_property
    def programs(self) -> ProgramFiles:
        """The stack programs' names and files; only flows load them."""
        from cloud_core.adapters.local.program_folders import ProgramFolders
        from cloud_core.resources import data_dir

        return ProgramFolders(data_dir("stacks"), self.workspace / "stacks")

    @cached_property
    def _editor(self) -> ManifestEditor:
        from cloud_core.services.manifest_edits import ManifestEditor

        return ManifestEditor(self._files, self.manifests, self.templates, self.programs, self.clock)

    @cached_property
    def _reader(self) -> ManifestReader:
        from cloud_core.services.manifest_reading import ManifestReader

        return ManifestReader(self.manifests, self._deployment_records)

    def _config_resolver(self) -> ConfigResolver:
        from cloud_core.services.config_resolution import ConfigResolver

        prefixes = self.settings.values.prefixes(sandbox=self.addresses is not None)
        return ConfigResolver(self.records.stacks, self.aws, prefixes)

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

    def _check_tables(self) -> int:
        from cloud_core.adapters.dynamodb.tables import TABLES, check_tables

        check_tables(self.records_client, self.settings.aws.table_prefix)
        return len(TABLES)

    def _identity(self, account: str | None, region: str) -> CallerIdentity:
        from cloud_core.ports.aws import AwsScope

        if account is None:
            return self._sessions.own_identity(region)
        return self.aws.caller_identity(AwsScope(account, region))
