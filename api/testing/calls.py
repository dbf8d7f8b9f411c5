"""A call of every endpoint, in a world where dev of `builders.DEPLOYMENT_ID` is deployed and nothing runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import httpx

from api.testing.calling import ApiClient
from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.domain.values import SecretValue
from cloud_core.ports.schedules import ScheduleKey, WantedSchedule
from cloud_core.services.operations.guards import StartOperation
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.flows import FakeFlowRunner

ALL: Final = ("admin", "developer", "reader")
WRITERS: Final = ("admin", "developer")
ADMINS: Final = ("admin",)
DEV: Final = {"environment": "dev"}
STACK: Final = {"deployment_id": DEPLOYMENT_ID, "environment": "dev"}
ACCOUNT: Final = {"region": "us-east-1", "account_id": "123456789012"}
WISHES: Final = {
    "organization": "Acme",
    "project": "blog",
    "domain": "blog.example",
    "environments": {"dev": ACCOUNT},
}


@dataclass(frozen=True)
class Call:
    """`who` may do it; `finds` is a part of the answer, by its path. `{operation}` is the one that `prepared` gives."""

    name: str
    method: str
    path: str
    status: int
    who: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    finds: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def send(self, client: ApiClient, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
        body = {} if self.json is None else {"json": self.json}
        return client.call(self.method, self.path, headers, **{"params": dict(self.params), **body, **changes})


D: Final = f"deployments/{DEPLOYMENT_ID}"
_OP: Final = f"{D}/operations/{{operation}}"
_NIGHTLY: Final = f"{D}/schedules/dev/drift"
_SIZE: Final = f"{D}/config/size"
_OF_NETWORK: Final = {"stack": "network"}
CALLS: Final = [
    Call("get_myself", "GET", "me", 200, ALL, finds={"rights.dev.permissions.0": "read"}),
    Call("list_deployments", "GET", "deployments", 200, ALL, finds={"pagination.total": 1}),
    Call("init_deployment", "POST", "deployments/init", 201, WRITERS, json={**WISHES, "template": "demo"}),
    Call("get_status", "GET", f"{D}/status", 200, ALL, DEV, finds={"summary.deployed_stacks": 4}),
    Call("deploy", "POST", f"{D}/deploy", 202, WRITERS, json=DEV, finds={"type": "deploy", "skipped": 4}),
    Call("plan", "POST", f"{D}/plan", 202, WRITERS, json=DEV, finds={"type": "preview"}),
    Call("destroy", "DELETE", D, 202, ADMINS, DEV, finds={"type": "destroy", "deployed": 4}),
    Call("get_outputs", "GET", f"{D}/outputs", 200, ALL, DEV, finds={"environment": "dev"}),
    Call(
        "promote",
        "POST",
        f"{D}/promote",
        202,
        ADMINS,
        json={"source": "dev", "target": "prod"},
        finds={"environment": "prod", "promoted_from": "dev"},
    ),
    Call(
        "roll_back",
        "POST",
        f"{D}/rollback",
        202,
        ADMINS,
        json={"to_version": 1, "preview": True},
        finds={"type": "preview", "manifest_version": 1},
    ),
    Call("detect_drift", "POST", f"{D}/drift", 202, WRITERS, json=DEV, finds={"type": "drift"}),
    Call("refresh", "POST", f"{D}/refresh", 202, WRITERS, json=DEV, finds={"type": "refresh"}),
    Call("get_findings", "GET", f"{_OP}/findings", 200, ALL, finds={"type": "drift", "summary.clean": 4}),
    Call("get_graph", "GET", f"{D}/graph", 200, ALL, DEV, finds={"layers.#": 3, "stacks.0.status": "deployed"}),
    Call("get_manifest", "GET", f"{D}/manifest", 200, ALL, finds={"version": 1}),
    Call("put_manifest", "PUT", f"{D}/manifest", 200, WRITERS, finds={"version": 2, "changes.#": 1}),
    Call("validate_record", "GET", f"{D}/validation", 200, ALL, finds={"valid": True, "level": "config"}),
    Call("list_config", "GET", f"{D}/config", 200, ALL, _OF_NETWORK, finds={"values.0.key": "size"}),
    Call("get_config", "GET", _SIZE, 200, ALL, _OF_NETWORK, finds={"value": 1, "source": "record"}),
    Call("set_config", "PUT", _SIZE, 200, WRITERS, _OF_NETWORK, {"value": 3}, {"new": 3, "version": 2}),
    Call("unset_config", "DELETE", _SIZE, 200, WRITERS, _OF_NETWORK, finds={"old": 3, "version": 3}),
    Call("list_environments", "GET", f"{D}/environments", 200, ALL, finds={"environments.0.deployed_stacks": 4}),
    Call("enable_environment", "POST", f"{D}/environments/stage/enable", 200, WRITERS, finds={"version": 2}),
    Call("disable_environment", "POST", f"{D}/environments/stage/disable", 200, WRITERS, finds={"version": 1}),
    Call("unlock_environment", "POST", f"{D}/environments/dev/unlock", 200, ADMINS, finds={"freed": False}),
    Call("list_schedules", "GET", f"{D}/schedules", 200, ALL, finds={"total": 0}),
    Call("set_schedule", "PUT", _NIGHTLY, 200, ADMINS, json={"cron": "@daily"}, finds={"action": "drift"}),
    Call("pause_schedule", "POST", f"{_NIGHTLY}/pause", 200, ADMINS, finds={"paused": True, "next_run": None}),
    Call("resume_schedule", "POST", f"{_NIGHTLY}/resume", 200, ADMINS, finds={"paused": False}),
    Call("remove_schedule", "DELETE", _NIGHTLY, 200, ADMINS, finds={"removed": True}),
    Call("list_operations", "GET", f"{D}/operations", 200, ALL, finds={"operations.0.type": "deploy"}),
    Call("get_operation", "GET", _OP, 200, ALL, finds={"status": "success"}),
    Call("get_plan", "GET", f"{_OP}/plan", 200, ALL, finds={"goal": "deploy", "total_stacks": 4}),
    Call("list_events", "GET", f"{D}/events", 200, ALL, {"limit": 2}, finds={"events.0.seq": 1, "events.#": 2}),
    Call("get_operation_run", "GET", f"{_OP}/run", 200, ALL, finds={"is_over": True, "state": None}),
    Call("retry_operation", "POST", f"{_OP}/retry", 202, WRITERS, json={"everything": True}, finds={"type": "deploy"}),
    Call("cancel_operation", "POST", f"{_OP}/cancel", 202, WRITERS, finds={"cancel_requested": True}),
    Call(
        "approve_operation",
        "POST",
        f"{_OP}/approve",
        202,
        ADMINS,
        json={"comment": "fine"},
        finds={"approval.approved_by": "ada", "approval.comment": "fine"},
    ),
    Call("reject_operation", "POST", f"{_OP}/reject", 202, ADMINS, finds={"status": "cancelled"}),
    Call("deploy_stack", "POST", "stacks/dns/deploy", 202, WRITERS, STACK, finds={"total_stacks": 1}),
    Call("get_stack_status", "GET", "stacks/dns/status", 200, ALL, STACK, finds={"status": "deployed"}),
    Call("get_stack_outputs", "GET", "stacks/dns/outputs", 200, ALL, STACK, finds={"stack_name": "dns"}),
    Call("destroy_stack", "DELETE", "stacks/dns", 202, ADMINS, STACK, finds={"type": "destroy"}),
    Call("refresh_stack", "POST", "stacks/dns/refresh", 202, WRITERS, STACK, finds={"type": "refresh"}),
    Call("get_stack_resources", "GET", "stacks/dns/resources", 200, ALL, STACK, finds={"stack_name": "dns"}),
    Call("export_stack", "GET", "stacks/dns/export", 200, WRITERS, STACK, finds={"state.version": 3}),
    Call("import_stack", "POST", "stacks/dns/import", 200, ADMINS, STACK, finds={"imported": True}),
    Call("list_templates", "GET", "templates", 200, ALL, finds={"templates.0.name": "demo", "total": 1}),
    Call("get_template", "GET", "templates/demo", 200, ALL, finds={"stack_count": 4, "type": "built-in"}),
    Call("generate_manifest", "POST", "templates/demo/generate", 200, WRITERS, json=WISHES, finds={"layers.#": 3}),
    Call("validate_templates", "POST", "templates/validate", 200, ALL, finds={"valid": True}),
    Call("validate_template", "POST", "templates/demo/validate", 200, ALL, finds={"template_name": "demo"}),
    Call("validate_manifest", "POST", "validate/manifest", 200, ALL, json={}, finds={"valid": False}),
    Call(
        "validate_dependencies",
        "POST",
        "validate/dependencies",
        200,
        ALL,
        json={"deployment_id": DEPLOYMENT_ID},
        finds={"valid": True, "layers.0": ["dns", "network"], "dependency_graph.edges.0.from": "secrets"},
    ),
    Call("validate_aws", "POST", "validate/aws", 200, WRITERS, json=ACCOUNT, finds={"checks.credentials.valid": True}),
    Call("get_logs", "GET", f"monitoring/{D}/logs", 200, ALL, DEV, finds={"environment": "dev"}),
    Call("get_metrics", "GET", "monitoring/metrics", 200, ALL, finds={"metrics.deployments_completed": 1}),
]
_LOGIN: Final = {"user": "admin", "password": "swordfish-1"}
OPEN_CALLS: Final = (
    Call("log_in", "POST", "login", 200, ALL, json=_LOGIN),
    Call("renew_login", "POST", "login/renew", 200, ALL, json=_LOGIN),
)
"""What is open to everybody, and has a body."""
BY_NAME: Final[Mapping[str, Call]] = {call.name: call for call in (*CALLS, *OPEN_CALLS)}


def wish(action: Action, **more: Any) -> StartOperation:
    """One for dev, of somebody who is none of the callers."""
    return StartOperation(DEPLOYMENT_ID, EnvironmentName.DEV, action, "somebody", **more)


def deploy_dev(edge: FakeEdge) -> str:
    """Dev is deployed; the id of the operation."""
    done = edge.operations.start(wish(Action.DEPLOY)).operation_id
    edge.clock.advance(1)
    return done


def prepared(edge: FakeEdge, call: Call, deployed: str) -> Call:
    """The call as it can be made: what it is about is there. `deployed` is the operation that has deployed dev."""
    prepare = _PREPARED.get(call.name)
    call = prepare(edge, call) if prepare else call
    return replace(call, path=call.path.format(operation=deployed))


def _about(edge: FakeEdge, call: Call, operation_id: str) -> Call:
    return replace(call, path=call.path.format(operation=operation_id))


def _about_plan(edge: FakeEdge, call: Call) -> Call:
    return _about(edge, call, edge.operations.start(wish(Action.PREVIEW, previews=Action.DEPLOY)).operation_id)


def _about_comparison(edge: FakeEdge, call: Call) -> Call:
    return _about(edge, call, edge.operations.start(wish(Action.DRIFT)).operation_id)


def _about_running(edge: FakeEdge, call: Call) -> Call:
    edge.world.flows = FakeFlowRunner()
    return _about(edge, call, edge.operations.start(wish(Action.DEPLOY, skip_unchanged=False)).operation_id)


def _about_waiting(edge: FakeEdge, call: Call) -> Call:
    edge.world.gate.rules = ApprovalRules(frozenset({EnvironmentName.DEV}))
    return _about(edge, call, edge.operations.start(wish(Action.DEPLOY, skip_unchanged=False)).operation_id)


def changed_manifest(edge: FakeEdge, description: str = "changed") -> dict[str, Any]:
    """The recorded manifest, with another description."""
    manifest = dict(edge.recorded_manifests.read(DEPLOYMENT_ID).manifest)
    return {**manifest, "deployment": {**manifest["deployment"], "description": description}}


def _with_refresh_token(edge: FakeEdge, call: Call) -> Call:
    login = edge.user_pool.log_in(_LOGIN["user"], SecretValue(_LOGIN["password"]))
    return replace(call, json={"user": login.user, "refresh_token": login.refresh_token.value})


def _over_next_version(edge: FakeEdge, call: Call) -> Call:
    edge.recorded_manifests.replace(DEPLOYMENT_ID, changed_manifest(edge))
    return call


def _with_manifest(edge: FakeEdge, call: Call) -> Call:
    return replace(call, json=changed_manifest(edge))


def _with_schedule(edge: FakeEdge, call: Call) -> Call:
    key = ScheduleKey(DEPLOYMENT_ID, EnvironmentName.DEV, Action.DRIFT)
    edge.schedules.set(WantedSchedule(key, "@daily", "UTC"))
    return call


def _with_size(edge: FakeEdge, call: Call) -> Call:
    document = changed_manifest(edge)
    document["stacks"] = {**document["stacks"], "network": {**document["stacks"]["network"], "config": {"size": 3}}}
    edge.recorded_manifests.replace(DEPLOYMENT_ID, document)
    return call


def _with_state(edge: FakeEdge, call: Call) -> Call:
    state = edge.stack_exports.state(DEPLOYMENT_ID, "dns", EnvironmentName.DEV).content
    return replace(call, json={"state": dict(state)})


_PREPARED: Final[Mapping[str, Callable[[FakeEdge, Call], Call]]] = {
    "renew_login": _with_refresh_token,
    "get_plan": _about_plan,
    "get_findings": _about_comparison,
    "cancel_operation": _about_running,
    "approve_operation": _about_waiting,
    "reject_operation": _about_waiting,
    "roll_back": _over_next_version,
    "put_manifest": _with_manifest,
    "pause_schedule": _with_schedule,
    "resume_schedule": _with_schedule,
    "remove_schedule": _with_schedule,
    "unset_config": _with_size,
    "import_stack": _with_state,
}
