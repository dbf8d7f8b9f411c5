"""A flow service in memory: it queues runs and runs nothing."""

from __future__ import annotations

from cloud_core.domain.errors import FlowServiceUnreachable
from cloud_core.domain.records import Operation
from cloud_core.ports.flows import FlowRun


class FakeFlowRunner:
    """`ports.flows.FlowRunner`. `submitted` lists operations once each; `states` and `names` are of
    runs by id; `is_down` makes every call fail."""

    def __init__(self) -> None:
        self.submitted: list[Operation] = []
        self.registered: list[tuple[str, str]] = []
        self.states: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.is_down = False

    def submit(self, operation: Operation) -> FlowRun:
        self._require_up()
        if operation.operation_id not in {known.operation_id for known in self.submitted}:
            self.submitted.append(operation)
        return self._run(f"run-{operation.operation_id}")

    def get(self, flow_run_id: str) -> FlowRun | None:
        self._require_up()
        known = {f"run-{operation.operation_id}" for operation in self.submitted} | self.states.keys()
        return self._run(flow_run_id) if flow_run_id in known else None

    def register_environment(self, deployment_id: str, environment: str) -> None:
        self._require_up()
        self.registered.append((deployment_id, environment))

    def check(self) -> str:
        self._require_up()
        return "0.0"

    def _run(self, flow_run_id: str) -> FlowRun:
        return FlowRun(flow_run_id, self.states.get(flow_run_id, "scheduled"), None, self.names.get(flow_run_id, ""))

    def _require_up(self) -> None:
        if self.is_down:
            raise FlowServiceUnreachable("the flow service can't be reached")
