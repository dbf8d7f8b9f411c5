"""An AWS server for a file's stacks, and deployments on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from sandbox.provider.instances import Instance
from sandbox.provider.testing import Engine, aws_server
from stacks.testing_deployments import Account, Deployment

NewDeployment = Callable[..., Deployment]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws_server() as url:
        yield url


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
