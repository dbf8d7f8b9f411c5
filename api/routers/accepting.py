"""How operations are asked for and answered: accepted, looked up, or told what they would do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response
from pydantic import TypeAdapter

from api.dependencies import BODY, Caller, Calling, DeploymentId, OperationId, Services, caller_of, services_of
from api.schemas.operations import DestroyedAlready
from cloud_core.answers.operations import DestroyOutlook
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.access.permissions import PERMISSION_OF, Permission
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.services.looking.operation_standing import standing_data
from cloud_core.services.looking.report import operation_data
from cloud_core.services.operations.guards import StartOperation
from realtime.filters import operation_channel

NotDestroyed: Final[Any] = DestroyOutlook | DestroyedAlready
"""What is answered in place of a destroy that begins."""

READING: Final = (*BODY, "RESOURCE_NOT_FOUND", "RESOURCE_CONFLICT")
"""What may be answered in place of an operation that only reads: others may be at work beside it."""
CHANGING: Final = (*READING, "OPERATION_IN_PROGRESS")
"""What may be answered in place of an operation that changes something."""
STARTING: Final = (*CHANGING, "VALIDATION_INVALID_MANIFEST")
"""As `CHANGING`, where the manifest is validated first."""


@dataclass(frozen=True)
class Asking:
    """A request about an operation: who asks, of which services, and how it is answered."""

    request: Request
    response: Response
    caller: Caller
    services: EdgeServices

    def require(self, permission: Permission, environment: EnvironmentName) -> None:
        """Raises NotPermitted."""
        self.caller.require(permission, environment)

    def told(self, operation: Operation) -> dict[str, Any]:
        """The operation, how far it is, the page of its run and the address to follow it."""
        return {
            **operation_data(operation),
            **standing_data(operation, self.services.watching.standing(operation)),
            "websocket_channel": operation_channel(operation.deployment_id, operation.operation_id),
            "flow_run_url": self.services.flow_run_url(operation.flow_run_id),
            "status_url": self._url(operation),
        }

    def accepted(self, operation: Operation) -> dict[str, Any]:
        """As `told`; the answer says where to look next."""
        data = self.told(operation)
        self.response.headers["Location"] = data["status_url"]
        return data

    def destroyed(self, start: StartOperation, preview: bool) -> dict[str, Any] | Response:
        """A destroy: accepted, or told when it is a rehearsal or when there is nothing to destroy."""
        if preview:
            return answered(DestroyOutlook, self.services.record_operations.foresee_destroy(start))
        operation = self.services.record_operations.destroy(start)
        if operation is not None:
            return self.accepted(operation)
        return answered(
            DestroyedAlready, {"deployment_id": start.deployment_id, "environment": start.environment.value}
        )

    def _url(self, operation: Operation) -> str:
        names = {"deployment_id": operation.deployment_id, "operation_id": operation.operation_id}
        return str(self.request.app.url_path_for("get_operation", **names))


async def _asking(request: Request, response: Response) -> Asking:
    return Asking(request, response, caller_of(request), services_of(request))


AskingNow = Annotated[Asking, Depends(_asking)]


async def _operation(deployment_id: DeploymentId, operation_id: OperationId, services: Services) -> Operation:
    return await asyncio.to_thread(lambda: services.operations.get(deployment_id, operation_id))


FoundOperation = Annotated[Operation, Depends(_operation)]
"""The operation that the address names, of a deployment that the caller may see."""


async def _own(operation: FoundOperation, caller: Calling) -> Operation:
    caller.require(PERMISSION_OF[operation.type], operation.environment)
    return operation


OwnOperation = Annotated[Operation, Depends(_own)]
"""As `FoundOperation`, one that the caller may start as well."""


def answered(shape: Any, data: dict[str, Any]) -> Response:
    """What is told at once, of this one of the shapes that the route has."""
    return json_answer(written(shape, data))


def written(shape: Any, data: dict[str, Any]) -> bytes:
    """As JSON; what the shape does not have is left out."""
    adapter = _adapter(shape)
    return adapter.dump_json(adapter.validate_python(data), by_alias=True)


def json_answer(body: bytes) -> Response:
    """An answer that is written already."""
    return Response(body, media_type="application/json")


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)
