"""The only composition root: which adapter stands behind which port, for the settings at hand.

Everything is made on first use, and adapters are imported then: a command that only reads a file must not wait for
the import of boto3, Pulumi or Prefect.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cloud_core.adapters.local.clock import SystemClock
from cloud_core.adapters.local.sandbox_state import (
    SandboxAddresses,
    read_addresses,
    sandbox_folder,
    workspace_folder,
)
from cloud_core.domain.errors import InvalidInput
from cloud_core.settings.tree import Profile, Settings

if TYPE_CHECKING:
    from cloud_core.adapters.aws.sessions import AwsSessions
    from cloud_core.adapters.dynamodb.client import DynamoClient
    from cloud_core.adapters.pulumi.engine import Backend
    from cloud_core.domain.names import EnvironmentName
    from cloud_core.domain.records import Operation
    from cloud_core.ports.aws import AwsQueries, CallerIdentity
    from cloud_core.ports.engine import EngineInfo, ProgramNames, StackEngine, StackPrograms
    from cloud_core.ports.flows import FlowRunner
    from cloud_core.ports.records import DeploymentRepository, Records
    from cloud_core.ports.values import CalculationStore
    from cloud_core.ports.workspace import ManifestFiles, TemplateCatalog
    from cloud_core.services.deployments import DeploymentService
    from cloud_core.services.event_writer import Sink
    from cloud_core.services.executions import ExecutionService
    from cloud_core.services.health import HealthService
    from cloud_core.services.lease import LeaseKeeper
    from cloud_core.services.logs import LogService
    from cloud_core.services.manifests import ManifestService
    from cloud_core.services.operation_plans import OperationPlans
    from cloud_core.services.operations import OperationService
    from cloud_core.services.outputs import OutputService
    from cloud_core.services.preparation import PreparationService
    from cloud_core.services.stacks import StackService
    from cloud_core.services.status import StatusService
    from cloud_core.services.templates import TemplateService
    from cloud_core.services.validation import ValidationService
    from cloud_core.services.value_lookup import ValueSources
    from cloud_core.services.watching import WatchService


class Services:
    """What the edges call. Attributes are services; making one may raise SandboxNotRunning or InvalidInput."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()

    @cached_property
    def workspace(self) -> Path:
        """The user's workspace folder."""
        return workspace_folder(self.settings)

    @cached_property
    def addresses(self) -> SandboxAddresses | None:
        """Where the sandbox listens; None in the real profile. SandboxNotRunning names the way out."""
        if self.settings.profile is Profile.AWS:
            return None
        return read_addresses(sandbox_folder(self.settings))

    @cached_property
    def records(self) -> Records:
        # Lazy for start-up time, as all imports in this class.
        from cloud_core.adapters.dynamodb.records import DynamoRecords

        return DynamoRecords(self.records_client, self.settings.aws.table_prefix, self.clock)

    @cached_property
    def records_client(self) -> DynamoClient:
        """The client that the records are kept with, for making and checking their tables."""
        from cloud_core.adapters.dynamodb.client import AccessKey, records_client
        from cloud_core.adapters.local.environment import DUMMY_CREDENTIAL

        aws = self.settings.aws
        if self.addresses is None:
            return records_client(None, aws.records_region, profile_name=aws.credentials_profile)
        key = AccessKey(DUMMY_CREDENTIAL, DUMMY_CREDENTIAL)
        return records_client(self.addresses.records_endpoint, aws.records_region, key)

    @cached_property
    def flows(self) -> FlowRunner:
        # Prefect tells its makers that it was imported, and prints a notice about that, unless this is set before.
        os.environ.setdefault("DO_NOT_TRACK", "1")
        from cloud_core.adapters.prefect.flow_runner import PrefectFlowRunner

        if self.addresses is not None:
            return PrefectFlowRunner(self.addresses.prefect_api, self.addresses.prefect_ui)
        if self.settings.prefect.api_url is None:
            raise InvalidInput(
                "the flow service's address is not set",
                field="prefect.api_url",
                suggestion="set CLOUD_PREFECT__API_URL",
            )
        return PrefectFlowRunner(self.settings.prefect.api_url, self.settings.prefect.ui_url)

    @cached_property
    def catalog(self) -> TemplateCatalog:
        """Templates of the product and of the workspace."""
        from cloud_core.adapters.local.template_files import LocalTemplates
        from cloud_core.adapters.local.workspace import Workspace
        from cloud_core.resources import data_dir

        return LocalTemplates(data_dir("templates"), Workspace(self.workspace))

    @cached_property
    def operations(self) -> OperationService:
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.services.operations import OperationService

        return OperationService(self.records, self._plans, lambda: self.flows, LocalProcesses(), self.clock)

    @cached_property
    def _plans(self) -> OperationPlans:
        from cloud_core.services.operation_plans import OperationPlans

        return OperationPlans(self.records, self.catalog.stack_templates)

    @cached_property
    def aws(self) -> AwsQueries:
        from cloud_core.adapters.aws.queries import Boto3AwsQueries

        return Boto3AwsQueries(self._sessions)

    @cached_property
    def engine(self) -> StackEngine:
        from cloud_core.adapters.local.aws_access import RealAccess, SandboxAccess
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.adapters.pulumi.engine import AwsAccess, PulumiEngine

        aws = self.settings.aws
        access: AwsAccess
        if self.addresses is None:
            access = RealAccess(aws.role_name, aws.credentials_profile)
        else:
            access = SandboxAccess(self.addresses, aws.role_name)
        stop_seconds = self.settings.engine.stop_seconds
        return PulumiEngine(self.find_engine, self._backend, access, LocalProcesses(), stop_seconds)

    def find_engine(self) -> EngineInfo:
        """The engine that would be used; EngineMissing."""
        from cloud_core.adapters.pulumi.discovery import find_engine

        return find_engine(self.settings.engine)

    @cached_property
    def _sessions(self) -> AwsSessions:
        from cloud_core.adapters.aws.sessions import AwsSessions

        aws = self.settings.aws
        endpoint = self.addresses.aws_endpoint if self.addresses else None
        return AwsSessions(self.settings.profile, endpoint, aws.role_name, aws.credentials_profile)

    @cached_property
    def _backend(self) -> Backend:
        from cloud_core.adapters.pulumi.engine import Backend

        engine = self.settings.engine
        variables = {"PULUMI_CONFIG_PASSPHRASE": self._passphrase} if self._passphrase else {}
        if self.addresses is not None:
            state = self.addresses.state_dir
            return Backend(self.addresses.backend_url, state / "runs", state / "plugins", None, variables)
        if engine.backend_url is None:
            raise InvalidInput(
                "the backend of the engine's state is not set",
                field="engine.backend_url",
                suggestion="set CLOUD_ENGINE__BACKEND_URL to an s3://, file:// or https:// address",
            )
        home = self.workspace / ".cloud" / "engine"
        return Backend(engine.backend_url, home / "runs", home / "plugins", engine.secrets_provider, variables)

    @cached_property
    def _passphrase(self) -> str | None:
        """Of the engine's secrets: the sandbox's own, else the setting or the engine's own variable."""
        if self.addresses is not None:
            return self.addresses.passphrase_file.read_text().strip()
        setting = self.settings.engine.passphrase
        return setting.get_secret_value() if setting else os.environ.get("PULUMI_CONFIG_PASSPHRASE")

    @cached_property
    def _digest_key(self) -> bytes:
        if self.addresses is not None:
            return self.addresses.digest_key_file.read_text().strip().encode()
        setting = self.settings.engine.digest_key
        key = setting.get_secret_value() if setting else self._passphrase
        if not key:
            raise InvalidInput(
                "digests of secret values need a key",
                field="engine.digest_key",
                suggestion="set CLOUD_ENGINE__DIGEST_KEY",
            )
        return key.encode()


class EdgeServices(Services):
    """What the command line and the API use besides: working copies, reading services, health.

    What needs no records can be made while they are away; using them raises then.
    """

    @cached_property
    def templates(self) -> TemplateService:
        from cloud_core.services.templates import TemplateService

        return TemplateService(self.catalog)

    @cached_property
    def manifests(self) -> ManifestService:
        from cloud_core.services.manifests import ManifestService

        return ManifestService(self._files, self._deployment_records, self.templates, self.programs, self.clock)

    @cached_property
    def validation(self) -> ValidationService:
        from cloud_core.services.validation import ValidationService

        return ValidationService(
            self._files, self.templates, self.programs, lambda: self.aws, lambda: self.engine, self.clock
        )

    @cached_property
    def preparation(self) -> PreparationService:
        """What comes before a deploy."""
        from cloud_core.services.preparation import PreparationService

        return PreparationService(self.manifests, self.validation, self.operations)

    @cached_property
    def deployments(self) -> DeploymentService:
        from cloud_core.services.deployments import DeploymentService

        return DeploymentService(self._deployment_records, self._files)

    @cached_property
    def status(self) -> StatusService:
        from cloud_core.services.status import StatusService

        return StatusService(self.records, self.watching, self.clock)

    @cached_property
    def outputs(self) -> OutputService:
        from cloud_core.services.outputs import OutputService

        return OutputService(self.records, lambda: self.engine)

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
    def programs(self) -> ProgramNames:
        """The stack programs' names; only flows load the programs."""
        from cloud_core.adapters.local.program_folders import ProgramFolders
        from cloud_core.resources import data_dir

        return ProgramFolders(data_dir("stacks"), self.workspace / "stacks")

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


class FlowServices(Services):
    """What a flow process uses besides: the stack programs, the engine, the lease."""

    def __init__(self, settings: Settings, programs: StackPrograms) -> None:
        super().__init__(settings)
        self._programs = programs

    @cached_property
    def executions(self) -> ExecutionService:
        """Begins and ends operations."""
        from cloud_core.services.executions import ExecutionService

        return ExecutionService(self.records, self._plans, self._keeper, self.clock, self._log_files)

    @cached_property
    def stacks(self) -> StackService:
        """Runs single stacks."""
        from cloud_core.services.stack_inputs import StackInputResolver
        from cloud_core.services.stacks import StackService

        prefixes = self.settings.values.prefixes(sandbox=self.addresses is not None)
        inputs = StackInputResolver(self.records.stacks, self.engine, self._sources, prefixes, self._digest_key)
        return StackService(self.records.stacks, self.engine, self._programs, inputs, self.clock)

    @cached_property
    def _sources(self) -> ValueSources:
        from cloud_core.adapters.aws.secrets import Boto3SecretSource
        from cloud_core.services.calculations import Calculations
        from cloud_core.services.run_cache import CachedAwsQueries, CachedSecretSource
        from cloud_core.services.value_lookup import ValueSources

        return ValueSources(
            aws=CachedAwsQueries(self.aws),
            secrets=CachedSecretSource(Boto3SecretSource(self._sessions)),
            calculations=Calculations(self._calculation_store, self.clock.now),
            variables={name: value for name, value in os.environ.items() if name.startswith("CLOUD_VAR_")},
        )

    @cached_property
    def _calculation_store(self) -> CalculationStore:
        from cloud_core.adapters.dynamodb.calculations import DynamoCalculationStore
        from cloud_core.adapters.dynamodb.table import PATIENCE_SECONDS, Table
        from cloud_core.adapters.dynamodb.tables import DEPLOYMENTS
        from cloud_core.adapters.dynamodb.value_cipher import ValueCipher

        name = self.settings.aws.table_prefix + DEPLOYMENTS.name
        table = Table(self.records_client, name, self.clock, PATIENCE_SECONDS)
        return DynamoCalculationStore(table, ValueCipher(self._digest_key))

    def _keeper(self, deployment_id: str, environment: EnvironmentName, operation_id: str) -> LeaseKeeper:
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.services.lease import LeaseKeeper

        records, processes = self.records, LocalProcesses()
        return LeaseKeeper(
            records.leases, records.stacks, self.clock, processes, deployment_id, environment, operation_id
        )

    def _log_files(self, operation: Operation) -> tuple[Sink, ...]:
        from cloud_core.adapters.local.run_logs import run_log_sink

        sink = run_log_sink(self.workspace, operation)
        return (sink,) if sink else ()
