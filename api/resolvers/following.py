"""How subscriptions are told what is new."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar, cast

from api.graph.asking import asked
from api.graph.signals import Signals
from cloud_core.domain.errors import CloudError
from cloud_core.services.looking.record_following import Follower, Following
from graphql import GraphQLResolveInfo

T = TypeVar("T")
Source = Any
"""An awaitable of a generator: GraphQL takes one, the library's type only the generator."""
_logger = logging.getLogger(__name__)
Shape = Callable[[T], dict[str, Any]]


async def followed(
    info: GraphQLResolveInfo[Any],
    deployment_id: str,
    make: Callable[[Following], Follower[T]],
    shape: Callable[[T], dict[str, Any]],
) -> AsyncGenerator[dict[str, Any], None]:
    """What is new after now, for those who may see the deployment: DeploymentNotFound, OrganizationMismatch, before
    there is a subscription."""
    asking = asked(info)

    def begun() -> Follower[T]:
        # The services themselves are made by whoever asks for them first, which may wait as well.
        asking.services.deployments.require_visible(deployment_id, asking.visible)
        follower = make(asking.services.following)
        follower.look()
        return follower

    follower = await asyncio.to_thread(begun)
    return _told(follower, deployment_id, cast(Signals, info.context["signals"]), shape)


async def _told(
    follower: Follower[T], deployment_id: str, signals: Signals, shape: Callable[[T], dict[str, Any]]
) -> AsyncGenerator[dict[str, Any], None]:
    """While the records are away nothing is told, and nothing lost: a later look finds what has become new since the
    last one."""
    async for _ in signals.of(deployment_id):
        for item in await asyncio.to_thread(_look, follower, deployment_id):
            yield shape(item)


def _look(follower: Follower[T], deployment_id: str) -> list[T]:
    try:
        return follower.look()
    except CloudError as error:
        if not error.retryable:
            raise
        _logger.warning("what is new of %s can't be read now: %s", deployment_id, error.code)
        return []


def told(value: dict[str, Any], _info: GraphQLResolveInfo[Any], **_arguments: Any) -> dict[str, Any]:
    """What a subscription was told is its answer."""
    return value
