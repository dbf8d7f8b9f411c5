"""What an operation would do, as the API foresees it: the graph of its stacks, and why each would run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloud_core.adapters.rest.client import Call, RestClient, place
from cloud_core.adapters.rest.reading import Data
from cloud_core.domain.errors import InvalidManifest, NotRemote
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.records import Deployment
from cloud_core.domain.statuses import Action
from cloud_core.domain.validation import Finding, Level
from cloud_core.domain.validation.result import findings_of
from cloud_core.remote.named import stack_place
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.no_ops import Reasons
from cloud_core.services.records.graphs import OperationPlan


def outlook(client: RestClient, request: StartOperation, level: Level | None = None, strict: bool = False) -> Data:
    """The answer of a rehearsal: layers of stacks, each with what it waits for. Raises what starting it would."""
    checks = {"dry_run": True, "skip_validation": level is None, "strict": strict}
    if request.action is Action.DESTROY:
        return told(client.ask(Call("DELETE", *_doomed(client, request))).data)
    if request.action is Action.PREVIEW:
        body = {**preview_body(request), **checks}
        return told(client.post(place("deployments", request.deployment_id, "plan"), body))
    if request.action is not Action.DEPLOY:
        raise NotRemote(f"what a {request.action.value} would look at is not told by the API", what="outlook")
    if request.promoted_from is not None:
        body = {**promotion_body(request), "dry_run": True}
        return told(client.post(place("deployments", request.deployment_id, "promote"), body))
    if is_of_one_stack(request):
        where = stack_place(client, request.deployment_id, request.stacks[0], "deploy")
        body = {**checks, "skip_dependencies": request.skip_dependencies}
        return told(client.post(where, body, **target(request)))
    body = {**deploy_body(request), **checks}
    return told(client.post(place("deployments", request.deployment_id, "deploy"), body))


def _doomed(client: RestClient, request: StartOperation) -> tuple[str, dict[str, Any]]:
    if is_of_one_stack(request):
        where = stack_place(client, request.deployment_id, request.stacks[0])
        return where, {**target(request), "preview": True, "force": request.force}
    where = place("deployments", request.deployment_id)
    return where, {"environment": request.environment.value, "preview": True}


def is_of_one_stack(request: StartOperation) -> bool:
    """Whether it is confined to one stack by name, and not by a plan."""
    return len(request.stacks) == 1 and request.plan_id is None


def target(request: StartOperation) -> dict[str, str]:
    return {"deployment_id": request.deployment_id, "environment": request.environment.value}


def deploy_body(request: StartOperation) -> dict[str, Any]:
    return {
        "environment": request.environment.value,
        "parallel": request.parallel,
        "continue_on_error": not request.fail_fast,
        "rollback_on_error": request.rollback_on_error,
        "skip_unchanged": request.skip_unchanged,
        "plan_id": request.plan_id,
    }


def promotion_body(request: StartOperation) -> dict[str, Any]:
    assert request.promoted_from is not None
    return {
        "source": request.promoted_from.value,
        "target": request.environment.value,
        "parallel": request.parallel,
    }


def preview_body(request: StartOperation) -> dict[str, Any]:
    return {
        "environment": request.environment.value,
        "stacks": request.stacks,
        "destroy": request.previews is Action.DESTROY,
        "parallel": request.parallel,
        "skip_unchanged": request.skip_unchanged,
    }


def told(data: Any) -> Data:
    """The answer, which has to be an outlook."""
    layers = data.get("layers") if isinstance(data, dict) else None
    return data if layers is not None else {"layers": []}


def graph_of(data: Data) -> StackGraph:
    """The stacks of an outlook; their order is the one that was told."""
    stacks = list(_stacks(data))
    ranks = {one["name"]: -float(number) for number, one in enumerate(stacks)}
    return StackGraph.build(ranks, {one["name"]: one["dependencies"] for one in stacks}, None, ranks)


def reasons_of(data: Data) -> Reasons:
    """Why each stack would not be skipped; {} where that is not foreseen."""
    known = [one for one in _stacks(data) if one.get("action")]
    return {one["name"]: [] if one["action"] == "skip" else list(one["reasons"]) for one in known}


def plan_of(data: Data, deployment: Deployment) -> OperationPlan:
    return plan_over(graph_of(data), deployment)


def plan_over(graph: StackGraph, deployment: Deployment) -> OperationPlan:
    return OperationPlan(Manifest.model_validate(deployment.manifest), {}, graph, graph)


def findings(told: Sequence[Data]) -> tuple[Finding, ...]:
    return findings_of(InvalidManifest("", findings=list(told)))


def _stacks(data: Data) -> list[Data]:
    return [stack for layer in data["layers"] for stack in layer["stacks"]]
