"""How subscriptions are told what is new."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar, cast

from api.graph.asking import asked
from api.graph.signals import Signals
from cloud_core.services.looking.record_following import Follower
from graphql import GraphQLResolveInfo

T = TypeVar("T")
Shape = Callable[[T], dict[str, Any]]


async def followed(
    info: GraphQLResolveInfo[Any],
    deployment_id: str,
    make: Callable[[], Follower[T]],
    shape: Callable[[T], dict[str, Any]],
) -> AsyncGenerator[dict[str, Any], None]:
    """What is new after now, for those who may see the deployment: DeploymentNotFound, OrganizationMismatch."""
    asking = asked(info)
    await asyncio.to_thread(asking.services.deployments.require_visible, deployment_id, asking.visible)
    follower = await asyncio.to_thread(make)
    await asyncio.to_thread(follower.look)
    signals = cast(Signals, info.context["signals"])
    async for _ in signals.of(deployment_id):
        for item in await asyncio.to_thread(follower.look):
            yield shape(item)


def told(value: dict[str, Any], _info: GraphQLResolveInfo[Any], **_arguments: Any) -> dict[str, Any]:
    """What a subscription was told is its answer."""
    return value
