"""Tokens: those of the pool are accepted until they expire, and no forged one ever is."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.testing.calling import calling
from api.testing.issuer import SigningKey, TokenIssuer
from cloud_core.adapters.cognito.keys import PoolKeys
from cloud_core.adapters.cognito.tokens import LONGEST_TOKEN
from cloud_core.settings import Settings
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.edge import FakeEdge

GROUPS = ("Developers", "org:Acme")
Forge = Callable[[TokenIssuer, dict[str, Any]], str]


@pytest.fixture(scope="module")
def foreign() -> SigningKey:
    return SigningKey("key-1")


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def ask(api: Any, token: str | None) -> tuple[int, str | None]:
    api.client.token = token
    answer = api.client.get("deployments")
    return answer.status_code, answer.json().get("error_code")


def claims(api: Any, use: str = "access", **changes: Any) -> dict[str, Any]:
    made = {**api.issuer.claims(api.clock, use=use, groups=GROUPS), **changes}
    return {name: value for name, value in made.items() if value is not None}


@pytest.mark.parametrize("use", ["id", "access"])
def test_both_kinds_of_token_are_accepted(api: Any, use: str) -> None:
    assert ask(api, api.issuer.token(claims(api, use))) == (200, None)


def test_both_kinds_name_the_same_person(api: Any) -> None:
    """Else somebody could approve with the one what they have asked for with the other."""
    names = []
    for use in ("id", "access"):
        client = api.as_(*GROUPS, user="ann", use=use)
        names.append(client.post("deployments/D1BRV40/deploy").json()["started_by"])
        api.edge.clock.advance(1)
    assert names == ["ann", "ann"]


def test_without_a_token_nobody_gets_in(api: Any) -> None:
    answer = api.client.get("deployments")
    assert (answer.status_code, answer.json()["error_code"]) == (401, "AUTH_INVALID_TOKEN")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "bearer\tx", "Token x"])
def test_another_header_is_no_token(api: Any, header: str) -> None:
    answer = api.client.get("deployments", headers={"Authorization": header})
    assert answer.status_code == 401


def none_algorithm(issuer: TokenIssuer, claims: dict[str, Any]) -> str:
    return f"{encoded({'alg': 'none', 'kid': 'key-1'})}.{encoded(claims)}."


def hs256_with_the_public_key(issuer: TokenIssuer, claims: dict[str, Any]) -> str:
    signed = f"{encoded({'alg': 'HS256', 'kid': 'key-1'})}.{encoded(claims)}"
    key = issuer.key.public_pem.encode()
    return f"{signed}.{encoded(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"


def hs256_that_says_rs256(issuer: TokenIssuer, claims: dict[str, Any]) -> str:
    signed = f"{encoded({'alg': 'RS256', 'kid': 'key-1'})}.{encoded(claims)}"
    key = issuer.key.public_pem.encode()
    return f"{signed}.{encoded(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"


def tampered(issuer: TokenIssuer, claims: dict[str, Any]) -> str:
    header, _, signature = issuer.token(claims).split(".")
    return f"{header}.{encoded({**claims, 'cognito:groups': ['Administrators', 'org:Acme']})}.{signature}"


def without_signature(issuer: TokenIssuer, claims: dict[str, Any]) -> str:
    return issuer.token(claims).rpartition(".")[0] + "."


def without_kid(issuer: TokenIssuer, claims: dict[str, Any]) -> str:
    return issuer.token(claims, kid=None)


def unknown_kid(issuer: TokenIssuer, claims: dict[str, Any]) -> str:
    return issuer.token(claims, kid="key-9")


def with_critical_extension(issuer: TokenIssuer, claims: dict[str, Any]) -> str:
    return issuer.token(claims, crit=["exp"])


def oversized(issuer: TokenIssuer, claims: dict[str, Any]) -> str:
    return issuer.token({**claims, "padding": "x" * LONGEST_TOKEN})


def no_token(issuer: TokenIssuer, claims: dict[str, Any]) -> str:
    return "a.b.c"


@pytest.mark.parametrize(
    "forge",
    [
        none_algorithm,
        hs256_with_the_public_key,
        hs256_that_says_rs256,
        tampered,
        without_signature,
        without_kid,
        unknown_kid,
        with_critical_extension,
        oversized,
        no_token,
    ],
    ids=lambda forge: forge.__name__,
)
def test_a_forged_token_is_refused(api: Any, forge: Forge) -> None:
    assert ask(api, forge(api.issuer, claims(api))) == (401, "AUTH_INVALID_TOKEN")


def test_a_key_of_somebody_else_with_our_id_is_refused(api: Any, foreign: SigningKey) -> None:
    assert ask(api, api.issuer.token(claims(api), foreign)) == (401, "AUTH_INVALID_TOKEN")


@pytest.mark.parametrize(
    ("use", "changes"),
    [
        ("access", {"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_OTHER"}),
        ("access", {"iss": None}),
        ("access", {"client_id": "another"}),
        ("access", {"client_id": None}),
        ("access", {"client_id": None, "aud": "client-of-tests"}),
        ("id", {"aud": "another"}),
        ("id", {"aud": None}),
        ("id", {"aud": ["client-of-tests", "another"]}),
        ("access", {"token_use": "refresh"}),
        ("access", {"token_use": None}),
        ("access", {"token_use": "id"}),
        ("id", {"token_use": "access"}),
        ("access", {"sub": None}),
        ("access", {"exp": None}),
        ("access", {"exp": "tomorrow"}),
        ("access", {"exp": True}),
        ("access", {"iat": None}),
        ("access", {"cognito:groups": "Administrators"}),
        ("access", {"cognito:groups": [1]}),
    ],
    ids=str,
)
def test_claims_of_another_kind_are_refused(api: Any, use: str, changes: dict[str, Any]) -> None:
    assert ask(api, api.issuer.token(claims(api, use, **changes))) == (401, "AUTH_INVALID_TOKEN")


@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_a_token_of_the_future_is_refused(api: Any, name: str) -> None:
    now = int(api.clock.now().timestamp())
    assert ask(api, api.issuer.token(claims(api, **{name: now + 31}))) == (401, "AUTH_INVALID_TOKEN")
    assert ask(api, api.issuer.token(claims(api, **{name: now + 29}))) == (200, None)


def test_a_token_that_was_accepted_expires(api: Any) -> None:
    token = api.issuer.token(claims(api))
    assert ask(api, token) == (200, None)
    api.clock.advance(3599)
    assert ask(api, token) == (200, None)
    api.clock.advance(1)
    assert ask(api, token) == (401, "AUTH_TOKEN_EXPIRED")
    assert ask(api, api.issuer.token(claims(api, exp=int(api.clock.now().timestamp()) - 1))) == (
        401,
        "AUTH_TOKEN_EXPIRED",
    )


def test_a_token_without_a_group_may_do_nothing(api: Any) -> None:
    assert ask(api, api.issuer.token(claims(api, **{"cognito:groups": None}))) == (403, "AUTHZ_FORBIDDEN")
    assert ask(api, api.issuer.token(claims(api, **{"cognito:groups": ["org:Acme"]}))) == (403, "AUTHZ_FORBIDDEN")


def test_keys_are_read_once(api: Any) -> None:
    before = api.issuer.reads
    for number in range(5):
        assert ask(api, api.issuer.token(claims(api, jti=str(number)))) == (200, None)
    assert api.issuer.reads - before == 1


def test_unknown_keys_have_the_keys_read_again_seldom(api: Any) -> None:
    assert ask(api, api.issuer.token(claims(api))) == (200, None)
    before = api.issuer.reads
    for number in range(20):
        assert ask(api, api.issuer.token(claims(api), kid=f"forged-{number}")) == (401, "AUTH_INVALID_TOKEN")
    assert api.issuer.reads == before
    api.clock.advance(10)
    for number in range(20):
        assert ask(api, api.issuer.token(claims(api), kid=f"forged-{number}")) == (401, "AUTH_INVALID_TOKEN")
    assert api.issuer.reads == before + 1


def test_a_new_key_is_found_and_an_old_one_forgotten(api: Any) -> None:
    issuer, old = api.issuer, api.issuer.key
    token = issuer.token(claims(api))
    assert ask(api, token) == (200, None)
    new = SigningKey("key-2")
    issuer.keys = [new]
    try:
        api.clock.advance(10)
        assert ask(api, issuer.token(claims(api), new)) == (200, None)
        assert ask(api, token) == (401, "AUTH_INVALID_TOKEN")
    finally:
        issuer.keys = [old]


def test_while_the_pool_is_away_known_keys_do(api: Any) -> None:
    assert ask(api, api.issuer.token(claims(api))) == (200, None)
    api.issuer.is_away = True
    try:
        api.clock.advance(3700)
        assert ask(api, api.issuer.token(claims(api))) == (200, None)
    finally:
        api.issuer.is_away = False


def test_without_any_key_nobody_gets_in(api: Any) -> None:
    api.issuer.is_away = True
    try:
        assert ask(api, api.issuer.token(claims(api))) == (503, "AUTH_UNAVAILABLE")
    finally:
        api.issuer.is_away = False
    api.clock.advance(10)
    assert ask(api, api.issuer.token(claims(api))) == (200, None)


@pytest.mark.parametrize(
    "key",
    [
        "text",
        {"kty": "EC", "kid": "key-1"},
        {"kty": "RSA", "kid": 1},
        {"kty": "RSA", "kid": "key-1"},
        {"kty": "RSA", "kid": "key-1", "n": "!", "e": "!"},
        {"kty": "RSA", "kid": "key-1", "use": "enc"},
        {"kty": "RSA", "kid": "key-1", "alg": "RS512"},
    ],
    ids=str,
)
def test_what_is_no_key_of_ours_verifies_nothing(api: Any, monkeypatch: pytest.MonkeyPatch, key: Any) -> None:
    given = {**api.issuer.key.public, **key} if isinstance(key, dict) and ("use" in key or "alg" in key) else key
    monkeypatch.setattr(api.issuer, "keys", [_Served(given)])
    assert ask(api, api.issuer.token(claims(api))) == (401, "AUTH_INVALID_TOKEN")


class _Served:
    """Listed as it is."""

    def __init__(self, public: Any) -> None:
        self.public = public


def test_what_is_no_key_set_leaves_nobody_in(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.issuer, "keys", [_Served("x" * 300_000)])
    assert ask(api, api.issuer.token(claims(api))) == (503, "AUTH_UNAVAILABLE")


def test_without_a_pool_nobody_gets_in(tmp_path: Path) -> None:
    with calling(create_app(Settings(), FakeEdge(tmp_path), FakeClock())) as client:
        client.token = "a.b.c"
        answer = client.get("deployments")
    assert (answer.status_code, answer.json()["error_code"]) == (503, "AUTH_UNAVAILABLE")
    assert "CLOUD_COGNITO__USER_POOL_ID" in answer.json()["suggestion"]


def test_an_organisation_may_have_a_space_in_its_name(api: Any) -> None:
    api.another("D000001", "Acme Corp")
    listed = api.as_("ReadOnly", "org:Acme%20Corp").get("deployments").json()["deployments"]
    assert [one["deployment_id"] for one in listed] == ["D000001"]


def test_issuers_use_the_clock_of_the_test() -> None:
    assert TokenIssuer().claims(FakeClock())["exp"] == int(FakeClock().now().timestamp()) + 3600


def test_who_goes_away_while_the_keys_are_read_keeps_nobody_out(issuer: TokenIssuer) -> None:
    clock = FakeClock()
    settings = issuer.settings
    keys = PoolKeys(issuer.url, clock, settings.keys_seconds, settings.refetch_seconds)

    async def ask() -> bool:
        first = asyncio.ensure_future(keys.get("key-1"))
        await asyncio.sleep(0)  # it has begun
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        return await keys.get("key-1") is not None

    assert asyncio.run(ask())
