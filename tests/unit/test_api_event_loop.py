"""What serves everybody is never held up: services are made, and asked, in threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.dependencies import Caller
from api.graph.asking import Asked
from api.resolvers.deployments import follow_deployment
from api.resolvers.logs import follow_lines
from api.resolvers.stacks import follow_stacks
from api.testing.calls import CALLS, Call
from api.testing.issuer import TokenIssuer
from api.testing.worlds import ApiOverWorlds, Worlds, over_worlds
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.access.permissions import Rights
from cloud_core.domain.access.users import Group, User
from cloud_core.testing.builders import DEPLOYMENT_ID as ID


def refuse_in_the_loop() -> None:
    """Raises AssertionError where an event loop runs."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise AssertionError("a service is made in the event loop")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, issuer: TokenIssuer) -> Iterator[ApiOverWorlds]:
    with over_worlds(tmp_path_factory.mktemp("worlds"), issuer) as made:
        yield made


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_an_endpoint_has_its_services_made_in_a_thread(api: ApiOverWorlds, call: Call) -> None:
    asked = api.worlds.prepared(call)
    api.worlds.fault = refuse_in_the_loop
    assert asked.send(api.as_role("admin")).status_code == call.status


class Once:
    """`Signals` with one."""

    async def of(self, deployment_id: str) -> AsyncIterator[None]:
        yield None


@pytest.mark.parametrize("follow", [follow_deployment, follow_lines, follow_stacks])
def test_a_subscription_has_its_services_made_in_a_thread(tmp_path: Path, follow: Callable[..., Any]) -> None:
    worlds = Worlds(tmp_path)
    worlds.fault = refuse_in_the_loop
    user = User("1", "rob", Group.READ_ONLY, frozenset({"Acme"}), 0)
    asking = Asked(Caller(user, Rights()), cast(EdgeServices, worlds))
    info = SimpleNamespace(context={"asked": asking, "signals": Once()})

    async def listen() -> list[Any]:
        return [told async for told in await follow(None, info, ID)]

    assert asyncio.run(listen()) == []
