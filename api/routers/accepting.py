"""How an operation is answered, accepted or looked up."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from api.dependencies import operation_url
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.records import Operation
from cloud_core.services.status_report import operation_data


def told(request: Request, services: EdgeServices, operation: Operation) -> dict[str, Any]:
    """The operation, with the page of its run and the address to follow it."""
    return {
        **operation_data(operation),
        "flow_run_url": services.flow_run_url(operation.flow_run_id),
        "status_url": operation_url(request, operation.deployment_id, operation.operation_id),
    }


def accepted(request: Request, response: Response, services: EdgeServices, operation: Operation) -> dict[str, Any]:
    """As `told`; the answer says where to look next."""
    data = told(request, services, operation)
    response.headers["Location"] = data["status_url"]
    return data
