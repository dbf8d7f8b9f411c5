"""Operations through the API: foreseen, started, found, stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast, runtime_checkable

from cloud_core.adapters.rest.client import Call, RestClient, new_key, place
from cloud_core.adapters.rest.records import RestRecords
from cloud_core.adapters.rest.runs import RestRuns
from cloud_core.domain.errors import Conflict, NotRemote
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.records import Deployment, Operation
from cloud_core.domain.statuses import Action
from cloud_core.domain.stopping import CancelLevel
from cloud_core.remote.named import record_of
from cloud_core.remote.outlooks import (
    deploy_body,
    is_of_one_stack,
    outlook,
    plan_of,
    plan_over,
    preview_body,
    promotion_body,
    target,
)
from cloud_core.remote.statuses import RemoteStatus
from cloud_core.services.operations.abandoned import AbandonedOperations
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.turns import Turns
from cloud_core.services.records.graphs import OperationPlan, require_known
from cloud_core.services.records.operations import require_operation

_VALIDATED: Final = {"skip_validation": True}
"""What is started was validated when it was prepared, as far as that was wished."""


@dataclass(frozen=True)
class Ready:
    """How an operation is asked for."""

    place: str
    body: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    method: str = "POST"


@runtime_checkable
class KnowsItsCall(Protocol):
    """A wish that says itself how it is asked for."""

    def ready(self) -> Ready: ...


class RemoteSettling:
    """Finds what has died, as `services.operations.abandoned` does: where the API runs."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def settle(self, operation: Operation) -> bool:
        """Whether the operation is over; one that is proven dead is ended by the API first."""
        if operation.status.is_terminal:
            return True
        where = place("deployments", operation.deployment_id, "operations", operation.operation_id, "run")
        return bool(self._client.get(where)["is_over"])


class RemoteOperations:
    """As `services.operations.service`. Who starts an operation is whoever the token is of, whatever a wish says."""

    def __init__(self, client: RestClient, records: RestRecords, runs: RestRuns, status: RemoteStatus) -> None:
        self._client = client
        self._records = records
        self._runs = runs
        self._status = status
        self.settling = RemoteSettling(client)
        self.turns = Turns(cast(Any, records), cast(AbandonedOperations, self.settling))

    def plan(self, request: StartOperation, deployment: Deployment | None = None) -> OperationPlan:
        """What it would do. Raises what starting it would raise."""
        record = deployment or record_of(self._client, request.deployment_id)
        if request.action in (Action.REFRESH, Action.DRIFT):
            return plan_over(self._present(request, record), record)
        return plan_of(outlook(self._client, request), record)

    def start(self, request: StartOperation) -> Operation:
        """Have it accepted. What is sent twice on the way is accepted once: every start has an idempotency key."""
        ready = _ready(request)
        key = request.idempotency_key or new_key()
        data = self._client.ask(Call(ready.method, ready.place, ready.params, ready.body, key)).data
        if "operation_id" not in data:
            raise Conflict(f"nothing is left to {request.action.value} in {request.environment.value}")
        return self._runs.operation(data)

    def get(self, deployment_id: str, operation_id: str) -> Operation:
        """Raises OperationNotFound."""
        return require_operation(cast(Any, self._records.operations), deployment_id, operation_id)

    def settle(self, operation: Operation) -> bool:
        """Whether the operation is over."""
        return self.settling.settle(operation)

    def request_cancel(
        self, deployment_id: str, operation_id: str, level: CancelLevel = CancelLevel.INTERRUPT
    ) -> Operation:
        where = place("deployments", deployment_id, "operations", operation_id, "cancel")
        # Asked twice it is asked once: a wish to stop is no more than there.
        return self._runs.operation(self._client.post(where, {"level": level.name.lower()}, key=new_key()))

    def _present(self, request: StartOperation, record: Deployment) -> StackGraph:
        """The stacks that a look at AWS would be over, as `services.records.graphs` has them."""
        report = self._status.report(request.deployment_id, request.environment).environments[0]
        names = {stack.name for stack in report.existing}
        needs = {stack.name: [one for one in stack.dependencies if one in names] for stack in report.existing}
        graph = StackGraph.build(needs, {}, needs)
        if not request.stacks:
            return graph
        manifest = Manifest.model_validate(record.manifest)
        require_known(request.stacks, graph, manifest, request.environment, request.action)
        return graph.subset(request.stacks)


def _ready(request: StartOperation) -> Ready:
    if isinstance(request, KnowsItsCall):
        return request.ready()
    make = _CALLS.get(request.action)
    if make is None:
        raise NotRemote(f"a {request.action.value} is not started by the API", what=request.action.value)
    return make(request)


def _deploy(request: StartOperation) -> Ready:
    if request.promoted_from is not None:
        return Ready(place("deployments", request.deployment_id, "promote"), promotion_body(request))
    if is_of_one_stack(request):
        body = {**_VALIDATED, "skip_dependencies": request.skip_dependencies}
        return Ready(place("stacks", request.stacks[0], "deploy"), body, target(request))
    return Ready(place("deployments", request.deployment_id, "deploy"), {**deploy_body(request), **_VALIDATED})


def _preview(request: StartOperation) -> Ready:
    return Ready(place("deployments", request.deployment_id, "plan"), {**preview_body(request), **_VALIDATED})


def _destroy(request: StartOperation) -> Ready:
    if is_of_one_stack(request):
        params = {**target(request), "force": request.force}
        return Ready(place("stacks", request.stacks[0]), None, params, "DELETE")
    params = {"environment": request.environment.value, "parallel": request.parallel}
    return Ready(place("deployments", request.deployment_id), None, params, "DELETE")


def _compare(request: StartOperation) -> Ready:
    """A comparison with AWS, or a refresh."""
    body = {"environment": request.environment.value, "stacks": request.stacks, "parallel": request.parallel}
    return Ready(place("deployments", request.deployment_id, request.action.value), body)


_CALLS: Final[Mapping[Action, Callable[[StartOperation], Ready]]] = {
    Action.DEPLOY: _deploy,
    Action.PREVIEW: _preview,
    Action.DESTROY: _destroy,
    Action.REFRESH: _compare,
    Action.DRIFT: _compare,
}
