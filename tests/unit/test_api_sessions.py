"""Signing in at the API itself, and what it says of whoever is signed in."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from api.testing.contract import operations

PASSWORD = "swordfish-1"
GOOD = {"user": "admin", "password": PASSWORD}


class TestSigningIn:
    def test_a_password_gives_a_token(self, api: Any) -> None:
        answer = api.client.post("login", json=GOOD)
        assert answer.status_code == 200
        told = answer.json()
        assert (told["user"], told["token_type"]) == ("admin", "Bearer")
        assert told["access_token"] == "access-1"
        assert told["expires_at"].endswith("Z")
        assert answer.headers["cache-control"] == "no-store"

    def test_whatever_is_refused_says_neither_what_was_wrong_nor_what_was_sent(self, api: Any) -> None:
        wrong = api.client.post("login", json={**GOOD, "password": "guess-17"})
        unknown = api.client.post("login", json={"user": "nobody", "password": "guess-17"})
        for answer in (wrong, unknown):
            assert (answer.status_code, answer.json()["error_code"]) == (401, "AUTH_INVALID_CREDENTIALS")
            assert "guess-17" not in answer.text
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert wrong.json()["detail"].replace("admin", "?") == unknown.json()["detail"].replace("nobody", "?")

    @pytest.mark.parametrize(
        "body", [{}, {"user": "", "password": "x"}, {**GOOD, "more": 1}, {"user": "a", "password": 7}]
    )
    def test_other_bodies_are_refused_without_being_repeated(self, api: Any, body: dict[str, Any]) -> None:
        answer = api.client.post("login", json=body)
        assert answer.status_code == 422
        assert PASSWORD not in answer.text

    def test_while_the_pool_is_away_that_is_told(self, api: Any) -> None:
        api.edge.user_pool.is_away = True
        assert api.client.post("login", json=GOOD).status_code == 503

    def test_guesses_are_counted_by_address(self, make_api: Any) -> None:
        client = make_api(rate_anonymous="2/hour").client
        statuses = [client.post("login", json={**GOOD, "password": "guess"}).status_code for _ in range(3)]
        assert statuses == [401, 401, 429]
        assert client.get("/health").status_code == 200

    def test_a_pool_that_takes_too_long_is_told(self, make_api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        api, goes_on = make_api(request_seconds=0.2), threading.Event()
        monkeypatch.setattr(api.edge.user_pool, "log_in", lambda *_: goes_on.wait(30))
        try:
            answer = api.client.post("login", json=GOOD)
        finally:
            goes_on.set()
        assert (answer.status_code, answer.json()["error_code"]) == (504, "REQUEST_TIMEOUT")

    @pytest.mark.parametrize("path", ["login", "login/renew"])
    def test_a_long_body_is_told(self, make_api: Any, path: str) -> None:
        answer = make_api(body_limit_bytes=50).client.post(path, json={"user": "a" * 60})
        assert (answer.status_code, answer.json()["error_code"]) == (413, "BODY_TOO_LARGE")

    @pytest.mark.parametrize("name", ["log_in", "renew_login"])
    def test_whatever_may_be_told_is_in_the_contract(self, name: str) -> None:
        assert set(operations()[name].error_codes) == {
            "MALFORMED_JSON",
            "BODY_TOO_LARGE",
            "AUTH_INVALID_CREDENTIALS",
            "VALIDATION_INVALID_FORMAT",
            "VALIDATION_REQUIRED_FIELD",
            "RATE_LIMIT_EXCEEDED",
            "INTERNAL_ERROR",
            "SERVICE_UNAVAILABLE",
            "REQUEST_TIMEOUT",
        }


class TestRenewing:
    def test_a_refresh_token_gives_the_next_token(self, api: Any) -> None:
        given = api.client.post("login", json=GOOD).json()
        asked = {"user": "admin", "refresh_token": given["refresh_token"]}
        told = api.client.post("login/renew", json=asked)
        assert told.status_code == 200
        assert (told.json()["user"], told.json()["access_token"]) == ("admin", "access-2")

    @pytest.mark.parametrize("changes", [{"refresh_token": "guess-17"}, {"user": "developer"}], ids=str)
    def test_another_ones_is_refused(self, api: Any, changes: dict[str, str]) -> None:
        given = api.client.post("login", json=GOOD).json()
        asked = {"user": "admin", "refresh_token": given["refresh_token"], **changes}
        answer = api.client.post("login/renew", json=asked)
        assert (answer.status_code, answer.json()["error_code"]) == (401, "AUTH_INVALID_CREDENTIALS")
        assert asked["refresh_token"] not in answer.text

    def test_it_is_counted_by_address_too(self, make_api: Any) -> None:
        client = make_api(rate_anonymous="1/hour").client
        asked = {"user": "admin", "refresh_token": "guess"}
        assert [client.post("login/renew", json=asked).status_code for _ in range(2)] == [401, 429]


class TestMyself:
    def rights(self, client: Any, environment: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = client.get("me").json()["rights"][environment]
        return found

    def test_it_says_who_the_token_is_of(self, api: Any) -> None:
        told = api.reader().get("me").json()
        assert (told["user"], told["group"], told["organizations"]) == ("rob", "ReadOnly", ["Acme"])

    def test_organisations_are_no_matter_where_they_are_not_told_apart(self, make_api: Any) -> None:
        assert make_api(organization_isolation=False).reader().get("me").json()["organizations"] is None

    def test_readers_may_look_only(self, api: Any) -> None:
        assert self.rights(api.reader(), "dev") == {"permissions": ["read", "validate"], "operations": []}

    def test_prod_is_for_administrators(self, api: Any) -> None:
        assert "deploy" in self.rights(api.developer(), "dev")["operations"]
        assert "destroy" not in self.rights(api.developer(), "dev")["operations"]
        assert self.rights(api.developer(), "prod")["operations"] == []
        assert "administer" in self.rights(api.admin(), "prod")["permissions"]

    def test_a_setting_that_lends_a_right_is_told(self, make_api: Any) -> None:
        assert "destroy" in self.rights(make_api(developers_may_destroy=True).developer(), "dev")["operations"]
