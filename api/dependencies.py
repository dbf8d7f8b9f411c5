"""What handlers get: the services, whoever calls, and what an address names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypedDict, cast

from fastapi import Depends, Header, Path, Query, Request

from api.headers import TAGGED
from api.health import KeptHealth
from api.joined_reads import JoinedReads
from api.problems import declared
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.access.permissions import Permission, Rights
from cloud_core.domain.access.users import User
from cloud_core.domain.names import DEPLOYMENT_ID, IDEMPOTENCY_KEY, OPERATION_ID, STACK_NAME, EnvironmentName


class State(TypedDict):
    """What the application has while it lives; a request's state has it, too."""

    services: EdgeServices
    rights: Rights
    health: KeptHealth
    reads: JoinedReads[bytes]


TOKEN_SCHEME: Final = "token"
"""What shows who calls, by its name in the contract."""
PERMISSION: Final = "x-permission"
"""What a route takes, by its name in the contract."""


def services_of(request: Request) -> EdgeServices:
    return cast(EdgeServices, request.state.services)


def reads_of(request: Request) -> JoinedReads[bytes]:
    return cast(JoinedReads[bytes], request.state.reads)


async def _services(request: Request) -> EdgeServices:
    return services_of(request)


Services = Annotated[EdgeServices, Depends(_services)]


@dataclass(frozen=True)
class Caller:
    """Whoever calls, and what they may do."""

    user: User
    rights: Rights

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def organizations(self) -> frozenset[str] | None:
        """Those whose deployments they see; None is all of them."""
        return self.rights.organizations(self.user)

    def require(self, permission: Permission, environment: EnvironmentName | None = None) -> None:
        """Raises NotPermitted."""
        self.rights.require(self.user, permission, environment)


def caller_of(request: Request) -> Caller:
    """As `middleware.authentication` has found out."""
    return Caller(request.state.user, request.state.rights)


async def _caller(request: Request) -> Caller:
    return caller_of(request)


Calling = Annotated[Caller, Depends(_caller)]


_ALWAYS: Final = (
    "AUTH_INVALID_TOKEN",
    "AUTH_TOKEN_EXPIRED",
    "AUTHZ_FORBIDDEN",
    "AUTHZ_ORGANIZATION_MISMATCH",
    "VALIDATION_INVALID_FORMAT",
    "RATE_LIMIT_EXCEEDED",
    "INTERNAL_ERROR",
    "SERVICE_UNAVAILABLE",
    "AUTH_UNAVAILABLE",
    "REQUEST_TIMEOUT",
)


BODY: Final = ("MALFORMED_JSON", "BODY_TOO_LARGE")
"""What may be answered to a body, whatever it is about."""


NO_RECORDS: Final = ("SERVICE_UNAVAILABLE",)
"""What is not answered where neither records nor AWS are asked."""


def guarded(
    permission: Permission,
    *error_codes: str,
    but: tuple[str, ...] = (),
    instead: Any = None,
    media: Mapping[str, Any] | None = None,
    tagged: bool = False,
) -> dict[str, Any]:
    """A route that takes this permission, and may answer with these errors besides those of every route.

    `but` are those of every route that this one can't answer with. `instead` is the shape of what is told at once when
    nothing is begun, `media` are types of answers besides JSON, with their schemas. A `tagged` one has an ETag.
    """
    told: dict[int, Any] = {200: {"model": instead, "description": "Nothing is begun."}} if instead else {}
    if media:
        told = {200: {"content": {one: {"schema": schema} for one, schema in media.items()}}}
    if tagged:
        told = {200: {"headers": TAGGED}}
    return {
        "responses": {**told, **declared(*(code for code in (*_ALWAYS, *error_codes) if code not in but))},
        "openapi_extra": {PERMISSION: permission.value, "security": [{TOKEN_SCHEME: []}]},
    }


NamedDeployment = Annotated[
    str, Path(pattern=f"^{DEPLOYMENT_ID.pattern}$", description="Id of the deployment.", examples=["D1BRV40"])
]
"""Whether there is one, and the caller may see it, is not known yet: for services that ask that themselves."""


async def _deployment(caller: Calling, services: Services, deployment_id: NamedDeployment) -> str:
    """It exists, and the caller may see it: nobody learns more about it before."""
    # The service itself is made by whoever asks for it first, which may wait as well.
    await asyncio.to_thread(lambda: services.deployments.require_visible(deployment_id, caller.organizations))
    return deployment_id


DeploymentId = Annotated[str, Depends(_deployment)]
EnvironmentInPath = Annotated[EnvironmentName, Path(description="The environment.", examples=["dev"])]


@dataclass(frozen=True)
class EnvironmentPlace:
    """An environment of a deployment that the caller may see."""

    deployment_id: str
    environment: EnvironmentName


async def _environment_place(deployment_id: DeploymentId, environment: EnvironmentInPath) -> EnvironmentPlace:
    return EnvironmentPlace(deployment_id, environment)


ThatEnvironment = Annotated[EnvironmentPlace, Depends(_environment_place)]
OperationId = Annotated[
    str, Path(pattern=f"^{OPERATION_ID.pattern}$", description="Id of the operation.", examples=["op-5f2c9a1b7e30"])
]
StackName = Annotated[
    str, Path(pattern=f"^{STACK_NAME.pattern}$", max_length=64, description="The stack.", examples=["network"])
]
AnyEnvironment = Annotated[EnvironmentName | None, Query(description="Only this environment.")]
OneEnvironment = Annotated[EnvironmentName, Query(description="The environment.", examples=["dev"])]


async def _deployment_in_query(
    caller: Calling,
    services: Services,
    deployment_id: Annotated[
        str,
        Query(pattern=f"^{DEPLOYMENT_ID.pattern}$", description="Id of the deployment.", examples=["D1BRV40"]),
    ],
) -> str:
    return await _deployment(caller, services, deployment_id)


@dataclass(frozen=True)
class StackPlace(EnvironmentPlace):
    """A stack's place; whether the manifest has such a stack is not known yet."""

    stack: str


async def _stack_place(
    stack_name: StackName,
    deployment_id: Annotated[str, Depends(_deployment_in_query)],
    environment: OneEnvironment,
) -> StackPlace:
    return StackPlace(deployment_id, environment, stack_name)


ThatStack = Annotated[StackPlace, Depends(_stack_place)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=f"^{IDEMPOTENCY_KEY.pattern}$",
        description="Asked again with the same key: the same operation.",
    ),
]
