"""The way out to an API: what is sent, what is sent again, and whom a token is shown to."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.errors import refusal_of
from api.problems import problem_response
from cloud_core.adapters.rest.address import parse_address
from cloud_core.adapters.rest.client import Call, RestClient, place
from cloud_core.adapters.rest.tokens import GivenToken, LoginTokens
from cloud_core.domain.error_kinds import platform_errors
from cloud_core.domain.errors import (
    CloudError,
    InvalidInput,
    InvalidManifest,
    NotAuthenticated,
    NotPermitted,
    Unavailable,
    VersionConflict,
)
from cloud_core.domain.logins import Login
from cloud_core.services.logins import LoginService
from cloud_core.testing.clock import ScriptedClock
from cloud_core.testing.logins import FakeUserPool, InMemoryLogins, KnownUsers

URL = "http://127.0.0.1:8080"
BASE_URL = f"{URL}/api/v1"
TOKEN = "the-very-token"
OF_TOKENS = [kind for kind in platform_errors() if issubclass(kind, NotAuthenticated)]
OURS = [kind for kind in platform_errors() if kind is not CloudError and kind not in OF_TOKENS]


class Renewing:
    """Tokens of which the first has expired."""

    def __init__(self) -> None:
        self.asked = 0

    def current(self) -> str:
        return "old"

    def renewed(self) -> str | None:
        self.asked += 1
        return "new"


class LoggedIn:
    """The tokens of a login, and the user pool that makes them."""

    def __init__(self) -> None:
        self.clock = ScriptedClock()
        self.pool = FakeUserPool(self.clock, {"ada": "swordfish"})
        self.store = InMemoryLogins()
        self.tokens = LoginTokens(BASE_URL, self.store, self._at(BASE_URL).renewed, self.clock)

    def log_in(self, api_url: str = BASE_URL) -> Login:
        return self._at(api_url).log_in(KnownUsers(self.pool))

    def _at(self, api_url: str) -> LoginService:
        return LoginService(api_url, lambda: self.pool, self.store, self.clock)


class Wire:
    """Answers in their order, the last one for good; an exception is raised. `sent` are the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.sent: list[httpx.Request] = []
        self.clock = ScriptedClock()
        self._answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, tokens: Any = None, url: str = URL) -> RestClient:
        tokens = tokens or GivenToken(TOKEN)
        return RestClient(parse_address(url), tokens, self.clock, httpx.MockTransport(self))


def problem(error: CloudError | None = None, status: int = 409, code: str = "X", **more: Any) -> httpx.Response:
    """As the API answers with an error; or one that it makes itself."""
    if error is not None:
        made = problem_response({"path": "/", "type": "http"}, refusal_of(error))
        return httpx.Response(made.status_code, headers=dict(made.headers), content=bytes(made.body))
    headers = {"content-type": "application/problem+json", **more.pop("headers", {})}
    body = {"error_code": code, "detail": "no", "details": {}, **more}
    return httpx.Response(status, headers=headers, content=json.dumps(body))


def ok(data: Any = None) -> httpx.Response:
    return httpx.Response(200, json=data if data is not None else {"a": 1})


class TestTheAddress:
    @pytest.mark.parametrize(
        ("text", "url"),
        [
            ("https://cloud.example.com", "https://cloud.example.com/api/v1"),
            ("https://cloud.example.com/", "https://cloud.example.com/api/v1"),
            ("https://cloud.example.com/team/api/v1/", "https://cloud.example.com/team/api/v1"),
            ("http://localhost:8080", "http://localhost:8080/api/v1"),
            ("http://[::1]:8080", "http://[::1]:8080/api/v1"),
            ("http://127.0.0.9", "http://127.0.0.9/api/v1"),
        ],
    )
    def test_is_that_of_the_base(self, text: str, url: str) -> None:
        assert parse_address(text).url == url

    @pytest.mark.parametrize(
        "text",
        [
            "http://cloud.example.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "ftp://cloud.example.com",
            "cloud.example.com",
            "https://",
            "https://ann:hush-hush@cloud.example.com",
            "http://127.0.0.1@cloud.example.com",
            "https://cloud.example.com?token=hush-hush",
            "https://cloud.example.com:99999",
            "https://[::1",
        ],
    )
    def test_is_refused_where_a_token_is_not_safe(self, text: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            parse_address(text)
        assert refused.value.suggestion
        assert "hush-hush" not in str(refused.value.message) + str(refused.value.suggestion)

    def test_may_be_plain_where_that_is_allowed(self) -> None:
        assert parse_address("http://10.0.0.1", allow_plain=True).is_plain

    def test_of_a_plain_one_no_proxy_is_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A proxy would read the token, also on the way to this machine."""
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
        wire = Wire(ok())
        assert wire.client().get("x") == {"a": 1}


class TestTheToken:
    def test_is_shown(self) -> None:
        wire = Wire(ok())
        wire.client().get(place("deployments", "D1", "status"), environment=None, stack="a b")
        assert wire.sent[0].headers["authorization"] == f"Bearer {TOKEN}"
        assert str(wire.sent[0].url) == f"{URL}/api/v1/deployments/D1/status?stack=a+b"

    def test_that_is_not_there_says_how_to_get_one(self) -> None:
        wire = Wire(ok())
        with pytest.raises(NotPermitted, match="no token") as refused:
            wire.client(LoggedIn().tokens).get("x")
        assert "CLOUD_TOKEN" in str(refused.value.suggestion)
        assert "cloud login" in str(refused.value.suggestion)
        assert wire.sent == []

    def test_of_a_login_is_shown_to_its_own_address_alone(self) -> None:
        login, wire = LoggedIn(), Wire(ok())
        login.log_in("https://cloud.example.com/api/v1")
        with pytest.raises(NotPermitted, match="nobody is logged in there"):
            wire.client(login.tokens).get("x")
        login.log_in()
        wire.client(login.tokens).get("x")
        assert [one.headers["authorization"] for one in wire.sent] == ["Bearer access-2"]

    def test_of_a_login_asks_the_user_pool_for_nothing_while_it_holds(self) -> None:
        login, wire = LoggedIn(), Wire(ok())
        login.log_in()
        login.pool.is_away = True
        wire.client(login.tokens).get("x")
        login.clock.advance(3600)
        with pytest.raises(Unavailable, match="user pool"):
            wire.client(login.tokens).post("x")
        assert len(wire.sent) == 1

    def test_of_a_login_is_renewed_before_it_ends_and_when_it_is_refused(self) -> None:
        login, wire = LoggedIn(), Wire(ok(), problem(status=401, code="AUTH_INVALID_TOKEN"), ok())
        login.log_in()
        login.clock.advance(3600)
        wire.client(login.tokens).get("x")
        wire.client(login.tokens).get("x")
        shown = [one.headers["authorization"] for one in wire.sent]
        assert shown == ["Bearer access-2", "Bearer access-2", "Bearer access-3"]
        assert login.tokens.current() == "access-3"

    def test_of_a_login_that_is_over_says_how_to_log_in(self) -> None:
        login, wire = LoggedIn(), Wire(problem(status=401, code="AUTH_TOKEN_EXPIRED"))
        login.pool.ended.add(login.log_in().refresh_token.value)
        with pytest.raises(NotPermitted) as refused:
            wire.client(login.tokens).get("x")
        assert "cloud login" in str(refused.value.suggestion)
        login.clock.advance(3600)
        with pytest.raises(NotPermitted, match="the login of ada at the API is over"):
            wire.client(login.tokens).get("x")
        assert len(wire.sent) == 1

    @pytest.mark.parametrize("token", ["two words", "a\nb", "tök", "a\x00b"])
    def test_that_can_be_in_no_header_is_in_no_message_either(self, token: str) -> None:
        wire = Wire(ok())
        with pytest.raises(NotPermitted) as refused:
            wire.client(GivenToken(token)).get("x")
        assert token not in repr(refused.value) + str(refused.value.context)
        assert wire.sent == []

    def test_that_has_expired_is_renewed_once(self) -> None:
        tokens = Renewing()
        wire = Wire(problem(status=401, code="AUTH_TOKEN_EXPIRED"), ok())
        assert wire.client(tokens).post("x") == {"a": 1}
        assert [one.headers["authorization"] for one in wire.sent] == ["Bearer old", "Bearer new"]

    def test_that_can_not_be_renewed_is_refused(self) -> None:
        tokens = Renewing()
        wire = Wire(problem(status=401, code="AUTH_TOKEN_EXPIRED"))
        with pytest.raises(NotPermitted) as refused:
            wire.client(tokens).get("x")
        assert tokens.asked == 1
        assert "cloud login" in str(refused.value.suggestion)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_goes_to_no_other_address(self, status: int) -> None:
        wire = Wire(httpx.Response(status, headers={"location": "http://127.0.0.1:9/elsewhere"}))
        with pytest.raises(Unavailable, match="not followed"):
            wire.client().post("x")
        assert [one.url.port for one in wire.sent] == [8080]

    @pytest.mark.parametrize(
        "answer",
        [
            problem(status=500, code="INTERNAL_ERROR"),
            problem(status=401, code="AUTH_INVALID_TOKEN"),
            httpx.ConnectError("refused"),
            httpx.Response(200, content=b"<html>"),
        ],
    )
    def test_is_in_no_message(self, answer: httpx.Response | Exception) -> None:
        with pytest.raises(CloudError) as refused:
            Wire(answer).client().get("x")
        assert TOKEN not in repr(refused.value) + refused.value.message + repr(refused.value.context)


Send = Callable[[RestClient], Any]


class TestWhatIsSentAgain:
    @pytest.mark.parametrize(
        "send",
        [
            lambda client: client.get("x"),
            lambda client: client.post("x", key="k"),
            lambda client: client.ask(Call("PUT", "x")),
            lambda client: client.ask(Call("DELETE", "x", key="k")),
        ],
    )
    @pytest.mark.parametrize("answer", [httpx.ConnectError("refused"), httpx.ReadTimeout("late"), httpx.Response(502)])
    def test_reads_and_has_a_key(self, send: Send, answer: Any) -> None:
        wire = Wire(answer, answer, ok())
        send(wire.client())
        assert len(wire.sent) == 3
        assert len({one.headers.get("idempotency-key") for one in wire.sent}) == 1

    @pytest.mark.parametrize("send", [lambda client: client.post("x"), lambda client: client.ask(Call("DELETE", "x"))])
    def test_is_nothing_that_could_be_done_twice(self, send: Send) -> None:
        wire = Wire(httpx.ReadTimeout("late"))
        with pytest.raises(Unavailable, match="can't be reached"):
            send(wire.client())
        assert len(wire.sent) == 1

    def test_has_a_key_that_the_api_takes(self) -> None:
        wire = Wire(ok())
        with pytest.raises(InvalidInput, match="idempotency key"):
            wire.client().post("x", key="a b")
        assert wire.sent == []

    def test_waits_as_long_as_it_is_told(self) -> None:
        wire = Wire(problem(status=429, code="RATE_LIMIT_EXCEEDED", headers={"retry-after": "7"}), ok())
        assert wire.client().get("x") == {"a": 1}
        assert wire.clock.slept == [7]

    def test_is_not_what_waiting_does_not_help(self) -> None:
        wire = Wire(problem(status=503, code="SERVICE_UNAVAILABLE"))
        with pytest.raises(Unavailable):
            wire.client().get("x")
        assert len(wire.sent) == 1

    def test_ends(self) -> None:
        wire = Wire(httpx.ConnectError("refused"))
        with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:8080 can't be reached: refused") as refused:
            wire.client().get("x")
        assert len(wire.sent) == 3
        assert refused.value.suggestion


class TestErrors:
    @pytest.mark.parametrize(("status", "code"), [(404, "RESOURCE_NOT_FOUND"), (405, "METHOD_NOT_ALLOWED")])
    def test_an_address_that_another_api_has_not_is_no_missing_deployment(self, status: int, code: str) -> None:
        with pytest.raises(Unavailable, match="has no such address") as refused:
            Wire(problem(status=status, code=code)).client().get("x")
        assert "check the address" in str(refused.value.suggestion)

    @pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.code)
    def test_come_back_as_they_were(self, kind: type[CloudError]) -> None:
        error = kind("it is so", stack="network", suggestion="do that")
        with pytest.raises(CloudError) as found:
            Wire(problem(error)).client().post("x")
        assert (type(found.value), found.value.message) == (kind, "it is so")
        assert {**error.context, "findings": []} == {"findings": [], **found.value.context}

    @pytest.mark.parametrize("kind", OF_TOKENS, ids=lambda kind: kind.code)
    def test_of_a_token_say_how_to_get_one_here(self, kind: type[CloudError]) -> None:
        with pytest.raises(kind, match="it is so") as found:
            Wire(problem(kind("it is so", suggestion="do that"))).client().post("x")
        assert "cloud login" in found.value.context["suggestion"]

    def test_of_a_manifest_have_their_findings(self) -> None:
        finding = {
            "code": "INVALID_TYPE",
            "severity": "critical",
            "message": "it is no number",
            "details": {"location": "m:stacks.dns", "environments": ["dev"]},
            "remediation": "write a number",
        }
        with pytest.raises(InvalidManifest) as found:
            Wire(problem(InvalidManifest("bad", findings=[finding]))).client().post("x")
        assert found.value.context["findings"] == [finding]

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            (problem(status=412, code="PRECONDITION_FAILED"), VersionConflict),
            (problem(status=422, code="VALIDATION_INVALID_FORMAT"), InvalidInput),
            (problem(status=403, code="AUTHZ_FORBIDDEN"), NotPermitted),
            (problem(status=500, code="INTERNAL_ERROR"), CloudError),
            (problem(status=418, code="TEAPOT"), CloudError),
            (httpx.Response(404, content=b"<html>"), Unavailable),
            (httpx.Response(409, headers={"content-type": "application/problem+json"}, content=b"{"), Unavailable),
            (httpx.Response(409, headers={"content-type": "application/problem+json"}, content=b"[]"), Unavailable),
            (httpx.Response(200, content=b"<html>"), Unavailable),
        ],
    )
    def test_of_the_api_itself_are_told(self, answer: httpx.Response, kind: type[CloudError]) -> None:
        with pytest.raises(CloudError) as found:
            Wire(answer).client().post("x")
        assert type(found.value) is kind
