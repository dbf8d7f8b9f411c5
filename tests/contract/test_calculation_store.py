"""What every `CalculationStore` promises."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from cloud_core.adapters.dynamodb.calculations import DynamoCalculationStore
from cloud_core.adapters.dynamodb.client import DynamoClient
from cloud_core.adapters.dynamodb.table import Table
from cloud_core.adapters.dynamodb.value_cipher import ValueCipher
from cloud_core.domain.errors import TablesMissing, UnresolvablePlaceholder
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import SecretValue
from cloud_core.ports.values import CalculationKey, CalculationStore
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.in_memory.calculations import InMemoryCalculationStore

KEY = CalculationKey("D1BRV40", EnvironmentName.DEV, "database-rds", "db[0].password", "${calculate.password.20}")
OTHERS = [
    replace(KEY, deployment_id="D1BRV41"),
    replace(KEY, environment=EnvironmentName.PROD),
    replace(KEY, owner="env"),
    replace(KEY, path="db[1].password"),
    replace(KEY, text="${calculate.password.21}"),
    replace(KEY, path="db[0].password$", text="{calculate.password.20}"),
]
PASSPHRASE = b"a passphrase of the tests"
OpenStore = Callable[..., DynamoCalculationStore]


@pytest.fixture
def table_name(request: pytest.FixtureRequest) -> str:
    return f"{request.getfixturevalue('dynamo').prefix}deployments"


@pytest.fixture
def open_store(table_name: str, request: pytest.FixtureRequest) -> OpenStore:
    """Opens the DynamoDB store as another process would."""
    client: DynamoClient = request.getfixturevalue("dynamo").client

    def build(passphrase: bytes = PASSPHRASE, name: str = table_name) -> DynamoCalculationStore:
        table = Table(client, name, FakeClock(), patience_seconds=0)
        return DynamoCalculationStore(table, ValueCipher(passphrase))

    return build


@pytest.fixture(params=["in memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> CalculationStore:
    if request.param == "in memory":
        return InMemoryCalculationStore()
    opened: CalculationStore = request.getfixturevalue("open_store")()
    return opened


@pytest.mark.parametrize("value", ["plain", "", SecretValue("hunter2"), SecretValue("größer")])
def test_a_kept_value_comes_back_and_secrets_are_still_secret(
    store: CalculationStore, value: str | SecretValue
) -> None:
    assert store.get(KEY) is None
    assert store.keep(KEY, value) == value
    assert store.get(KEY) == value


def test_the_first_value_stays(store: CalculationStore) -> None:
    store.keep(KEY, SecretValue("first"))
    assert store.keep(KEY, SecretValue("second")) == SecretValue("first")
    assert store.get(KEY) == SecretValue("first")


def test_every_part_of_the_key_counts(store: CalculationStore) -> None:
    store.keep(KEY, "mine")
    for number, other in enumerate(OTHERS):
        assert store.get(other) is None
        store.keep(other, str(number))
    assert store.get(KEY) == "mine"
    assert [store.get(other) for other in OTHERS] == [str(number) for number in range(len(OTHERS))]


def test_racers_agree_on_one_value(store: CalculationStore) -> None:
    threads = 8
    start = threading.Barrier(threads, timeout=60)

    def race(number: int) -> str | SecretValue:
        start.wait()
        return store.keep(KEY, SecretValue(f"value {number}"))

    with ThreadPoolExecutor(threads) as pool:
        results = set(pool.map(race, range(threads)))
    assert results == {store.get(KEY)}


def test_a_deployment_is_forgotten_as_a_whole_and_alone(store: CalculationStore) -> None:
    for key in (KEY, *OTHERS):
        store.keep(key, "kept")
    assert store.forget(KEY.deployment_id) == len(OTHERS)
    assert [store.get(key) for key in (KEY, *OTHERS)] == [None, "kept", None, None, None, None, None]
    assert store.forget(KEY.deployment_id) == 0


def test_a_secret_is_in_no_item_in_clear(open_store: OpenStore, table_name: str, dynamodb_client: DynamoClient) -> None:
    open_store().keep(KEY, SecretValue("canary"))
    (item,) = dynamodb_client.scan(TableName=table_name)["Items"]
    assert item["PK"] == {"S": "DEPLOYMENT#D1BRV40"}
    assert item["SK"]["S"].startswith("CALC#dev#database-rds#")
    assert "canary" not in str(item)


def test_another_process_with_the_passphrase_reads_it_and_one_without_does_not(open_store: OpenStore) -> None:
    open_store().keep(KEY, SecretValue("canary"))
    assert open_store().get(KEY) == SecretValue("canary")
    with pytest.raises(UnresolvablePlaceholder, match="another passphrase") as caught:
        open_store(b"another").get(KEY)
    assert "canary" not in caught.value.message


def test_a_missing_table_is_named(open_store: OpenStore) -> None:
    with pytest.raises(TablesMissing, match="nowhere"):
        open_store(name="nowhere").get(KEY)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(ValueError, match="passphrase"):
        ValueCipher(b"")
