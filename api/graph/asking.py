"""What a resolver gets: whoever asks, and the services."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from api.dependencies import Caller
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.page_tokens import token_called
from graphql import GraphQLResolveInfo

Resolver = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Asked:
    caller: Caller
    services: EdgeServices

    @property
    def visible(self) -> frozenset[str] | None:
        """The organisations whose deployments the caller sees; None is all of them."""
        return self.caller.organizations

    def may_write(self, deployment_id: str, environment: EnvironmentName | None = None) -> None:
        """Raises NotPermitted (prod is for Administrators), DeploymentNotFound, OrganizationMismatch."""
        self.caller.require(Permission.WRITE, environment)
        self.services.deployments.require_visible(deployment_id, self.visible)

    def may_delete(self, deployment_id: str) -> None:
        """Raises OrganizationMismatch; what there is none of may be deleted."""
        self.services.visible_records.deployment(deployment_id, self.visible)


def asked(info: GraphQLResolveInfo[Any]) -> Asked:
    return cast(Asked, info.context["asked"])


def resolver(function: Callable[..., Any]) -> Resolver:
    """`function(asked, **arguments)` in a thread of its own: services wait for what they ask."""

    def called(asking: Asked, **arguments: Any) -> Any:
        with token_called("nextToken"):
            return function(asking, **arguments)

    @functools.wraps(function)
    async def resolve(_: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        return await asyncio.to_thread(called, asked(info), **arguments)

    return resolve
