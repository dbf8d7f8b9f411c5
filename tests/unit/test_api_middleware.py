"""What every request passes through."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

import pytest
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError

ID = "D1BRV40"


class TestRequestIds:
    def test_one_is_made(self, api: Any) -> None:
        ids = {api.client.get("info").headers["X-Request-ID"] for _ in range(2)}
        assert len(ids) == 2
        assert all(one.startswith("req-") for one in ids)

    def test_the_callers_own_is_kept(self, api: Any) -> None:
        assert api.client.get("info", headers={"X-Request-ID": "build-7"}).headers["X-Request-ID"] == "build-7"

    @pytest.mark.parametrize("given", ["a b", "x" * 65, '"}', "a\tb"])
    def test_what_does_not_belong_into_a_log_is_not_kept(self, api: Any, given: str) -> None:
        assert api.client.get("info", headers={"X-Request-ID": given}).headers["X-Request-ID"].startswith("req-")


class TestAccessLog:
    def lines(self, caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
        return [json.loads(one.getMessage()) for one in caplog.records if one.name == "api.access"]

    def test_each_request_is_a_line(self, api: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "api.access")
        answer = api.reader().get(f"deployments/{ID}/status", headers={"X-Request-ID": "r-1"})
        api.client.get("nothing")
        first, second = self.lines(caplog)
        assert answer.status_code == 200
        expected = {
            "level": "info",
            "request_id": "r-1",
            "user_id": "sub-of-rob",
            "method": "GET",
            "path": f"/api/v1/deployments/{ID}/status",
            "status_code": 200,
            "error_code": None,
        }
        assert expected.items() <= first.items()
        assert (second["status_code"], second["error_code"]) == (404, "RESOURCE_NOT_FOUND")

    def test_neither_tokens_nor_queries_nor_bodies_are_logged(self, api: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        client = api.developer()
        client.get("deployments", params={"project": "hunter2"})
        client.post(f"deployments/{ID}/deploy", json={"hunter2": True})
        client.get("deployments", headers={"Authorization": "Bearer hunter2"})
        ours = "".join(one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore")))
        assert self.lines(caplog)
        assert "hunter2" not in ours
        assert client.token is not None
        assert client.token not in ours


class TestHeaders:
    def test_answers_are_for_those_who_asked(self, api: Any) -> None:
        headers = api.reader().get("deployments").headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Content-Security-Policy"] == "default-src 'self'; frame-ancestors 'none'"
        assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("path", ["/nothing", "deployments"])
    def test_refusals_have_them_too(self, api: Any, path: str) -> None:
        assert api.client.get(path).headers["X-Content-Type-Options"] == "nosniff"

    def test_no_origin_is_welcome_unless_it_is_set(self, make_api: Any) -> None:
        origin = {"Origin": "https://pages.example", "Access-Control-Request-Method": "GET"}
        assert (
            "Access-Control-Allow-Origin"
            not in make_api().client.call("OPTIONS", "deployments", headers=origin).headers
        )

    def test_origins_that_are_set_are_welcome(self, make_api: Any) -> None:
        client = make_api(cors_origins="https://pages.example, https://more.example").client
        asked = {"Origin": "https://pages.example", "Access-Control-Request-Method": "PUT"}
        answer = client.call("OPTIONS", "deployments", headers=asked)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "https://pages.example")
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert (
            client.call("OPTIONS", "deployments", headers={**asked, "Origin": "https://evil.example"}).status_code
            == 400
        )

    def test_pages_of_those_origins_can_read_what_the_headers_say(self, make_api: Any) -> None:
        client = make_api(cors_origins="https://pages.example").reader()
        headers = client.get(f"deployments/{ID}/manifest", headers={"Origin": "https://pages.example"}).headers
        exposed = {name.lower() for name in headers["Access-Control-Expose-Headers"].split(", ")}
        assert {"etag", "location", "retry-after", "x-request-id", "x-ratelimit-remaining"} <= exposed
        assert exposed >= {name for name in headers if name.startswith(("x-ratelimit", "etag", "x-request"))}

    def test_long_answers_are_compressed(self, make_api: Any) -> None:
        client = make_api(gzip_bytes=100).reader()
        answer = client.get("deployments", headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(answer.json()["deployments"]) == 1
        plain = client.get("deployments", headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers


class TestLimits:
    def test_a_body_that_says_it_is_too_large_is_refused(self, make_api: Any) -> None:
        api = make_api(body_limit_bytes=100)
        answer = api.developer().post(f"deployments/{ID}/deploy", json={"x": "y" * 200})
        assert (answer.status_code, answer.json()["error_code"]) == (413, "BODY_TOO_LARGE")

    def test_a_body_that_turns_out_too_large_is_refused(self, make_api: Any) -> None:
        async def pieces() -> Any:
            for _ in range(20):
                yield b" " * 10

        headers = {"Content-Type": "application/json"}
        answer = (
            make_api(body_limit_bytes=100)
            .developer()
            .post(f"deployments/{ID}/deploy", content=pieces(), headers=headers)
        )
        assert (answer.status_code, answer.json()["error_code"]) == (413, "BODY_TOO_LARGE")

    def test_an_answer_comes_in_time(self, make_api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        api, goes_on = make_api(request_seconds=0.2), threading.Event()
        monkeypatch.setattr(api.edge.deployments, "list", lambda *_: goes_on.wait(30))
        try:
            answer = api.reader().get("deployments")
        finally:
            goes_on.set()
        assert (answer.status_code, answer.json()["error_code"]) == (504, "REQUEST_TIMEOUT")


class TestRates:
    def test_a_user_may_call_so_often(self, make_api: Any) -> None:
        api = make_api(rate_readonly="3/hour")
        left = [api.reader().get("deployments").headers["X-RateLimit-Remaining"] for _ in range(3)]
        assert left == ["2", "1", "0"]
        answer = api.reader().get("deployments")
        assert (answer.status_code, answer.json()["error_code"]) == (429, "RATE_LIMIT_EXCEEDED")
        assert 3590 <= int(answer.headers["Retry-After"]) <= 3600
        assert answer.json()["details"]["limit"] == 3
        assert answer.headers["X-RateLimit-Tier"] == "ReadOnly"

    def test_every_user_is_counted_apart(self, make_api: Any) -> None:
        api = make_api(rate_readonly="1/hour", rate_administrators="2/hour")
        assert [api.reader().get("deployments").status_code for _ in range(2)] == [200, 429]
        assert api.as_("ReadOnly", "org:Acme", user="zoe").get("deployments").status_code == 200
        assert [api.admin().get("deployments").status_code for _ in range(3)] == [200, 200, 429]

    def test_those_without_a_token_are_counted_by_their_address(self, make_api: Any) -> None:
        api = make_api(rate_anonymous="2/hour")
        assert [api.client.get("deployments").status_code for _ in range(3)] == [401, 401, 429]
        assert api.reader().get("deployments").status_code == 200

    def test_nobody_is_held_up_while_requests_cannot_be_counted(
        self, make_api: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def away(*_: Any) -> bool:
            raise StorageError(ConnectionError("hunter2"))

        api = make_api(rate_readonly="1/hour")
        monkeypatch.setattr(FixedWindowRateLimiter, "hit", away)
        assert [api.reader().get("deployments").status_code for _ in range(3)] == [200, 200, 200]
        assert "can't be counted" in caplog.text
        assert "hunter2" not in caplog.text

    def test_what_is_open_to_everybody_is_not_counted(self, make_api: Any) -> None:
        api = make_api(rate_anonymous="1/hour")
        assert [api.client.get("/health").status_code for _ in range(3)] == [200, 200, 200]


class TestOpen:
    def test_everybody_may_ask_how_it_is(self, api: Any) -> None:
        told = api.client.get("/health").json()
        assert (told["status"], told["services"]["api"], told["services"]["database"]) == ("healthy", "ok", "ok")
        assert "account" not in json.dumps(told)
        assert api.client.get("health").json() == told

    def test_looking_costs_once_in_a_while(self, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[None] = []
        real = api.edge.health
        monkeypatch.setattr(api.edge, "health", lambda: (asked.append(None), real())[1])
        for _ in range(5):
            api.client.get("/health")
        assert len(asked) <= 1

    def test_everybody_may_ask_what_it_is(self, api: Any) -> None:
        told = api.client.get("info").json()
        assert (told["name"], told["api"], told["openapi"]) == ("cloud", "/api/v1", "/api/v1/openapi.json")

    def test_the_documentation_can_be_switched_off(self, make_api: Any) -> None:
        client = make_api(docs=False).admin()
        assert [client.get(path).status_code for path in ("/docs", "/redoc", "/api/v1/openapi.json")] == [404] * 3

    @pytest.mark.parametrize("path", ["/docs", "/redoc", "/api/v1/openapi.json"])
    def test_the_documentation_needs_no_token(self, api: Any, path: str) -> None:
        assert api.client.get(path).status_code == 200
