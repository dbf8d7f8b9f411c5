"""The GraphQL server itself: tokens, limits, what is told of errors and of the schema."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.graph.errors import ERROR_TYPES, format_error
from api.graph.server import graphql_app
from api.testing.graph import refused
from cloud_core.adapters.cognito.tokens import NoPool
from cloud_core.domain import errors
from cloud_core.settings import Settings
from cloud_core.settings.tree import Profile
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.clock import FakeClock
from graphql import GraphQLError, get_introspection_query


class NoSignals:
    """Nobody subscribes."""

    def of(self, deployment_id: str) -> AsyncIterator[None]:
        raise AssertionError(deployment_id)


LIST = "query L($limit: Int) { listDeployments(limit: $limit) { items { deployment_id } nextToken } }"


def post(client: Any, query: Any, **more: Any) -> Any:
    return client.post("/graphql", json={"query": query, **more})


def test_nobody_gets_in_without_a_token(api: Any) -> None:
    answer = post(api.client, "{ __typename }")
    assert (answer.status_code, answer.json()["error_code"]) == (401, "AUTH_INVALID_TOKEN")


def test_a_user_of_no_group_or_no_organisation_may_ask_nothing(api: Any) -> None:
    for groups in ((), ("org:Acme",), ("ReadOnly",)):
        told = refused(api.as_(*groups, user="eve"), "GetDeployment", deployment_id=ID)
        assert told["errorType"] == "Unauthorized"


def test_requests_are_counted_as_all_others(make_api: Any) -> None:
    client = make_api(rate_readonly="2/minute").reader()
    statuses = [post(client, "{ __typename }").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ('{"query": "{ __typename }"}', "text/plain", 400),
        ("query=x", "application/x-www-form-urlencoded", 400),
        ('[{"query": "{ __typename }"}]', "application/json", 400),
        ('"x"', "application/json", 400),
        ('{"query": 1}', "application/json", 400),
        ('{"query": "{"}', "application/json", 400),
        ('{"query": "{ nothing }"}', "application/json", 400),
        ('{"query": "{ __typename }", "variables": 1}', "application/json", 400),
    ],
)
def test_what_is_no_document_is_refused(api: Any, content: str, kind: str, status: int) -> None:
    answer = api.reader().post("/graphql", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_body_that_is_too_large_is_refused(make_api: Any) -> None:
    answer = post(make_api(body_limit_bytes=500).reader(), "{ __typename }" + " " * 600)
    assert (answer.status_code, answer.json()["error_code"]) == (413, "BODY_TOO_LARGE")


def test_nothing_is_asked_with_get(api: Any) -> None:
    assert api.reader().get("/graphql?query={__typename}").status_code == 405


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (LIST, {"limit": 1001 * 10}),
        ("{ " + " ".join(f"a{n}: listDeployments {{ nextToken }}" for n in range(60)) + " }", {}),
        ("query { ...a } fragment a on Query { " + "x: listDeployments(limit: 5000) { nextToken }" + " }", {}),
    ],
)
def test_a_document_may_cost_only_so_much(api: Any, query: str, variables: dict[str, Any]) -> None:
    answer = post(api.reader(), query, variables=variables)
    assert answer.status_code == 400
    assert "cost" in answer.json()["errors"][0]["message"]


def test_a_document_may_be_only_so_deep_and_so_long(make_api: Any) -> None:
    client = make_api().reader()
    deep = "{ getStack(deployment_id: 1, stack_name: 1, environment: 1) " + "{ resources " * 9 + "{ urn }" + " }" * 10
    told = [one["message"] for one in post(client, deep).json()["errors"]]
    assert any("levels deep" in message for message in told)
    through_fragments = (
        "query { ...a } fragment a on Query { listStacks(deployment_id: 1) { ...b } } "
        "fragment b on StackConnection { items { ...c } } fragment c on Stack { ...d } fragment d on Stack { layer }"
    )
    assert post(client, through_fragments).status_code == 200
    long = "{ " + " ".join(f"a{n}: __typename" for n in range(1000)) + " }"
    answer = post(client, long)
    assert answer.status_code == 400
    assert "tokens" in answer.json()["errors"][0]["message"]
    circle = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"
    assert post(client, circle).status_code == 400


def test_only_the_sandbox_tells_its_schema() -> None:
    def shown(**settings: Any) -> bool:
        return graphql_app(Settings(**settings), NoPool(), FakeClock(), NoSignals()).http_handler.introspection

    assert shown() is True
    assert shown(profile=Profile.AWS) is False
    assert shown(profile=Profile.AWS, graphql={"introspection": True}) is True
    assert shown(graphql={"introspection": False}) is False


def test_the_schema_can_be_asked_for(api: Any) -> None:
    answer = post(api.reader(), get_introspection_query())
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("code", sorted(ERROR_TYPES))
def test_every_error_is_told_by_its_code_and_its_type(code: str) -> None:
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.CloudError)]
    kind = next(one for one in kinds if one.code == code)
    told = format_error(GraphQLError("x", original_error=kind("what happened", suggestion="do this")))
    assert told["extensions"]["errorType"] == ERROR_TYPES[code]
    assert told["extensions"]["code"]
    assert (told["message"] == "what happened") is (code != "INTERNAL_ERROR")


def test_what_nobody_thought_of_tells_nothing(
    api: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: Any) -> None:
        raise ZeroDivisionError("hunter2")

    monkeypatch.setattr(api.edge.visible_records, "deployment", break_down)
    told = refused(api.reader(), "GetDeployment", deployment_id=ID)
    assert (told["code"], told["errorType"]) == ("INTERNAL_ERROR", "InternalFailure")
    assert "hunter2" not in str(told) + caplog.text
    assert "break_down" in caplog.text


def test_what_was_sent_is_not_in_the_log(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    answer = post(api.reader(), '{ getDeployment(deployment_id: "hunter2") { version } }')
    assert answer.json()["errors"][0]["extensions"]["errorType"] == "InvalidInput"
    assert "hunter2" not in caplog.text
