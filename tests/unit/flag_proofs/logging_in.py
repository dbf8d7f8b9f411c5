"""The flags of logging in."""

from __future__ import annotations

from typing import Any

from cli.testing.flags import run
from cli.testing.scenes import Scene

SCENES = {
    "login": Scene(("login",)),
    "logout": Scene(("logout",), lambda cli, _: run(cli, "login")),
}


def is_that_user(cli: Any, flag: str, scene: Scene) -> None:
    assert cli.json(*scene.call())["data"]["user"] == "admin"
    assert cli.json(*scene.call(), flag, "developer")["data"]["user"] == "developer"
    assert "there is no user 'nobody'" in run(cli, *scene.call(), flag, "nobody", code=3)


def prints_the_token_alone(cli: Any, flag: str, scene: Scene) -> None:
    """The one that is there, as often as it is asked for; with --json it would be in the way of programs' logs."""
    assert "access-" not in run(cli, *scene.call())
    assert run(cli, *scene.call(), flag) == "access-1\n"
    assert run(cli, *scene.call(), flag, "--quiet") == "access-1\n"
    assert "exclude each other" in run(cli, *scene.call(), flag, "--json", code=2)


PROOFS = {"login": {"--user": is_that_user, "--print": prints_the_token_alone}}
