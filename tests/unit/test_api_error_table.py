"""Every endpoint answers with every error that it declares, to every role that gets so far.

A declared error without a way to it fails by name: the declaration is wrong, or `api.testing.error_ways` lacks a row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.testing.calls import BY_NAME, Call
from api.testing.contract import Operation, operations
from api.testing.error_ways import GENERAL
from api.testing.issuer import TokenIssuer
from api.testing.own_error_ways import OWN
from api.testing.worlds import ROLES, ApiOverWorlds, over_worlds
from cloud_core.testing.waiting import wait_for

GUARDED = [one for one in operations().values() if one.permission]
FORBIDDEN = "AUTHZ_FORBIDDEN"
# These come before it is asked who may.
FIRST = {
    "AUTH_INVALID_TOKEN",
    "AUTH_TOKEN_EXPIRED",
    "AUTH_UNAVAILABLE",
    "RATE_LIMIT_EXCEEDED",
    "BODY_TOO_LARGE",
}
TOKENS = {
    "AUTH_INVALID_TOKEN",
    "AUTH_TOKEN_EXPIRED",
    "AUTH_UNAVAILABLE",
    "RATE_LIMIT_EXCEEDED",
    "AUTHZ_ORGANIZATION_MISMATCH",
    FORBIDDEN,
    "REQUEST_TIMEOUT",
}
WAYS = [(one, code) for one in GUARDED for code in one.error_codes if code not in TOKENS]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory, issuer: TokenIssuer) -> Iterator[Callable[..., ApiOverWorlds]]:
    with ExitStack() as open_now:

        def made(pool: TokenIssuer = issuer, **settings: Any) -> ApiOverWorlds:
            return open_now.enter_context(over_worlds(tmp_path_factory.mktemp("worlds"), pool, **settings))

        yield made


@pytest.fixture(scope="module")
def api(make: Callable[..., ApiOverWorlds]) -> ApiOverWorlds:
    return make()


@pytest.fixture(scope="module")
def hurried(make: Callable[..., ApiOverWorlds]) -> ApiOverWorlds:
    return make(**{f"rate_{who}": "1/hour" for who in ("administrators", "developers", "readonly")})


@pytest.fixture(scope="module")
def keyless(make: Callable[..., ApiOverWorlds]) -> ApiOverWorlds:
    """The user pool was never reached."""
    away = TokenIssuer()
    away.url = "http://127.0.0.1:1/jwks.json"
    return make(away)


@pytest.fixture(scope="module")
def impatient(make: Callable[..., ApiOverWorlds]) -> ApiOverWorlds:
    made = make(request_seconds=0.05)
    wait_for("the keys are read", lambda: made.as_role("reader").get("deployments").status_code == 200)
    return made


def require(answer: httpx.Response, operation: Operation, code: str) -> None:
    assert answer.status_code >= 400, f"{operation.name} does not answer with {code} but {answer.status_code}"
    assert answer.json()["error_code"] == code, answer.text
    assert answer.status_code == operation.error_codes[code]


def expected(operation: Operation, role: str, code: str) -> set[str]:
    if code in FIRST or role in BY_NAME[operation.name].who:
        return {code}
    # Who asks about an operation needs the right of whoever starts it: known only once it is found.
    return {FORBIDDEN} if not operation.may(ROLES[role][0]) else {FORBIDDEN, code}


@pytest.mark.parametrize(("operation", "code"), WAYS, ids=lambda one: one if isinstance(one, str) else one.name)
def test_it_is_answered_with(api: ApiOverWorlds, operation: Operation, code: str) -> None:
    way = OWN.get((operation.name, code)) or GENERAL.get(code)
    assert way is not None, f"{operation.name} declares {code}, and there is no way to it"
    asked = way(api.worlds, operation, api.worlds.prepared(BY_NAME[operation.name]))
    # Those who may not come first: whoever is refused changes nothing.
    reached = set()
    for role in sorted(ROLES, key=lambda one: one in BY_NAME[operation.name].who):
        answer = asked.send(api.as_role(role))
        found = answer.json().get("error_code") if answer.status_code >= 400 else None
        assert found in expected(operation, role, code), f"{role}: {answer.status_code} {answer.text}"
        require(answer, operation, str(found))
        reached.add(found)
    assert code in reached


@pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.name)
class TestBeforeTheHandler:
    """What every endpoint answers before it does anything."""

    def test_no_token_and_one_that_has_expired(self, api: ApiOverWorlds, operation: Operation) -> None:
        asked = known(api, operation)
        api.client.token = None
        require(asked.send(api.client), operation, "AUTH_INVALID_TOKEN")
        for role in ROLES:
            api.client.token = api.token(role, exp=1)
            require(asked.send(api.client), operation, "AUTH_TOKEN_EXPIRED")

    def test_no_right_and_no_organisation(self, api: ApiOverWorlds, operation: Operation) -> None:
        asked = known(api, operation)
        for role, (group, _) in ROLES.items():
            api.client.token = api.token(role, "org:Acme")
            require(asked.send(api.client), operation, FORBIDDEN)
            api.client.token = api.token(role, group)
            code = "AUTHZ_ORGANIZATION_MISMATCH" if operation.may(group) else FORBIDDEN
            require(asked.send(api.client), operation, code)

    def test_too_often(self, hurried: ApiOverWorlds, operation: Operation) -> None:
        asked = known(hurried, operation)
        for role in ROLES:
            hurried.client.token = hurried.token(role, user=f"{role} of {operation.name}")
            asked.send(hurried.client)
            require(asked.send(hurried.client), operation, "RATE_LIMIT_EXCEEDED")

    def test_keys_that_cannot_be_read(self, keyless: ApiOverWorlds, operation: Operation) -> None:
        for role in ROLES:
            require(known(keyless, operation).send(keyless.as_role(role)), operation, "AUTH_UNAVAILABLE")


@pytest.mark.parametrize(
    "operation", [one for one in GUARDED if "REQUEST_TIMEOUT" in one.error_codes], ids=lambda one: one.name
)
def test_a_service_that_takes_too_long(impatient: ApiOverWorlds, operation: Operation) -> None:
    asked, goes_on = known(impatient, operation), threading.Event()
    impatient.worlds.fault = lambda: goes_on.wait(30)
    for role in (role for role, (group, _) in ROLES.items() if operation.may(group)):
        require(asked.send(impatient.as_role(role)), operation, "REQUEST_TIMEOUT")
    goes_on.set()


def known(api: ApiOverWorlds, operation: Operation) -> Call:
    return replace(api.worlds.prepared(BY_NAME[operation.name]))


def test_every_code_of_every_endpoint_was_asked_for() -> None:
    told = {code for one in GUARDED for code in one.error_codes}
    assert told == {code for _, code in WAYS} | TOKENS
    with_body = {one.name for one in GUARDED if "requestBody" in one.definition}
    assert with_body == {one.name for one in GUARDED if {"MALFORMED_JSON", "BODY_TOO_LARGE"} <= one.error_codes.keys()}
