"""`cloud login` and `cloud logout` over fakes: who is asked what, and what is told."""

from __future__ import annotations

import getpass
import io
import sys
from collections.abc import Callable
from typing import Any

import pytest

from cloud_core.testing.edge import API_URL


@pytest.fixture
def asking(cli: Any) -> Any:
    """The command line where nobody knows the users."""
    cli.edge.known_credentials = None
    return cli


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_tells_who_is_logged_in_and_where_and_no_token(cli: Any) -> None:
    shown = cli("login")
    assert (shown.code, f"admin is logged in at {API_URL}" in shown.out) == (0, True)
    data = cli.json("login")["data"]
    assert (data["user"], data["api_url"]) == ("admin", API_URL)
    assert not any(word in cli.out for word in ("access-", "refresh-", "swordfish"))


def test_a_person_is_asked_for_name_and_password(
    asking: Any, types: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(getpass, "getpass", lambda prompt, stream: asked.append(prompt) or "swordfish-2")
    types("developer")
    shown = asking("login")
    assert (shown.code, "developer is logged in" in shown.out) == (0, True)
    assert asked == ["Password of developer: "]
    assert "User name: " in shown.err


def test_a_program_gives_the_password_on_stdin(asking: Any, piped: Callable[[str], None]) -> None:
    piped("swordfish-1\n")
    assert asking("login", "--user", "admin", "--print").out == "access-1\n"
    piped("")
    assert asking("login", "--user", "admin", "--print").out == "access-1\n"


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        (("--user", "admin"), "", "Password of admin"),
        ((), "swordfish-1\n", "add --user"),
    ],
)
def test_where_nobody_can_be_asked_it_says_what_is_wanted(
    asking: Any, piped: Callable[[str], None], words: tuple[str, ...], typed: str, told: str
) -> None:
    piped(typed)
    failed = asking("login", *words)
    assert (failed.code, told in failed.err, failed.out) == (2, True, "")


def test_a_wrong_password_is_refused_and_is_not_repeated(asking: Any, piped: Callable[[str], None]) -> None:
    piped("guess-7\n")
    failed = asking("login", "--user", "admin")
    assert (failed.code, "admin can't log in" in failed.err) == (6, True)
    assert "guess-7" not in failed.err
    assert asking.edge.logins.current() is None


def test_a_token_that_is_over_is_renewed_without_a_word(cli: Any) -> None:
    assert cli("login", "--print").out == "access-1\n"
    cli.edge.clock.advance(3600)
    assert (cli("login", "--print").out, cli.err) == ("access-2\n", "")


def test_logging_in_again_is_a_new_login(cli: Any) -> None:
    cli("login")
    cli("login")
    assert cli("login", "--print").out == "access-2\n"


def test_rehearsed_nothing_is_asked_of_the_pool(cli: Any) -> None:
    cli.edge.user_pool.is_away = True
    assert cli("login", "--dry-run").out == f"admin would log in at {API_URL}.\n"
    cli.edge.user_pool.is_away = False
    cli("login")
    assert "would be forgotten" in cli("logout", "--dry-run").out
    assert cli.edge.logins.current() is not None


def test_logging_out_forgets(cli: Any) -> None:
    cli("login")
    assert cli.json("logout")["data"] == {"api_url": API_URL, "logged_out": True}
    assert cli.edge.logins.current() is None
    assert cli("logout").out == f"Nobody was logged in at {API_URL}.\n"
