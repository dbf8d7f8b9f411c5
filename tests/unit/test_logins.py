"""Logging in and out: which login counts, and when a new token is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_core.bootstrap.logins import LoginsAt, LoginServices
from cloud_core.domain.errors import InvalidInput, LoginRefused, Unavailable
from cloud_core.services.logins import LoginService
from cloud_core.settings import Settings
from cloud_core.settings.api import ApiSettings
from cloud_core.settings.tree import Profile
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.logins import FakeUserPool, InMemoryLogins, KnownUsers

API = "http://api.test/api/v1"


class World:
    """A service, and all that it stands on."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.pool = FakeUserPool(self.clock, {"ada": "swordfish", "bob": "carp"})
        self.store = InMemoryLogins()
        self.users = KnownUsers(self.pool)
        self.logins = self.at(API)

    def at(self, api_url: str) -> LoginService:
        return LoginService(api_url, lambda: self.pool, self.store, self.clock)

    def token(self, user: str | None = None) -> str | None:
        found = self.logins.current(user)
        return found and str(found.access_token.value)


@pytest.fixture
def world() -> World:
    return World()


def test_a_login_is_kept_for_its_api(world: World) -> None:
    assert world.token() is None
    assert world.logins.log_in(world.users).user == "ada"
    assert world.token() == "access-1"
    assert world.at("http://other.test").current() is None


def test_another_user_takes_its_place(world: World) -> None:
    world.logins.log_in(world.users)
    assert world.token("bob") is None
    assert world.logins.log_in(world.users, "bob").user == "bob"
    assert (world.token(), world.token("ada")) == ("access-2", None)


def test_an_unknown_user_or_a_wrong_password_leaves_the_login(world: World) -> None:
    world.logins.log_in(world.users)
    with pytest.raises(InvalidInput, match="no user 'eve'"):
        world.logins.log_in(world.users, "eve")
    users, world.pool.passwords = KnownUsers(FakeUserPool(world.clock, {"ada": "guess"})), {"ada": "changed"}
    with pytest.raises(LoginRefused):
        world.logins.log_in(users)
    assert world.token() == "access-1"


def test_shortly_before_its_end_a_token_is_renewed_and_kept(world: World) -> None:
    world.logins.log_in(world.users)
    world.clock.advance(3600 - 61)
    assert world.token() == "access-1"
    world.clock.advance(2)
    assert (world.token(), world.token()) == ("access-2", "access-2")


def test_a_login_that_is_over_is_none(world: World) -> None:
    login = world.logins.log_in(world.users)
    world.pool.ended.add(login.refresh_token.value)
    world.clock.advance(3600)
    assert world.token() is None


def test_a_login_at_a_pool_that_is_gone_is_none(world: World) -> None:
    """A sandbox that was started anew, on the same port."""
    world.logins.log_in(world.users)
    world.pool.client_id = "client-2"
    assert world.token() is None


def test_a_pool_that_is_away_does_not_end_the_login(world: World) -> None:
    world.logins.log_in(world.users)
    world.pool.is_away = True
    assert world.token() == "access-1"
    world.clock.advance(3600)
    with pytest.raises(Unavailable):
        world.logins.current()
    world.pool.is_away = False
    assert world.token() == "access-2"


def test_where_nobody_names_the_pool_a_token_that_holds_is_good_enough(world: World) -> None:
    """As it is for a command with --remote: the pool is needed for another one only."""
    world.logins.log_in(world.users)

    def unnamed() -> FakeUserPool:
        raise InvalidInput("the user pool's app client is not set")

    elsewhere = LoginService(API, unnamed, world.store, world.clock)
    assert elsewhere.current("ada") == world.logins.current()
    assert elsewhere.current("bob") is None
    world.clock.advance(7200)
    with pytest.raises(InvalidInput, match="app client"):
        elsewhere.current()


def test_out_is_out(world: World) -> None:
    login = world.logins.log_in(world.users)
    assert [world.logins.log_out(), world.logins.log_out()] == [True, False]
    assert world.token() is None
    assert "access" not in repr(login).replace("access_token", "")


def test_a_token_that_is_refused_is_renewed_though_it_looks_fresh(world: World) -> None:
    assert world.logins.renewed() is None
    login = world.logins.log_in(world.users)
    renewed = world.logins.renewed()
    assert renewed is not None
    assert (renewed.access_token.value, world.token()) == ("access-2", "access-2")
    world.pool.ended.add(login.refresh_token.value)
    assert world.logins.renewed() is None


def test_an_api_elsewhere_has_the_pool_of_the_settings(tmp_path: Path) -> None:
    """No sandbox has to run here for it, and none that runs is asked."""
    far = LoginsAt(Settings(workspace=tmp_path), "https://cloud.example.com/api/v1")
    assert (far.logins.api_url, far.known_credentials) == ("https://cloud.example.com/api/v1", None)
    with pytest.raises(InvalidInput, match="app client is not set"):
        far.logins.log_in(KnownUsers(FakeUserPool(FakeClock(), {"ada": "swordfish"})))


@pytest.mark.parametrize("given", ["https://cloud.example.com", "https://cloud.example.com/api/v1/"])
def test_the_api_of_the_settings_has_its_base(given: str, tmp_path: Path) -> None:
    """One address, however it was written: a login is kept by it."""
    settings = Settings(workspace=tmp_path, profile=Profile.AWS, api=ApiSettings(url=given))
    assert LoginServices(settings).api_url == "https://cloud.example.com/api/v1"
