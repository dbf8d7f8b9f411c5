"""Logging in at a user pool: the fake, and Cognito as moto has it, filled as the sandbox fills its own."""

from __future__ import annotations

import logging
import stat
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from jose import jwt

from cloud_core.adapters.aws.user_pool import CognitoUserPool, pool_client
from cloud_core.adapters.local.sandbox_state import SandboxAddresses
from cloud_core.adapters.local.sandbox_users import read_pool
from cloud_core.domain.errors import InvalidInput, LoginRefused, SandboxNotRunning, Unavailable
from cloud_core.domain.values import SecretValue
from cloud_core.ports.logins import UserPool
from cloud_core.settings import Settings
from cloud_core.settings.sandbox import SandboxSettings
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.logins import FakeUserPool
from sandbox.processes import Launch
from sandbox.user_pool import create_user_pool


@dataclass(frozen=True)
class Place:
    """A pool, and the password of its user `developer`."""

    pool: UserPool
    password: SecretValue


@pytest.fixture
def real(endpoint: str, tmp_path: Path) -> Place:
    url = endpoint
    addresses = SandboxAddresses("g1", tmp_path, url, url, url, url, url)
    own = SandboxSettings(organizations="CompanyA, Acme & Sons,CompanyA")
    create_user_pool(Launch(Settings(sandbox=own), addresses))
    made = read_pool(addresses.user_pool_file)
    return Place(CognitoUserPool(made.region, made.client_id, FakeClock(), url), made.password("developer"))


@pytest.fixture
def fake() -> Place:
    return Place(FakeUserPool(FakeClock(), {"developer": "swordfish"}), SecretValue("swordfish"))


@pytest.fixture(params=["fake", "real"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


def test_a_login_has_tokens_and_can_be_renewed(place: Place) -> None:
    first = place.pool.log_in("developer", place.password)
    assert (first.user, first.client_id) == ("developer", place.pool.client_id)
    assert first.is_fresh(FakeClock().now())
    second = place.pool.refresh(first)
    assert second.user == "developer"
    assert second.access_token != first.access_token
    assert place.pool.refresh(second).access_token != second.access_token


@pytest.mark.parametrize("user", ["developer", "nobody"])
def test_a_wrong_password_or_user_is_refused(place: Place, user: str) -> None:
    with pytest.raises(LoginRefused, match=f"{user} can't log in") as refused:
        place.pool.log_in(user, SecretValue("Guess-12345-guess"))
    assert "Guess" not in f"{refused.value} {refused.value.context}"


def test_nobody_learns_which_users_there_are(place: Place) -> None:
    told = []
    for user in ("developer", "nobody"):
        with pytest.raises(LoginRefused) as refused:
            place.pool.log_in(user, SecretValue("Guess-12345-guess"))
        told.append(refused.value.message.replace(user, "?"))
    assert told[0] == told[1]


def test_a_login_is_renewed_for_its_own_user_alone(place: Place) -> None:
    login = place.pool.log_in("developer", place.password)
    with pytest.raises(LoginRefused, match="admin can't log in") as refused:
        place.pool.refresh(replace(login, user="admin"))
    assert login.refresh_token.value not in f"{refused.value} {refused.value.context}"


def test_the_sandboxs_users_are_in_the_groups_that_the_api_knows(real: Place) -> None:
    claims = jwt.get_unverified_claims(real.pool.log_in("developer", real.password).access_token.value)
    assert claims["token_use"] == "access"
    assert set(claims["cognito:groups"]) == {"Developers", "org:CompanyA", "org:Acme%20%26%20Sons"}


def test_its_file_is_private(tmp_path: Path, endpoint: str) -> None:
    addresses = SandboxAddresses("g1", tmp_path, *[endpoint] * 5)
    create_user_pool(Launch(Settings(), addresses))
    assert stat.S_IMODE(addresses.user_pool_file.stat().st_mode) == 0o600
    passwords = read_pool(addresses.user_pool_file).passwords
    assert list(passwords) == ["admin", "developer", "readonly"]
    assert len({password.value for password in passwords.values()}) == 3
    with pytest.raises(InvalidInput, match="there are admin, developer, readonly"):
        read_pool(addresses.user_pool_file).password("nobody")
    addresses.user_pool_file.write_text('{"users": {"admin": "swordfish"}}')
    with pytest.raises(SandboxNotRunning, match="cloud sandbox reset") as broken:
        read_pool(addresses.user_pool_file)
    assert "swordfish" not in broken.value.message


def test_everything_that_can_be_logged_has_no_secret_in_it(real: Place, caplog: pytest.LogCaptureFixture) -> None:
    before = logging.getLogger("botocore").level
    with caplog.at_level(logging.DEBUG):
        login = real.pool.log_in("developer", real.password)
        renewed = real.pool.refresh(login)
    secrets = (real.password, login.access_token, login.refresh_token, renewed.access_token)
    assert not [secret for secret in secrets if secret.value in caplog.text]
    assert logging.getLogger("botocore").level == before


def test_it_stays_silent_until_the_last_of_those_who_log_in_is_done(real: Place) -> None:
    botocore = logging.getLogger("botocore")
    before = botocore.level
    with pool_client("us-east-1", None):
        first = pool_client("us-east-1", None)
        first.__enter__()
    assert botocore.level == logging.WARNING
    first.__exit__(None, None, None)
    assert botocore.level == before


def test_an_unknown_client_is_no_wrong_password(endpoint: str) -> None:
    with pytest.raises(InvalidInput, match="ResourceNotFoundException"):
        CognitoUserPool("us-east-1", "nobodys", FakeClock(), endpoint).log_in("ann", SecretValue("x"))


def test_a_pool_that_is_away_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="can't be reached"):
        CognitoUserPool("us-east-1", "any", FakeClock(), "http://127.0.0.1:9").log_in("ann", SecretValue("x"))
