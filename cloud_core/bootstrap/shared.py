"""What edges and flows share: records, the flow service, templates, the engine, operations."""

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
from cloud_core.settings.api import API_BASE
from cloud_core.settings.tree import Profile, Settings

if TYPE_CHECKING:
    from cloud_core.adapters.aws.sessions import AwsSessions
    from cloud_core.adapters.dynamodb.client import DynamoClient
    from cloud_core.adapters.prefect.connection import PrefectServer
    from cloud_core.adapters.pulumi.access import AwsAccess, Backend
    from cloud_core.domain.approvals import ApprovalRules
    from cloud_core.domain.names import EnvironmentName
    from cloud_core.ports.aws import AwsQueries
    from cloud_core.ports.engine import EngineInfo, EngineProbe, ProgramFiles, StackEngine
    from cloud_core.ports.flows import FlowRunner
    from cloud_core.ports.records import Records
    from cloud_core.ports.schedules import Schedules
    from cloud_core.ports.values import CalculationStore
    from cloud_core.ports.workspace import TemplateCatalog
    from cloud_core.services.looking.plans import PlanService
    from cloud_core.services.operations.approval_gate import ApprovalGate
    from cloud_core.services.operations.no_ops import NoOps
    from cloud_core.services.operations.service import OperationService
    from cloud_core.services.records.graphs import OperationPlans
    from cloud_core.services.runs.holds import Hold
    from cloud_core.services.values.lookup import ValueSources


class Services:
    """What the edges call. Attributes are services; making one may raise SandboxNotRunning or InvalidInput."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()

    def close(self) -> None:
        """Nothing is open that has to be closed."""

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

    @property
    def api_url(self) -> str:
        """Where the API stands, with its base. InvalidInput when nothing says it."""
        if self.addresses is not None and self.addresses.api_url is not None:
            return self.addresses.api_url
        if self.settings.api.url is None:
            raise InvalidInput("the API's address is not set", field="api.url", suggestion="set CLOUD_API__URL to it")
        return self.settings.api.url.rstrip("/").removesuffix(API_BASE) + API_BASE

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
        server = self._prefect
        from cloud_core.adapters.prefect.flow_runner import PrefectFlowRunner

        return PrefectFlowRunner(server)

    @cached_property
    def _schedules(self) -> Schedules:
        server = self._prefect
        from cloud_core.adapters.prefect.schedules import PrefectSchedules

        return PrefectSchedules(server)

    @cached_property
    def _prefect(self) -> PrefectServer:
        # Prefect tells its makers that it was imported, and prints a notice about that, unless this is set before.
        os.environ.setdefault("DO_NOT_TRACK", "1")
        from cloud_core.adapters.prefect.connection import PrefectServer

        if self.addresses is not None:
            return PrefectServer(self.addresses.prefect_api, self.addresses.prefect_ui)
        if self.settings.prefect.api_url is None:
            raise InvalidInput(
                "the flow service's address is not set",
                field="prefect.api_url",
                suggestion="set CLOUD_PREFECT__API_URL",
            )
        return PrefectServer(self.settings.prefect.api_url, self.settings.prefect.ui_url)

    @cached_property
    def catalog(self) -> TemplateCatalog:
        """Templates of the product and of the workspace."""
        from cloud_core.adapters.local.parsed_texts import users_texts
        from cloud_core.adapters.local.template_files import LocalTemplates
        from cloud_core.adapters.local.workspace import Workspace
        from cloud_core.resources import data_dir

        return LocalTemplates(data_dir("templates"), Workspace(self.workspace), users_texts())

    @cached_property
    def operations(self) -> OperationService:
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.services.operations.guards import OperationGuards
        from cloud_core.services.operations.service import OperationService

        guards = OperationGuards(self.records, self._plans, self.gate)
        return OperationService(self.records, guards, lambda: self.flows, LocalProcesses(), self.clock, self._no_ops)

    @cached_property
    def gate(self) -> ApprovalGate:
        """What stands before operations that need an approval."""
        from cloud_core.services.operations.approval_contents import Contents
        from cloud_core.services.operations.approval_gate import ApprovalGate

        contents = Contents(self.records, lambda: self._program_files, self.catalog.stack_templates)
        return ApprovalGate(self._approval_rules, contents, self.records, self.clock)

    @property
    def _approval_rules(self) -> ApprovalRules:
        return self.settings.approvals.rules(sandbox=self.settings.profile is Profile.SANDBOX)

    @property
    def _program_files(self) -> ProgramFiles:
        """The programs that this process knows of."""
        raise NotImplementedError

    @property
    def _no_ops(self) -> NoOps | None:
        """Only the edges look whether there is anything to do: a flow is there to do it."""
        return None

    @cached_property
    def plans(self) -> PlanService:
        from cloud_core.services.looking.plans import PlanService

        return PlanService(self.records)

    @cached_property
    def _plans(self) -> OperationPlans:
        from cloud_core.services.records.graphs import OperationPlans

        return OperationPlans(self.records, self.catalog.stack_templates)

    def lease(self, deployment_id: str, environment: EnvironmentName, operation_id: str) -> Hold:
        """The one-writer lease of a deployment's environment, for this process."""
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.services.runs.lease import LeaseKeeper

        leases, stacks = self.records.leases, self.records.stacks
        return LeaseKeeper(leases, stacks, self.clock, LocalProcesses(), deployment_id, environment, operation_id)

    @cached_property
    def aws(self) -> AwsQueries:
        from cloud_core.adapters.aws.queries import Boto3AwsQueries

        return Boto3AwsQueries(self._sessions)

    @cached_property
    def _sources(self) -> ValueSources:
        from cloud_core.adapters.aws.secrets import Boto3SecretSource
        from cloud_core.services.runs.run_cache import CachedAwsQueries, CachedSecretSource
        from cloud_core.services.values.calculations import Calculations
        from cloud_core.services.values.lookup import ValueSources

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
        from cloud_core.adapters.dynamodb.value_cipher import ValueCipher
        from cloud_core.domain.tables import DEPLOYMENTS

        name = self.settings.aws.table_prefix + DEPLOYMENTS.name
        table = Table(self.records_client, name, self.clock, PATIENCE_SECONDS)
        return DynamoCalculationStore(table, ValueCipher(self._digest_key))

    @cached_property
    def engine(self) -> StackEngine:
        return self.engine_over(self._aws_access)

    def engine_over(self, access: AwsAccess) -> StackEngine:
        """An engine that reaches AWS in another way than stacks of deployments do."""
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.adapters.pulumi.engine import PulumiEngine

        stop_seconds = self.settings.engine.stop_seconds
        return PulumiEngine(self.find_engine, self._backend, access, LocalProcesses(), stop_seconds)

    @cached_property
    def _engine_login(self) -> EngineProbe:
        """What only asks for the engine does without what runs it, which takes long to import."""
        from cloud_core.adapters.pulumi.login import EngineLogin

        return EngineLogin(self.find_engine, self._backend, self._aws_access)

    @cached_property
    def _aws_access(self) -> AwsAccess:
        from cloud_core.adapters.local.aws_access import RealAccess, SandboxAccess

        aws = self.settings.aws
        if self.addresses is None:
            return RealAccess(aws.role_name, aws.credentials_profile)
        return SandboxAccess(self.addresses, aws.role_name)

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
        from cloud_core.adapters.pulumi.access import Backend

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
