"""Every error is a problem with a code of its own, and no answer tells what it should not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from api.errors import ERROR_CODES, STATUSES, refusal_of
from api.problems import MEDIA_TYPE
from api.testing.contract import operations
from cli.exit_codes import EXIT_CODES
from cloud_core.domain import errors
from cloud_core.domain.error_kinds import platform_errors
from cloud_core.domain.errors import CloudError

ID = "D1BRV40"

OURS = platform_errors()


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_here_and_an_exit_code_there(kind: type[CloudError]) -> None:
    assert 400 <= refusal_of(kind("what happened")).status < 600
    assert kind.code in EXIT_CODES


def test_the_tables_have_no_other_codes() -> None:
    assert set(ERROR_CODES) == {kind.code for kind in OURS}
    assert set(ERROR_CODES.values()) <= set(STATUSES)


@pytest.mark.parametrize(
    ("kind", "status", "error_code"),
    [
        (errors.InvalidInput, 422, "VALIDATION_INVALID_FORMAT"),
        (errors.DeploymentNotFound, 404, "RESOURCE_NOT_FOUND"),
        (errors.NotPermitted, 403, "AUTHZ_FORBIDDEN"),
        (errors.OrganizationMismatch, 403, "AUTHZ_ORGANIZATION_MISMATCH"),
        (errors.VersionConflict, 409, "VERSION_CONFLICT"),
        (errors.OperationRunning, 409, "OPERATION_IN_PROGRESS"),
        (errors.EngineLocked, 423, "RESOURCE_LOCKED"),
        (errors.EngineCancelled, 499, "OPERATION_CANCELLED"),
        (errors.StackFailed, 500, "OPERATION_FAILED"),
        (errors.AwsAccessFailed, 502, "AWS_CREDENTIALS_INVALID"),
        (errors.RecordsUnavailable, 503, "SERVICE_UNAVAILABLE"),
    ],
)
def test_families_are_told_apart(kind: type[CloudError], status: int, error_code: str) -> None:
    refusal = refusal_of(kind("what happened"))
    assert (refusal.status, refusal.error_code, refusal.details["code"]) == (status, error_code, kind.code)


def test_what_may_go_away_by_itself_says_when_to_ask_again() -> None:
    assert refusal_of(errors.RecordsUnavailable("away")).headers == {"Retry-After": "5"}
    assert refusal_of(errors.TablesMissing("missing")).headers == {}


def require_problem(answer: Any, status: int, error_code: str) -> dict[str, Any]:
    """The answer is a whole problem of that kind."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    problem: dict[str, Any] = answer.json()
    assert set(problem) == {
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "error_code",
        "timestamp",
        "request_id",
        "errors",
        "details",
        "suggestion",
    }
    assert (problem["status"], problem["error_code"]) == (status, error_code)
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert problem["instance"] == answer.request.url.path
    return problem


def test_an_unknown_address_is_a_problem(api: Any) -> None:
    require_problem(api.reader().get("nothing"), 404, "RESOURCE_NOT_FOUND")
    require_problem(api.reader().get("/nothing"), 404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize("path", ["deployments/", "/health/", f"deployments/{ID}/status/", "/api/v1/"])
def test_an_address_with_a_slash_behind_is_another(api: Any, path: str) -> None:
    """A redirect would lead to the address that this process believes to have: behind a proxy, without TLS."""
    require_problem(api.reader().get(path), 404, "RESOURCE_NOT_FOUND")


def test_nobody_learns_without_a_token_which_addresses_there_are(api: Any) -> None:
    require_problem(api.client.get("nothing"), 401, "AUTH_INVALID_TOKEN")
    require_problem(api.client.call("PATCH", "deployments"), 401, "AUTH_INVALID_TOKEN")


def test_another_method_is_a_problem(api: Any) -> None:
    answer = api.reader().call("PATCH", "deployments")
    require_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "GET"


NAMES = {"deployment_id": "D1BRV40", "operation_id": "op-1", "environment": "dev", "action": "drift", "key": "size"}


@pytest.mark.parametrize("path", sorted({one.path for one in operations().values()}))
def test_it_is_told_which_methods_an_address_has(api: Any, path: str) -> None:
    address = re.sub(r"{(\w+)}", lambda place: NAMES.get(place[1], "demo"), path)
    answer = api.admin().call("PATCH", address)
    require_problem(answer, 405, "METHOD_NOT_ALLOWED")
    # An address may be meant by more than one path: `templates/validate` could be a template.
    meant = [one for one in operations().values() if re.fullmatch(re.sub(r"{\w+}", "[^/]+", one.path), address)]
    assert answer.headers["Allow"] == ", ".join(sorted({one.method for one in meant}))


@pytest.mark.parametrize("path", ["/docs/files/swagger-ui.css", "/docs", "/", "/monitor.html", "/monitor/main.js"])
def test_files_and_pages_are_only_read(api: Any, path: str) -> None:
    answer = api.client.post(path)
    require_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_graphql_is_only_posted_to(api: Any, method: str) -> None:
    answer = api.reader().call(method, "/graphql")
    require_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("content", ["{", "not json", "[" * 100_000], ids=["open", "words", "deep"])
def test_json_that_cannot_be_read_is_a_bad_request(api: Any, content: str) -> None:
    json_headers = {"Content-Type": "application/json"}
    answer = api.developer().post(f"deployments/{ID}/deploy", content=content, headers=json_headers)
    require_problem(answer, 400, "MALFORMED_JSON")


def test_every_rule_that_is_broken_is_listed_without_its_value(api: Any) -> None:
    answer = api.developer().post(f"deployments/{ID}/deploy", json={"environment": "hunter2", "parallel": "hunter2"})
    problem = require_problem(answer, 422, "VALIDATION_INVALID_FORMAT")
    assert [one["field"] for one in problem["errors"]] == ["body.environment", "body.parallel"]
    assert "hunter2" not in answer.text


def test_what_is_left_out_has_an_error_of_its_own(api: Any) -> None:
    left_out = require_problem(api.admin().post("deployments/init", json={}), 422, "VALIDATION_REQUIRED_FIELD")
    assert [one["field"] for one in left_out["errors"]] == [
        f"body.{name}" for name in ("organization", "project", "domain", "environments")
    ]
    assert {one["type"] for one in left_out["errors"]} == {"missing"}
    both = require_problem(api.client.post("deployments/init", json={"odd": 1}), 422, "VALIDATION_INVALID_FORMAT")
    assert {one["type"] for one in both["errors"]} == {"missing", "extra_forbidden"}


@pytest.mark.parametrize("body", [{f"x{n}": n for n in range(5000)}, {"x" * 100_000: 1}], ids=["many", "long"])
def test_a_body_that_breaks_very_many_rules_has_a_short_answer(api: Any, body: dict[str, int]) -> None:
    answer = api.developer().post(f"deployments/{ID}/deploy", json=body)
    problem = require_problem(answer, 422, "VALIDATION_INVALID_FORMAT")
    assert len(answer.content) < 30_000
    assert len(problem["errors"]) == min(100, len(body))
    assert problem["details"].get("findings", 1) == len(body)


@pytest.mark.parametrize("deployment_id", ["D1", "d1brv40", "D1BRV40'--", "D1BRV400", "%3Cscript%3E"])
def test_a_malformed_id_breaks_a_rule(api: Any, deployment_id: str) -> None:
    answer = api.reader().get(f"deployments/{deployment_id}/status")
    require_problem(answer, 422, "VALIDATION_INVALID_FORMAT")


def test_an_unknown_id_is_not_found(api: Any) -> None:
    problem = require_problem(api.reader().get("deployments/D999999/status"), 404, "RESOURCE_NOT_FOUND")
    assert problem["details"]["resource_type"] == "deployment"
    unknown = api.reader().get(f"deployments/{ID}/operations/op-nothing")
    assert require_problem(unknown, 404, "RESOURCE_NOT_FOUND")["details"]["resource_type"] == "operation"


def test_what_nobody_thought_of_tells_nothing(
    api: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: Any) -> None:
        raise ZeroDivisionError("hunter2")

    monkeypatch.setattr(api.edge.deployments, "list", break_down)
    answer = api.reader().get("deployments")
    require_problem(answer, 500, "INTERNAL_ERROR")
    assert "hunter2" not in answer.text + caplog.text
    assert "ZeroDivisionError" not in answer.text
    assert "break_down" in caplog.text


def test_what_is_away_is_told(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise errors.RecordsUnavailable("the records can't be reached")

    monkeypatch.setattr(api.edge.deployments, "list", away)
    answer = api.reader().get("deployments")
    require_problem(answer, 503, "SERVICE_UNAVAILABLE")
    assert answer.headers["Retry-After"] == "5"


def test_details_are_plain_data() -> None:
    assert json.dumps(refusal_of(errors.Conflict("x", names=["a"])).details) == '{"names": ["a"], "code": "CONFLICT"}'
