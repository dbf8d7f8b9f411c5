"""Ways to errors that belong to one endpoint: see `error_ways`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from api.testing.calls import Call, D, changed_manifest, wish
from api.testing.contract import Operation
from api.testing.error_ways import Asked, Way, at_work, before, outrun
from api.testing.worlds import Worlds
from cloud_core.domain.errors import CloudError, EngineLocked, StateRefused, Unavailable
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.flows import FakeFlowRunner

_DEV: Final = EnvironmentName.DEV
_STAGE: Final = EnvironmentName.STAGE
_REFUSED: Final = StateRefused("the engine refuses this state", stack="dns")


def _at(path: str) -> Way:
    return lambda worlds, operation, call: Asked(replace(call, path=path))


def _with_params(**params: Any) -> Way:
    return lambda worlds, operation, call: Asked(replace(call, params={**call.params, **params}))


def _with_body(**body: Any) -> Way:
    return lambda worlds, operation, call: Asked(replace(call, json={**(call.json or {}), **body}))


def _of_deployed(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    """About the deploy that has ended."""
    return Asked(replace(call, path=f"{D}/operations/{worlds.deployed}/{call.path.rpartition('/')[2]}"))


def _while_compared(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    worlds.edge.world.flows = FakeFlowRunner()
    running = worlds.edge.operations.start(wish(Action.DRIFT)).operation_id
    return Asked(replace(call, path=f"{D}/operations/{running}/findings"))


def _back_by_plan(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    """Going back for good, as it was previewed."""
    worlds.edge.clock.advance(1)
    shown = worlds.edge.operations.start(
        wish(Action.PREVIEW, previews=Action.DEPLOY, manifest_version=1, back_to_version=1)
    )
    return Asked(replace(call, json={"to_version": 1, "plan_id": shown.operation_id}))


def _back_at_work(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    asked = _back_by_plan(worlds, operation, call)
    return at_work(worlds, operation, asked.call)


def _back_outrun(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    asked = _back_by_plan(worlds, operation, call)
    return outrun(worlds, operation, asked.call)


def _with_cycle(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    document = changed_manifest(worlds.edge)
    network = {**document["stacks"]["network"], "dependencies": ["secrets"]}
    return Asked(replace(call, json={**document, "stacks": {**document["stacks"], "network": network}}))


def _on_stage(way: Way) -> Way:
    """With stage switched on before."""

    def switched(worlds: Worlds, operation: Operation, call: Call) -> Asked:
        worlds.edge.recorded_manifests.switch(DEPLOYMENT_ID, _STAGE, enabled=True)
        return way(worlds, operation, call)

    return switched


def _disable_at_work(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    asked = at_work(worlds, operation, call)
    return replace(asked, call=replace(call, path=f"{D}/environments/dev/disable"))


def _held(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    """A process that lives holds dev."""
    worlds.edge.world.lease(DEPLOYMENT_ID, _DEV, "op-held").__enter__()
    return Asked(call)


def _freed_meanwhile(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    """The owner is dead, and somebody else is faster to say so."""
    edge = worlds.edge

    def die_again() -> None:
        lease = edge.world.records.leases.get(DEPLOYMENT_ID, _DEV)
        if lease is not None and lease.owner is not None:
            edge.world.records.leases.break_lease(lease)
        _die_holding(worlds)

    _die_holding(worlds)
    before(worlds, "leases.break_lease", die_again)
    return Asked(call)


def _die_holding(worlds: Worlds) -> None:
    processes = worlds.edge.world.processes
    dead = processes.become(processes.current().pid + 1)
    worlds.edge.world.lease(DEPLOYMENT_ID, _DEV, "op-dead").__enter__()
    processes.become(dead.pid + 1)
    processes.end(dead)


def _moved_on(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    worlds.edge.recorded_manifests.replace(DEPLOYMENT_ID, changed_manifest(worlds.edge))
    return Asked(call)


def _aws_fails(error: CloudError) -> Way:
    def way(worlds: Worlds, operation: Operation, call: Call) -> Asked:
        worlds.edge.aws.failure = error
        return Asked(call)

    return way


def _engine_refuses(error: CloudError) -> Way:
    def way(worlds: Worlds, operation: Operation, call: Call) -> Asked:
        worlds.edge.world.engine.refuses_import = error
        worlds.edge.world.engine.unreadable = error if call.name == "export_stack" else None
        return Asked(call)

    return way


def _lease_lost(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    """Somebody breaks the lease while the import works."""

    def take_away() -> None:
        lease = worlds.edge.world.records.leases.get(DEPLOYMENT_ID, _DEV)
        if lease is not None and lease.owner is not None:
            worlds.edge.world.records.leases.break_lease(lease)

    before(worlds, "leases.set_engine_processes", take_away)
    return Asked(call)


def _purge(worlds: Worlds, operation: Operation, call: Call) -> Asked:
    return Asked(replace(call, params={"purge": True}))


OWN: Final[Mapping[tuple[str, str], Way]] = {
    ("init_deployment", "RESOURCE_NOT_FOUND"): _with_body(template="nothing"),
    ("init_deployment", "RESOURCE_ALREADY_EXISTS"): _with_body(deployment_id=DEPLOYMENT_ID),
    ("init_deployment", "VALIDATION_INVALID_MANIFEST"): _with_body(stacks_disabled=["network"]),
    ("roll_back", "OPERATION_IN_PROGRESS"): _back_at_work,
    ("roll_back", "VERSION_CONFLICT"): _back_outrun,
    ("get_findings", "RESOURCE_CONFLICT"): _while_compared,
    ("put_manifest", "VALIDATION_INVALID_MANIFEST"): _with_cycle,
    ("disable_environment", "RESOURCE_CONFLICT"): _at(f"{D}/environments/dev/disable"),
    ("disable_environment", "OPERATION_IN_PROGRESS"): _disable_at_work,
    ("disable_environment", "VERSION_CONFLICT"): _on_stage(outrun),
    ("unlock_environment", "OPERATION_IN_PROGRESS"): _held,
    ("unlock_environment", "VERSION_CONFLICT"): _freed_meanwhile,
    ("retry_operation", "VERSION_CONFLICT"): _moved_on,
    ("cancel_operation", "RESOURCE_CONFLICT"): _of_deployed,
    ("approve_operation", "RESOURCE_CONFLICT"): _of_deployed,
    ("reject_operation", "RESOURCE_CONFLICT"): _of_deployed,
    ("destroy", "DEPLOYMENT_HAS_ACTIVE_STACKS"): _purge,
    ("destroy_stack", "DEPENDENTS_EXIST"): _at("stacks/network"),
    ("export_stack", "PULUMI_STATE_ERROR"): _engine_refuses(_REFUSED),
    ("import_stack", "PULUMI_STATE_ERROR"): _engine_refuses(_REFUSED),
    ("import_stack", "RESOURCE_LOCKED"): _engine_refuses(EngineLocked("it is locked", stack="dns", owners=[])),
    ("import_stack", "OPERATION_IN_PROGRESS"): _held,
    ("import_stack", "RESOURCE_CONFLICT"): _lease_lost,
    ("get_template", "RESOURCE_NOT_FOUND"): _at("templates/nothing"),
    ("generate_manifest", "RESOURCE_NOT_FOUND"): _at("templates/nothing/generate"),
    ("generate_manifest", "VALIDATION_INVALID_MANIFEST"): _with_body(stacks_disabled=["network"]),
    ("validate_template", "RESOURCE_NOT_FOUND"): _at("templates/nothing/validate"),
    ("validate_dependencies", "RESOURCE_NOT_FOUND"): _with_body(deployment_id="D999999"),
    ("validate_aws", "SERVICE_UNAVAILABLE"): _aws_fails(Unavailable("AWS can't be reached")),
    ("get_metrics", "RESOURCE_NOT_FOUND"): _with_params(deployment_id="D999999"),
}
"""By the operation's name and `error_code`."""
