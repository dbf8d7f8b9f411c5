"""How an operation is answered, accepted or looked up."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from api.dependencies import operation_url
from api.schemas.operations import DestroyedAlready
from cloud_core.answers.operations import DestroyOutlook
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.records import Operation
from cloud_core.services.looking.report import operation_data
from cloud_core.services.operations.guards import StartOperation

NotDestroyed: Final[Any] = DestroyOutlook | DestroyedAlready
"""What is answered in place of a destroy that begins."""


def told(request: Request, services: EdgeServices, operation: Operation) -> dict[str, Any]:
    """The operation, with the page of its run and the address to follow it."""
    return {
        **operation_data(operation),
        "flow_run_url": services.flow_run_url(operation.flow_run_id),
        "status_url": operation_url(request, operation.deployment_id, operation.operation_id),
    }


def answered(shape: Any, data: dict[str, Any]) -> JSONResponse:
    """What is told at once, in place of an operation."""
    adapter = TypeAdapter(shape)
    return JSONResponse(adapter.dump_python(adapter.validate_python(data), mode="json"))


def destroyed(
    request: Request, response: Response, services: EdgeServices, start: StartOperation, preview: bool
) -> dict[str, Any] | Response:
    """A destroy: accepted, or told when it is a rehearsal or when there is nothing to destroy."""
    if preview:
        return answered(DestroyOutlook, services.record_operations.foresee_destroy(start))
    operation = services.record_operations.destroy(start)
    if operation is not None:
        return accepted(request, response, services, operation)
    return answered(DestroyedAlready, {"deployment_id": start.deployment_id, "environment": start.environment.value})


def accepted(request: Request, response: Response, services: EdgeServices, operation: Operation) -> dict[str, Any]:
    """As `told`; the answer says where to look next."""
    data = told(request, services, operation)
    response.headers["Location"] = data["status_url"]
    return data
