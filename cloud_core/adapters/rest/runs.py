"""The flow service, as far as the API tells of it: a run's state, and its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cloud_core.adapters.rest.client import RestClient, place
from cloud_core.adapters.rest.reading import Data, operation_of
from cloud_core.domain.errors import NotRemote
from cloud_core.domain.records import Operation
from cloud_core.ports.flows import FlowRun


@dataclass(frozen=True)
class _Known:
    deployment_id: str
    operation_id: str
    url: str | None


class RestRuns:
    """`ports.flows.FlowRunner`, for looking only. It knows the runs of the operations that were read through it."""

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._known: dict[str, _Known] = {}

    def operation(self, data: Data) -> Operation:
        """The operation of an answer; where its run can be seen is kept."""
        found = operation_of(data)
        if found.flow_run_id is not None and "flow_run_url" in data:
            known = _Known(found.deployment_id, found.operation_id, data["flow_run_url"])
            self._known[found.flow_run_id] = known
        return found

    def url(self, flow_run_id: str | None) -> str | None:
        """The run's page for people; None without a run or pages."""
        known = self._known.get(flow_run_id or "")
        return known.url if known else None

    def get(self, flow_run_id: str) -> FlowRun | None:
        known = self._known.get(flow_run_id)
        if known is None:
            return None
        where = place("deployments", known.deployment_id, "operations", known.operation_id, "run")
        told = self._client.get(where)
        return FlowRun(flow_run_id, told["state"], told["url"]) if told["state"] else None

    def submit(self, operation: Operation) -> FlowRun:
        raise _refusal()

    def register_environment(self, deployment_id: str, environment: str) -> None:
        raise _refusal()

    def check(self) -> str:
        raise _refusal()


def _refusal(*_: Any) -> NotRemote:
    return NotRemote("the flow service is asked by the API alone", what="flow service")
