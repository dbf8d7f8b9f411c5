"""A whole platform in memory: services over fakes, and a flow that runs in the caller's thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.digest import content_digest
from cloud_core.domain.leases import HEARTBEAT_SECONDS
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.placeholders import NO_BOUNDARIES
from cloud_core.domain.records import Deployment, Operation
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.statuses import Action
from cloud_core.ports.journal import ResultJournal
from cloud_core.ports.records import Records, StackReader
from cloud_core.services.looking.plans import PlannedSteps, PlanService
from cloud_core.services.manifests.records import ManifestRecords
from cloud_core.services.operations.approval_contents import Contents
from cloud_core.services.operations.approval_gate import ApprovalGate
from cloud_core.services.operations.automatic_rollbacks import AutomaticRollbacks
from cloud_core.services.operations.executions import ExecutionService, Outcome
from cloud_core.services.operations.guards import OperationGuards, StartOperation
from cloud_core.services.operations.no_ops import NoOps
from cloud_core.services.operations.service import OperationService
from cloud_core.services.records.graphs import OperationPlans
from cloud_core.services.runs.engine_runs import EngineRuns
from cloud_core.services.runs.holds import Hold, ReadingPass
from cloud_core.services.runs.lease import LeaseKeeper
from cloud_core.services.runs.run import OperationRun, StackWork
from cloud_core.services.stacks.fingerprints import Fingerprints
from cloud_core.services.stacks.inputs import StackInputResolver
from cloud_core.services.stacks.previews import StackPreviews
from cloud_core.services.stacks.records import StackRecords
from cloud_core.services.stacks.refreshes import StackRefreshes
from cloud_core.services.stacks.service import StackService
from cloud_core.services.values.lookup import ValueSources
from cloud_core.testing.builders import DEPLOYMENT_ID, a_deployment
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.engine import FakeEngine, FakePrograms
from cloud_core.testing.flows import FakeFlowRunner
from cloud_core.testing.processes import FakeProcesses
from cloud_core.testing.records import InMemoryRecords
from cloud_core.testing.result_journal import InMemoryResultJournal
from cloud_core.testing.schedules import FakeSchedules


class World:
    """`operations` gives every operation a flow run; `edges` ends those at once that would change nothing. `gate` lets
    everything pass until it is given other rules.

    `stacks` maps each stack of the deployment to its section of the manifest (`enabled` is added).

    `records` and `journal` may be real ones; `heartbeat_seconds` is how often keepers renew a lease by themselves.
    """

    def __init__(
        self,
        stacks: Mapping[str, Mapping[str, Any]],
        templates: Mapping[str, StackTemplate] | None = None,
        environments: Mapping[str, Any] | None = None,
        clock: FakeClock | None = None,
        records: Records | None = None,
        journal: ResultJournal | None = None,
    ) -> None:
        self.clock = clock or FakeClock()
        self.records: Records = records or InMemoryRecords(self.clock)
        self.journal: ResultJournal = journal or InMemoryResultJournal()
        self.heartbeat_seconds = HEARTBEAT_SECONDS
        self.engine = self.new_engine()
        self.programs = FakePrograms(*stacks)
        self.flows = FakeFlowRunner()
        self.schedules = FakeSchedules()
        self.processes = FakeProcesses()
        plans = self.operation_plans = OperationPlans(self.records, lambda: templates or {})
        contents = Contents(self.records, lambda: self.programs, lambda: templates or {})
        self.gate = ApprovalGate(ApprovalRules(), contents, self.records, self.clock)
        guards = OperationGuards(self.records, plans, self.gate)
        self.operations = OperationService(self.records, guards, lambda: self.flows, self.processes, self.clock)
        self.edges = OperationService(
            self.records,
            guards,
            lambda: self.flows,
            self.processes,
            self.clock,
            NoOps(self.records, self._fingerprints, self.clock),
        )
        stack_records = StackRecords(self.records.stacks, self.journal, self.clock)
        inputs = self._inputs(self.records.stacks)
        fingerprints = Fingerprints(self.programs, inputs, b"key")
        self.plans = PlanService(self.records)
        planned = PlannedSteps(self.plans)
        runs = EngineRuns(self.engine, self.processes, self.clock)
        self.stacks = StackService(stack_records, runs, self.programs, inputs, fingerprints, planned, self.clock)
        previews = StackPreviews(stack_records, runs, self.programs, inputs, fingerprints, self.clock)
        refreshes = StackRefreshes(stack_records, runs, fingerprints, self.clock)
        self.work = self._work(previews, refreshes)
        self.executions = ExecutionService(self.records, self.stacks, plans, self.hold, self.clock)
        self.executions.telling_seconds = 0.05  # its outages last until the test ends them
        self.automatic_rollbacks = AutomaticRollbacks(self.records, plans, self.operations, self.engine, self.gate)
        self.put_manifest(stacks, environments)

    def _work(self, previews: StackPreviews, refreshes: StackRefreshes) -> dict[Action, StackWork]:
        """What each action does to a stack."""
        return {
            Action.DEPLOY: self.stacks.deploy,
            Action.DESTROY: self.stacks.destroy,
            Action.ROLLBACK: self.stacks.put_back,
            Action.PREVIEW: previews.preview,
            Action.REFRESH: refreshes.refresh,
            Action.DRIFT: refreshes.drift,
        }

    def new_engine(self) -> FakeEngine:
        """The world's engine; worlds that look closer at it have their own."""
        return FakeEngine()

    def _inputs(self, stacks: StackReader) -> StackInputResolver:
        return StackInputResolver(stacks, lambda: self.engine, ValueSources(), NO_BOUNDARIES, b"key")

    def _fingerprints(self, stacks: StackReader) -> Fingerprints:
        return Fingerprints(self.programs, self._inputs(stacks), b"key")

    def put_manifest(
        self, stacks: Mapping[str, Mapping[str, Any]], environments: Mapping[str, Any] | None = None
    ) -> Deployment:
        """Make the deployment's record, or give it this manifest as its next version."""
        manifest = {
            "deployment": {
                "id": DEPLOYMENT_ID,
                "org": "Acme",
                "project": "shop",
                "template": "demo",
                "createdAt": "2026-01-01T00:00:00Z",
            },
            "environments": environments
            or {"dev": {"enabled": True, "account": "123456789012", "region": "us-east-1"}},
            "stacks": {name: {"enabled": True, "dependencies": [], **section} for name, section in stacks.items()},
        }
        fields: dict[str, Any] = {"manifest": manifest, "digest": content_digest(manifest)}
        known = self.records.deployments.get_by_id(DEPLOYMENT_ID)
        if known is None:
            return self.records.deployments.create(a_deployment(**fields))
        return ManifestRecords(self.records.deployments, self.clock).replace(known, manifest)

    def hold(self, operation: Operation) -> Hold:
        """The environment's lease, or a pass, in the fake process, behind the gate."""
        self.gate.admit(operation)
        if operation.type.only_reads:
            return ReadingPass(self.processes, operation.operation_id)
        return self.lease(operation.deployment_id, operation.environment, operation.operation_id)

    def lease(self, deployment_id: str, environment: EnvironmentName, operation_id: str) -> LeaseKeeper:
        """The environment's lease in the fake process."""
        return LeaseKeeper(
            self.records.leases,
            self.records.stacks,
            self.clock,
            self.processes,
            deployment_id,
            environment,
            operation_id,
            self.heartbeat_seconds,
        )

    def start(self, action: Action = Action.DEPLOY, **changes: Any) -> Operation:
        """Accept an operation on dev."""
        request = StartOperation(DEPLOYMENT_ID, EnvironmentName.DEV, action, started_by="ann", **changes)
        return self.operations.start(request)

    def run(self, operation: Operation) -> Outcome:
        """What the flow does, without the flow service: one stack after the other."""
        with self.executions.running(operation.deployment_id, operation.operation_id) as run:
            self.drive(run)
            outcome = self.executions.finish(run, self.automatic_rollbacks.decide)
        if run.undoing is not None:
            self.clock.advance(1)  # else nobody could tell which of the two operations is the newer one
        self.automatic_rollbacks.begin(run)
        return outcome

    def drive(self, run: OperationRun) -> None:
        """Give every stack of the run a result."""
        schedule = run.schedule()
        work = self.work[run.operation.type]
        while schedule.is_active:
            self.stacks.records.catch_up(run)
            if not run.may_start:
                schedule.stop()
            for step in schedule.next():
                if step.verdict is not None:
                    schedule.finish(self.stacks.pass_over(run, step.verdict))
                else:
                    schedule.finish(work(run, step.stack, run.graph.layer_of(step.stack)))

    def deploy(self, **changes: Any) -> Outcome:
        """Accept a deploy of dev and run it."""
        return self.run(self.start(Action.DEPLOY, **changes))

    def destroy(self, **changes: Any) -> Outcome:
        """Accept a destroy of dev and run it."""
        return self.run(self.start(Action.DESTROY, **changes))
