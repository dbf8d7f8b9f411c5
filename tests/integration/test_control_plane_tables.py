"""The tables of the records, made by Pulumi: as the definition says, and good for every repository."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud_core.adapters.dynamodb.client import AccessKey, DynamoClient, records_client
from cloud_core.adapters.dynamodb.tables import DynamoTables, check_tables
from cloud_core.domain.tables import TABLES, TAGS
from sandbox.provider.instances import Instance
from sandbox.provider.testing import Engine
from stacks.control_plane.tables import RecordTables

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

REGION = "us-east-1"
PREFIX = "made-"
CONTRACTS = (
    *("deployment_repository", "stack_repository", "operation_repository", "log_repository", "metric_repository"),
    *("event_log", "lease_store", "manifest_versions", "calculation_store"),
)


def _program(protect: bool) -> None:
    RecordTables("records", PREFIX, protect=protect)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, endpoint: str) -> Iterator[Engine]:
    instance = Instance.start(endpoint)
    yield Engine(tmp_path_factory.mktemp("control-plane"), instance)
    instance.stop()
    gc.collect()  # here, where what the SDK leaves behind is expected, not in somebody else's test


@pytest.fixture(scope="module")
def client(endpoint: str, engine: Engine) -> Iterator[DynamoClient]:
    """Of the server in which the tables are, protected."""
    config = {"aws:region": REGION}
    engine.stack(lambda: _program(protect=True), config=config).up()
    client = records_client(endpoint, REGION, AccessKey("x", "x"))
    yield client
    client.close()


def test_every_table_is_as_the_definition_says(client: DynamoClient) -> None:
    check_tables(client, PREFIX)
    states = DynamoTables(client, PREFIX).states()
    assert [state.name for state in states] == [PREFIX + table.name for table in TABLES]
    assert [(state.status, state.differences) for state in states] == [("active", ())] * len(TABLES)


def test_a_table_has_its_tags_and_is_protected(client: DynamoClient) -> None:
    for table in TABLES:
        described = client.describe_table(TableName=PREFIX + table.name)["Table"]
        assert described["DeletionProtectionEnabled"]
        tags = client.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == dict(TAGS)


def test_what_tables_create_makes_is_what_is_there(client: DynamoClient) -> None:
    assert DynamoTables(client, PREFIX).create() == []


@pytest.mark.extended
def test_every_repository_keeps_its_promises_on_them(client: DynamoClient, endpoint: str) -> None:
    here = Path(__file__).parent.parent / "contract"
    files = [str(here / f"test_{name}.py") for name in CONTRACTS]
    environment = {**os.environ, "TABLES_OF_SOMEBODY_ELSE": f"{endpoint} {PREFIX}"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *files, "-q", "-k", "dynamo", "-p", "no:cacheprovider", "-p", "no:xdist"],
        env=environment,
        cwd=here.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    assert " passed" in run.stdout


@pytest.mark.last
def test_they_go_once_nothing_protects_them(client: DynamoClient, engine: Engine) -> None:
    stack = engine.stack(lambda: _program(protect=False), config={"aws:region": REGION})
    stack.up()
    stack.destroy()
    assert {state.status for state in DynamoTables(client, PREFIX).states()} == {None}
