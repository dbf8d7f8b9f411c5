"""The services of an edge over fakes: records, engine, AWS and flows in memory, workspace and templates on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from cloud_core.adapters.dynamodb.token_seal import CipherSeal
from cloud_core.adapters.local.legacy_workspace import LocalLegacyWorkspace
from cloud_core.adapters.local.log_files import LocalLogFiles
from cloud_core.adapters.local.manifest_files import LocalManifestFiles
from cloud_core.adapters.local.state_files import LocalStateBackups
from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.control_plane import ControlPlane
from cloud_core.domain.errors import CloudError
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.placeholders import NO_BOUNDARIES
from cloud_core.domain.records import Operation
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.aws import AwsScope, CallerIdentity
from cloud_core.ports.engine import EngineInfo
from cloud_core.ports.flows import FlowRun
from cloud_core.ports.records import Records
from cloud_core.services.control_plane.service import ControlPlaneService
from cloud_core.services.health import HealthService, Parts
from cloud_core.services.logins import LoginService
from cloud_core.services.looking.deployments import DeploymentService
from cloud_core.services.looking.events import EventService
from cloud_core.services.looking.findings import FindingsService
from cloud_core.services.looking.history import HistoryService
from cloud_core.services.looking.logs import LogService
from cloud_core.services.looking.metric_points import VisiblePoints
from cloud_core.services.looking.metrics import MetricsService
from cloud_core.services.looking.outputs import OutputService
from cloud_core.services.looking.record_following import Following
from cloud_core.services.looking.stack_details import StackDetailsService
from cloud_core.services.looking.stack_exports import StackExports
from cloud_core.services.looking.stack_graphs import StackGraphs
from cloud_core.services.looking.status import StatusService
from cloud_core.services.looking.visible_records import VisibleRecords
from cloud_core.services.looking.watching import WatchService
from cloud_core.services.manifests.config_changes import ConfigChanges
from cloud_core.services.manifests.config_resolution import ConfigResolver
from cloud_core.services.manifests.config_values import ConfigValues
from cloud_core.services.manifests.edits import ManifestEditor
from cloud_core.services.manifests.migrations import MigrationService
from cloud_core.services.manifests.reading import ManifestReader, RecordReader
from cloud_core.services.manifests.service import ManifestService
from cloud_core.services.operations.approvals import ApprovalService
from cloud_core.services.operations.deployment_edits import DeploymentEdits, EditParts
from cloud_core.services.operations.environments import EnvironmentService
from cloud_core.services.operations.preparation import PreparationService
from cloud_core.services.operations.promotions import PromotionService
from cloud_core.services.operations.record_guards import RecordGuards
from cloud_core.services.operations.record_moves import RecordMoves
from cloud_core.services.operations.record_operations import RecordOperations
from cloud_core.services.operations.recorded_config import RecordedConfig
from cloud_core.services.operations.recorded_manifests import RecordedManifests
from cloud_core.services.operations.retries import RetryService
from cloud_core.services.operations.rollbacks import RollbackService
from cloud_core.services.operations.schedules import ScheduleService
from cloud_core.services.operations.stack_edits import StackEdits
from cloud_core.services.operations.unlocking import UnlockService
from cloud_core.services.records.log_writing import LogWriting
from cloud_core.services.records.tables import TableService
from cloud_core.services.stacks.imports import StackImports
from cloud_core.services.templates.service import TemplateService
from cloud_core.services.templates.stack_builds import StackBuildService
from cloud_core.services.templates.stack_catalogue import StackCatalogue
from cloud_core.services.templates.validation import TemplateValidation
from cloud_core.services.validation.access_checks import AccessChecks
from cloud_core.services.validation.account_checks import AccountChecks
from cloud_core.services.validation.service import ValidationService
from cloud_core.settings import Settings
from cloud_core.testing.aws import FakeAwsQueries
from cloud_core.testing.builds import BuildInPlace
from cloud_core.testing.clock import ScriptedClock
from cloud_core.testing.control_plane import FakeControlPlane
from cloud_core.testing.flows import FakeFlowRunner
from cloud_core.testing.logins import FakeUserPool, InMemoryLogins, KnownUsers
from cloud_core.testing.tables import FakeTables
from cloud_core.testing.templates import write_templates
from cloud_core.testing.world import World

PAGES: Final = "http://pages.test"
API_URL: Final = "http://api.test/api/v1"
CHAIN: Final[Mapping[str, Mapping[str, Any]]] = {
    "network": {},
    "security": {"dependencies": ["network"]},
    "secrets": {"dependencies": ["security"]},
    "dns": {},
}


class RunAtOnce(FakeFlowRunner):
    """A flow service whose runs are over before `submit` returns; `run` does what a flow does."""

    def __init__(self, run: Callable[[Operation], object]) -> None:
        super().__init__()
        self.run = run

    def submit(self, operation: Operation) -> FlowRun:
        flow_run = super().submit(operation)
        self.run(operation)
        return flow_run


class FakeEdge:
    """Has the attributes of `bootstrap.EdgeServices`. Its world holds the deployment `builders.DEPLOYMENT_ID`, which
    has a record and no folder; the workspace is `root / "workspace"`."""

    def __init__(
        self,
        root: Path,
        stacks: Mapping[str, Mapping[str, Any]] = CHAIN,
        records: Records | None = None,
        clock: ScriptedClock | None = None,
    ) -> None:
        self.settings = Settings()
        self.workspace = root / "workspace"
        write_templates(root / "product", stacks)
        workspace = Workspace(self.workspace)
        self.catalog = LocalTemplates(root / "product", workspace)
        self.clock = clock or ScriptedClock()
        self.world = world = World(stacks, self.catalog.stack_templates(), _ENVIRONMENTS, self.clock, records)
        world.flows = RunAtOnce(world.run)
        self.aws = FakeAwsQueries()
        self.operations = world.edges
        self.approvals = ApprovalService(world.records, world.edges, world.gate, self.clock)
        self.plans = world.plans
        self.promotions = PromotionService(world.records, world.programs)
        self.rollbacks = RollbackService(world.records, world.operation_plans, self.clock)
        self.programs = world.programs
        self.engine_error: CloudError | None = None
        files = LocalManifestFiles(workspace)
        self.templates = TemplateService(self.catalog)
        self.template_validation = TemplateValidation(self.catalog, world.programs)
        self.stack_catalogue = StackCatalogue(self.catalog, world.programs)
        self.stack_builder = BuildInPlace(
            StackBuildService(world.programs, self.catalog.stack_templates(), world.engine, world.clock, StopSignal())
        )
        legacy = LocalLegacyWorkspace(workspace, self.clock)
        self.migrations = MigrationService(
            legacy, LocalTemplates(root / "product", Workspace(root)).stack_templates(), self.clock
        )
        self._add_manifest_services(world, files)
        self.unlocking = UnlockService(world.records, world.processes, world.edges.settle, self.clock)
        self._add_logins()
        self._add_looking_services(world, files)
        self._add_starting_services(world)
        self._add_stack_services(world)
        self._add_record_services(world)

    def _add_manifest_services(self, world: World, files: LocalManifestFiles) -> None:
        """What reads, changes and judges manifests."""
        self.manifests = ManifestService(files, world.records.deployments, self.templates, world.programs, world.clock)
        editor = ManifestEditor(files, self.manifests, self.templates, world.programs, world.clock)
        reader = ManifestReader(self.manifests, world.records.deployments)
        self.config_changes = ConfigChanges(editor, self.templates)
        self.config_values = ConfigValues(reader, self.templates, self._config_resolver)
        self.environments = EnvironmentService(editor, reader, lambda: world.records, lambda: world.operations)
        recorded = RecordReader(world.records.deployments)
        self.recorded_environments = EnvironmentService(
            editor, recorded, lambda: world.records, lambda: world.operations
        )
        access = AccessChecks(lambda: self.aws, lambda: world.engine)
        self.validation = ValidationService(files, self.templates, world.programs, access, world.clock)
        self.preparation = PreparationService(self.manifests, self.validation, world.edges, world.records.deployments)

    def _add_logins(self) -> None:
        """A user pool whose users are known, as the sandbox's are."""
        self.user_pool = FakeUserPool(self.clock, {"admin": "swordfish-1", "developer": "swordfish-2"})
        self.known_credentials: KnownUsers | None = KnownUsers(self.user_pool)
        self.logins = LoginService(API_URL, lambda: self.user_pool, InMemoryLogins(), self.clock)

    def _add_starting_services(self, world: World) -> None:
        """What starts operations that somebody else began, or that come from elsewhere."""
        self.record_operations = RecordOperations(
            world.edges, self.preparation, lambda: self.retries, self.status, self.plans
        )
        self.retries = RetryService(world.records, world.edges, world.operation_plans, world.engine)

        self.recorded_manifests = RecordedManifests(
            world.records.deployments, self.templates, world.programs, world.edges, self.environments, self.clock
        )
        self.record_moves = RecordMoves(world.edges, self.preparation, self.promotions, self.rollbacks, self.plans)
        self.recorded_config = RecordedConfig(self.recorded_manifests, self.templates)
        self.recorded_values = ConfigValues(
            RecordReader(world.records.deployments), self.templates, self._config_resolver
        )

    def _add_looking_services(self, world: World, files: LocalManifestFiles) -> None:
        """What shows things."""
        self.deployments = DeploymentService(world.records.deployments, files)
        self.watching = WatchService(world.records, lambda: world.flows, world.edges.settle, world.clock)
        self.schedules = ScheduleService(world.records.deployments, lambda: world.schedules, lambda: world.gate.rules)
        self.status = StatusService(world.records, self.watching, world.clock)
        self.history = HistoryService(world.records)
        self.events = EventService(world.records, self.watching, lambda: world.flows)
        self.findings = FindingsService(world.records)
        self.stack_details = StackDetailsService(world.records, self.status)
        self.account_checks = AccountChecks(lambda: self.aws, self.templates)
        self.metrics = MetricsService(lambda: world.records, self.deployments, self.clock)
        self.outputs = OutputService(world.records, lambda: world.engine)
        self.logs = LogService(lambda: world.records, lambda: self.watching, LocalLogFiles(files.folder))

    def _add_stack_services(self, world: World) -> None:
        """What looks at single stacks and their states."""
        self.stack_graphs = StackGraphs(self.status, self.catalog.stack_templates)
        self.stack_exports = StackExports(world.records, self.catalog.stack_templates, lambda: world.engine, self.clock)
        backups = LocalStateBackups(Workspace(self.workspace))
        self.stack_imports = StackImports(
            world.records, world.operation_plans, lambda: world.engine, world.lease, backups, self.clock
        )

    def _add_record_services(self, world: World) -> None:
        """What reads and writes records one by one, and the tables that they are in."""
        self.record_tables = FakeTables()
        self.tables = TableService(self.record_tables, world.records.deployments)
        self.plane_engine = FakeControlPlane(self.record_tables)
        guards = RecordGuards(lambda: world.records, lambda: world.edges.turns, world.lease)
        self.visible_records = VisibleRecords(lambda: world.records, CipherSeal(lambda: b"of these tests"))
        self.following = Following(lambda: world.records, self.clock)
        self.metric_points = VisiblePoints(lambda: world.records, self.clock)
        parts = EditParts(
            lambda: world.records, lambda: self.recorded_manifests, self.templates, world.programs, guards, self.clock
        )
        self.deployment_edits = DeploymentEdits(parts)
        self.stack_edits = StackEdits(lambda: world.records, guards, self.clock)
        self.log_writing = LogWriting(lambda: world.records, self.clock)

    def control_plane(self, protect: bool = True) -> ControlPlaneService:
        return ControlPlaneService(self.plane_engine, self.tables, ControlPlane("cloud-", "us-east-1", protect))

    def health(self, account: str | None = None, region: str | None = None) -> HealthService:
        scope = AwsScope(account or "123456789012", region or "us-east-1")
        parts = Parts(
            engine=self.find_engine,
            sandbox=lambda: ["moto", "runner"],
            tables=lambda: 3,
            flows=lambda: self.world.flows.check(),
            identity=lambda: self._identity(scope),
            templates=self.templates,
            programs=self.programs.names,
            api=lambda: f"cloud 0.7.0 at {API_URL}",
        )
        return HealthService(parts, "0.7.0", self.clock)

    def find_engine(self) -> EngineInfo:
        """The fake engine, or the error that the test asks for."""
        if self.engine_error is not None:
            raise self.engine_error
        return self.world.engine.probe()

    @property
    def records(self) -> Records:
        return self.world.records

    @property
    def flows(self) -> FakeFlowRunner:
        return self.world.flows

    def flow_run_url(self, flow_run_id: str | None) -> str | None:
        return f"{PAGES}/runs/flow-run/{flow_run_id}" if flow_run_id else None

    def _config_resolver(self) -> ConfigResolver:
        return ConfigResolver(self.world.records.stacks, self.aws, NO_BOUNDARIES)

    def _identity(self, scope: AwsScope) -> CallerIdentity:
        return self.aws.caller_identity(scope)


_ENVIRONMENTS: Final = {
    name.value: {"enabled": name is not EnvironmentName.STAGE, "account": "123456789012", "region": "us-east-1"}
    for name in EnvironmentName
}
