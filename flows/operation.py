"""One operation inside a flow run: the lease around it, the driver in it, and one explicit state at the end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from prefect.client.schemas.objects import State
from prefect.exceptions import TerminationSignal
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed, Failed

from blocks.overlay import settings_with_blocks
from cloud_core.adapters.local.sandbox_state import workspace_folder
from cloud_core.bootstrap import FlowServices
from cloud_core.domain.errors import CloudError, Conflict, RunSkipped
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.logging import bound, carried
from cloud_core.services.operations.executions import Outcome
from cloud_core.services.runs.cancelling import obey
from cloud_core.services.runs.run import OperationRun
from cloud_core.settings import Settings, load_settings
from flows.artifacts import show_graph, show_plan, show_results
from flows.driver import FlowDriver
from flows.logs import logs_of_run
from flows.progress import progress_shown
from stacks.registry import StackRegistry
from tasks.stack import Session

_logger = logging.getLogger(__name__)
# Prefect kills a cancelled run 30 s after the request, whatever it is doing; we must have ended before.
_TERMINATION_SECONDS: Final = 25.0
_WATCH_SECONDS: Final = 0.5
_PAUSE_SECONDS: Final = 2.0


def run_operation(
    deployment_id: str, environment: EnvironmentName, action: Action, operation_id: str | None
) -> State[Any]:
    """Carry out the operation (made here when the run was started in the pages); returns the flow's final state."""
    settings = settings_with_blocks(load_settings())
    with logs_of_run(settings), bound(deployment=deployment_id, environment=environment.value):
        try:
            services = _services(settings)
            operation = _operation(services, deployment_id, environment, action, operation_id)
            with bound(operation=operation.operation_id):
                return _final_state(_carry_out(services, operation))
        except RunSkipped as skipped:
            return Cancelled(name="Skipped", message=skipped.message)
        except CloudError as error:
            return Failed(message=error.message)


def _carry_out(services: FlowServices, operation: Operation) -> Outcome:
    with services.executions.running(operation.deployment_id, operation.operation_id) as run:
        show_graph(run)
        with progress_shown(run):
            _drive(services, run)
            outcome = services.executions.finish(run, services.automatic_rollbacks.decide)
    services.automatic_rollbacks.begin(run)
    # Only now: while the flow service is away this takes a minute and more, and the record says that it has ended.
    show_results(run)
    if run.operation.type is Action.PREVIEW:
        show_plan(run, services.plans.read(operation.deployment_id, operation.operation_id))
    return outcome


def _services(settings: Settings) -> FlowServices:
    return FlowServices(settings, StackRegistry([workspace_folder(settings) / "stacks"]))


def _operation(
    services: FlowServices,
    deployment_id: str,
    environment: EnvironmentName,
    action: Action,
    operation_id: str | None,
) -> Operation:
    """The run's operation: the given one, or one for this run when a schedule started it, or somebody in the pages."""
    run_id, attempt = str(flow_run.id), int(flow_run.run_count or 1)
    if operation_id is None:
        return services.scheduled_runs.adopt(deployment_id, environment, action, run_id, attempt)
    given = services.operations.get(deployment_id, operation_id)
    if not given.status.is_terminal:
        return given
    if attempt == 1:
        raise Conflict(f"operation {operation_id} has ended already: {given.status.value}")
    return services.operations.repeat(given, run_id, attempt)


def _drive(services: FlowServices, run: OperationRun) -> None:
    driver = FlowDriver(Session(run, services.stacks, services.work[run.operation.type]))
    with _watching(services, run, driver):
        try:
            driver.drive()
        except BaseException as error:
            _logger.warning("the flow is broken off (%s): stopping the engines", type(error).__name__)
            run.stop.request()
            driver.drain(_TERMINATION_SECONDS if isinstance(error, TerminationSignal) else None)
            raise


@contextmanager
def _watching(services: FlowServices, run: OperationRun, driver: FlowDriver) -> Iterator[None]:
    """Look for a wish to cancel in our record, and for a pause in the flow service, until the block ends."""
    over = threading.Event()
    identity = str(flow_run.id)

    def watch() -> None:
        # To the very end: a wish can become a stronger one.
        while not over.wait(_WATCH_SECONDS):
            obey(run, services.executions.cancel_level(run))

    def look_for_pause() -> None:
        while not over.wait(_PAUSE_SECONDS) and not run.stop.is_set:
            driver.hold = _is_paused(services, identity, driver.hold)

    # Apart, and never waited for: the flow service may be away and its client retries for long.
    for look in (watch, look_for_pause):
        threading.Thread(target=carried(look), name=look.__name__, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _is_paused(services: FlowServices, identity: str, before: bool) -> bool:
    """Whether an operator paused the run in the pages; as before when that can't be asked now."""
    try:
        found = services.flows.get(identity)
    except Exception as error:  # noqa: BLE001 - the outermost frame of a thread: a dead one would hold the run for ever
        _logger.warning("can't ask whether the run is paused: %s", error)
        return before
    return found is not None and found.state == "paused"


def _final_state(outcome: Outcome) -> State[Any]:
    if outcome.status is OperationStatus.FAILED:
        return Failed(message=outcome.message)
    if outcome.status is OperationStatus.CANCELLED:
        return Cancelled(message=outcome.message)
    return Completed(message=outcome.message)
