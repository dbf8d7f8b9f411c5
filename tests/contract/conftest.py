"""What the contracts are held against beside the fakes: DynamoDB on a moto server of this test run, and Prefect."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_API_URL
from prefect.utilities.callables import parameter_schema

from cloud_core.adapters.dynamodb.client import AccessKey, DynamoClient, records_client
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.dynamodb.serializer import from_attributes
from cloud_core.adapters.dynamodb.tables import create_tables, delete_tables
from cloud_core.adapters.prefect.connection import PrefectServer
from cloud_core.adapters.prefect.deployments import FLOW, PATTERN_DEPLOYMENT
from cloud_core.domain.tables import TABLES
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.flaky_proxy import FlakyProxy
from cloud_core.testing.records import InMemoryRecords
from flows.environment import environment

REGION = "us-east-1"
KEY = AccessKey("test", "test")


@dataclass(frozen=True)
class DynamoStore:
    """Tables of one test; several clients of them stand for several processes."""

    endpoint: str
    prefix: str
    client: DynamoClient

    def records(self, clock: Clock) -> DynamoRecords:
        """Repositories that share nothing with others but the store."""
        return DynamoRecords(self.client, self.prefix, clock)

    @contextmanager
    def behind_proxy(self, clock: Clock) -> Iterator[tuple[FlakyProxy, DynamoRecords]]:
        """Repositories whose every call goes through a proxy that loses what the test tells it to."""
        with FlakyProxy(self.endpoint).serving() as proxy:
            client = records_client(proxy.url, REGION, KEY)
            yield proxy, DynamoRecords(client, self.prefix, clock)
            client.close()

    def items(self, table: str, index: str | None = None) -> list[dict[str, Any]]:
        """Everything in a table or index, as it is stored."""
        more = {"IndexName": index} if index else {}
        pages = self.client.get_paginator("scan").paginate(TableName=self.prefix + table, **more)
        return [from_attributes(item) for page in pages for item in page["Items"]]

    def empty(self) -> None:
        """Remove every item; the tables stay."""
        for table in TABLES:
            for item in self.items(table.name):
                self.remove(table.name, item)

    def remove(self, table: str, item: dict[str, Any]) -> None:
        key = {"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}}
        self.client.delete_item(TableName=self.prefix + table, Key=key)


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    """A moto server in a process of its own, as the sandbox runs it: one request at a time."""
    command = [sys.executable, "-m", "sandbox.moto_server", "--port", "0", "--role", "records"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first_line = server.stdout.readline()
        found = re.search(r"http://\S+", first_line)
        assert found, f"the moto server said {first_line!r}"
        yield found.group()
        server.terminate()


@pytest.fixture(scope="session")
def dynamodb_client(dynamodb_endpoint: str) -> DynamoClient:
    return records_client(dynamodb_endpoint, REGION, KEY)


@pytest.fixture
def dynamo(request: pytest.FixtureRequest) -> Iterator[DynamoStore]:
    """Tables that this test run makes, or those that somebody else made: `TABLES_OF_SOMEBODY_ELSE` has their endpoint
    and the prefix of their names, with a blank between."""
    if given := os.environ.get("TABLES_OF_SOMEBODY_ELSE"):
        endpoint, prefix = given.split()
        store = DynamoStore(endpoint, prefix, records_client(endpoint, REGION, KEY))
        store.empty()
        yield store
        store.client.close()
        return
    dynamodb_endpoint: str = request.getfixturevalue("dynamodb_endpoint")
    dynamodb_client: DynamoClient = request.getfixturevalue("dynamodb_client")
    prefix = f"test-{uuid4().hex[:8]}-"
    create_tables(dynamodb_client, prefix)
    yield DynamoStore(dynamodb_endpoint, prefix, dynamodb_client)
    delete_tables(dynamodb_client, prefix)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["in memory", "dynamodb"])
def records(request: pytest.FixtureRequest, clock: FakeClock) -> Records:
    """The store under contract; the test's clock is its clock."""
    if request.param == "in memory":
        return InMemoryRecords(clock)
    store: DynamoStore = request.getfixturevalue("dynamo")
    return store.records(clock)


@pytest.fixture(scope="session")
def server(flow_service: None) -> PrefectServer:
    """A real Prefect server that knows the pattern deployment."""
    asyncio.run(_register_pattern())
    return PrefectServer(str(PREFECT_API_URL.value()), "http://pages")


async def _register_pattern() -> None:
    async with get_client() as client:
        await client.create_work_pool(WorkPoolCreate(name="cloud", type="process"))
        await client.create_deployment(
            flow_id=await client.create_flow_from_name(FLOW),
            name=PATTERN_DEPLOYMENT.partition("/")[2],
            entrypoint="flows.environment.environment",
            work_pool_name="cloud",
            parameter_openapi_schema=parameter_schema(environment).model_dump_for_openapi(),
        )
