"""What somebody sends to GraphQL who means no good: ways round its limits, values that can't be, guesses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.testing.calling import calling
from api.testing.issuer import TokenIssuer
from cloud_core.settings import Settings
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.edge import FakeEdge

DAY = "2026-01-01T00:00:00Z"
LINE = "mutation($line: CreateLogInput!) { createLog(input: $line) { message } }"


def post(client: Any, query: str, **more: Any) -> Any:
    # Not the client's own JSON, which refuses half a surrogate pair before we could.
    return client.post(
        "/graphql", content=json.dumps({"query": query, **more}), headers={"Content-Type": "application/json"}
    )


def times(count: int, field: str) -> str:
    """The field under that many names."""
    return " ".join(f"a{number}: {field}" for number in range(count))


class TestWaysRoundTheLimits:
    def test_fragments_that_name_others_twice_are_measured_once(self, api: Any) -> None:
        """Two to the power of 150 visits otherwise."""
        links = [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(150)]
        document = "{ ...f0 } " + " ".join(links) + " fragment f150 on Query { __typename }"
        assert post(api.reader(), document).json() == {"data": {"__typename": "Query"}}

    def test_a_variable_costs_what_its_operation_says(self, api: Any) -> None:
        lists = times(30, "listDeployments(limit: $limit) { nextToken }")
        answer = post(api.reader(), f"query($limit: Int = 1000) {{ {lists} }}")
        assert answer.status_code == 400
        assert "cost" in answer.json()["errors"][0]["message"]
        given = post(api.reader(), f"query($limit: Int = 1000) {{ {lists} }}", variables={"limit": 10})
        assert given.status_code == 200

    @pytest.mark.parametrize("limit", [0, -1000, 1001, "null"])
    def test_a_limit_that_can_t_be_saves_nothing(self, api: Any, limit: Any) -> None:
        answer = post(api.reader(), f"{{ listDeployments(limit: {limit}) {{ nextToken }} }}").json()
        assert answer["errors"][0]["extensions"]["errorType"] == "InvalidInput"

    @pytest.mark.parametrize(
        "field",
        [
            f'getMetrics(metric_name: "x", start_time: "{DAY}", end_time: "{DAY}") {{ value }}',
            f'getDeploymentProgress(deployment_id: "{ID}", environment: "dev") {{ layer: total_stacks }}',
            f'getDeploymentOutputs(deployment_id: "{ID}", environment: "dev")',
        ],
    )
    def test_what_reads_all_there_is_can_be_asked_for_a_few_times_only(self, api: Any, field: str) -> None:
        assert post(api.reader(), f"{{ {times(15, field)} }}").status_code == 200
        assert "cost" in post(api.reader(), f"{{ {times(25, field)} }}").json()["errors"][0]["message"]

    def test_circles_are_told_as_what_they_are(self, api: Any) -> None:
        answer = post(api.reader(), "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }")
        assert answer.status_code == 400
        assert "within itself" in answer.json()["errors"][0]["message"]

    @pytest.mark.parametrize("text", ["{a" * 999, "{a(b:" + "[" * 1900, "query(" + "$a:[" * 600])
    def test_what_is_nested_too_deeply_to_be_read_is_no_mistake_of_ours(self, api: Any, text: str) -> None:
        answer = post(api.reader(), text)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["extensions"]["errorType"] == "ValidationError"

    def test_only_a_named_operation_is_chosen(self, api: Any) -> None:
        answer = post(api.reader(), "query a { __typename } query None { b: __typename }").json()
        assert "Must provide operation name" in answer["errors"][0]["message"]


class TestValues:
    @pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
    def test_the_ends_of_time_are_times(self, api: Any, moment: str) -> None:
        range_ = f'start_time: "{moment}", end_time: "{moment}"'
        for field in (
            f'listLogs(deployment_id: "{ID}", {range_}) {{ nextToken }}',
            f'getMetrics(metric_name: "x", {range_}) {{ value }}',
        ):
            assert "errors" not in post(api.reader(), f"{{ {field} }}").json()

    @pytest.mark.parametrize(
        "details",
        ['{"a":' + "[" * 40 + "]" * 40 + "}", '{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', "{", "[" * 10_000],
    )
    def test_json_that_the_store_can_t_hold_is_refused(self, api: Any, details: str) -> None:
        line = {"deployment_id": ID, "level": "INFO", "message": "x", "details": details}
        (error,) = post(api.developer(), LINE, variables={"line": line}).json()["errors"]
        assert "AWSJSON" in error["message"]

    def test_json_as_deep_as_the_store_takes_it_is_taken(self, api: Any) -> None:
        line = {"deployment_id": ID, "level": "INFO", "message": "x", "details": '{"a":' + "[" * 29 + "]" * 29 + "}"}
        assert "errors" not in post(api.developer(), LINE, variables={"line": line}).json()

    def test_half_a_surrogate_pair_is_no_text(self, api: Any) -> None:
        line = {"deployment_id": ID, "level": "INFO", "message": "\ud800"}
        answer = post(api.developer(), LINE, variables={"line": line})
        assert (answer.status_code, answer.json()["error_code"]) == (400, "MALFORMED_JSON")

    def test_lines_of_several_deployments_are_not_written_together(self, api: Any) -> None:
        api.another("D000001")
        lines = [{"deployment_id": one, "level": "INFO", "message": "x"} for one in (ID, "D000001")]
        query = "mutation($lines: [CreateLogInput!]!) { createLogs(inputs: $lines) { message } }"
        (error,) = post(api.developer(), query, variables={"lines": lines}).json()["errors"]
        assert error["extensions"]["errorType"] == "InvalidInput"
        assert api.edge.world.records.logs.get_logs("D000001").items == []


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ __schema { types { name } } }", {}),
        ('{ __type(name: "Query") { name } }', {}),
        ("{ a: __schema { b: types { name } } }", {}),
        ('{ ...a } fragment a on Query { ... on Query @include(if: true) { __type(name: "Query") { name } } }', {}),
        ("{ getDeploymet { x } }", {}),
        ("{ listDeployments(limt: 1) { nextToken } }", {}),
        ("{ listDeploymentsByStatus(status: DEPLOYE) { nextToken } }", {}),
        ("{ ... on Deploymen { x } }", {}),
        ("query($x: CreateLogInpu) { __typename }", {}),
        (LINE, {"line": {"deployment_id": ID, "level": "INF", "message": "x", "mesage": "x"}}),
    ],
)
def test_a_schema_that_can_t_be_asked_for_can_t_be_guessed_either(
    tmp_path: Path, issuer: TokenIssuer, query: str, variables: dict[str, Any]
) -> None:
    clock = FakeClock()
    settings = Settings(graphql={"introspection": False}, cognito=issuer.settings)
    with calling(create_app(settings, FakeEdge(tmp_path), clock)) as client:
        client.token = issuer.token(issuer.claims(clock, "dev", groups=("Developers", "org:Acme")))
        answer = post(client, query, variables=variables).json()
    assert answer.get("data") is None
    assert answer["errors"]
    assert "Did you mean" not in str(answer)
