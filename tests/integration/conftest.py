"""Deployments and plain programs on an AWS server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.domain.names import EnvironmentName
from cloud_core.testing.engine_host import make_engine
from sandbox.provider.instances import Instance
from sandbox.provider.testing import Clients, Engine
from sandbox.provider.testing.cases import REGION
from stacks.testing_deployments import Account, Deployment

NewDeployment = Callable[..., Deployment]
Deploy = Callable[[Callable[[], object]], automation.Stack]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever the order of a file's tests is, one that is marked so runs after the others."""
    place = {item.path: number for number, item in reversed(list(enumerate(items)))}
    items.sort(key=lambda item: (place[item.path], item.get_closest_marker("last") is not None))


@pytest.fixture(scope="module")
def instance(endpoint: str) -> Iterator[Instance]:
    started = Instance.start(endpoint)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def new_deployment(tmp_path_factory: pytest.TempPathFactory, endpoint: str, instance: Instance) -> NewDeployment:
    """A deployment in an account of its own: `new_deployment("410000000017", PROD, security={"keyArn": …})`."""

    def make(account: str, environment: EnvironmentName = EnvironmentName.DEV, **given: Any) -> Deployment:
        engine = Engine(tmp_path_factory.mktemp(account), instance)
        return Deployment(engine, Account(endpoint, account), environment, **given)

    return make


@pytest.fixture
def engine(tmp_path: Path, instance: Instance) -> PulumiEngine:
    """The adapter's engine on that server, for `engine_host.TARGET`."""
    return make_engine(tmp_path, instance.port)


@pytest.fixture
def clients(endpoint: str) -> Clients:
    """What the programs of `deploy` made, seen with boto3."""
    return Clients(endpoint)


@pytest.fixture
def deploy(tmp_path: Path, instance: Instance) -> Iterator[Deploy]:
    """The stack with another program each time; destroyed at the end."""
    engine = Engine(tmp_path, instance)
    config = {"aws:region": REGION}
    yield lambda program: engine.stack(lambda: program() and None, config=config)
    engine.stack(lambda: None, config=config).destroy()
