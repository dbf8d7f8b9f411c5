"""The headers that an answer has are those that the contract tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.headers import HEADERS
from api.testing.calls import CALLS, Call
from api.testing.contract import document, operations
from api.testing.issuer import TokenIssuer
from api.testing.worlds import ApiOverWorlds, over_worlds


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, issuer: TokenIssuer) -> Iterator[ApiOverWorlds]:
    with over_worlds(tmp_path_factory.mktemp("worlds"), issuer) as made:
        yield made


def told(name: str, status: int) -> dict[str, Any]:
    answer = operations()[name].definition["responses"][str(status)]
    return {header.lower(): ref["$ref"].rpartition("/")[2] for header, ref in answer.get("headers", {}).items()}


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_good_answer_has_the_headers_that_are_told(api: ApiOverWorlds, call: Call) -> None:
    answer = api.worlds.prepared(call).send(api.as_role("admin"))
    known = {name.lower() for name in HEADERS}
    assert {name for name in answer.headers if name in known} == set(told(call.name, call.status))


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_refusal_has_the_headers_that_are_told(api: ApiOverWorlds, call: Call) -> None:
    api.client.token = None
    answer = api.worlds.prepared(call).send(api.client)
    assert set(told(call.name, 401)) == {"www-authenticate"} <= set(answer.headers)
    assert set(told(call.name, 429)) >= {"retry-after", "x-ratelimit-remaining"}


def test_every_header_of_the_contract_is_used() -> None:
    used = {
        ref["$ref"].rpartition("/")[2]
        for operation in operations().values()
        for answer in operation.definition["responses"].values()
        for ref in answer.get("headers", {}).values()
    }
    assert used == set(document()["components"]["headers"]) == set(HEADERS)
