"""`--remote`: commands that work through the API of another machine, and those that don't."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, cast

import typer

from cli.help import SHARED_OPTIONS
from cli.options import refusing
from cloud_core.adapters.rest.address import Address, parse_address
from cloud_core.domain.errors import InvalidInput, NotRemote

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_core.adapters.rest.tokens import Tokens
    from cloud_core.bootstrap import EdgeServices
    from cloud_core.bootstrap.logins import LoginServices
    from cloud_core.domain.logins import Login
    from cloud_core.settings import Settings

REMOTE_VARIABLE: Final = "CLOUD_REMOTE"
PLAIN_VARIABLE: Final = "CLOUD_REMOTE_PLAIN"
_YES: Final = ("1", "true", "yes")
_NO: Final = ("", "0", "false", "no")

_HERE: Final = f"leave out --remote, and unset {REMOTE_VARIABLE}"
_OLDER: Final = {"list-stacks": "stack list"}
NEEDS_NO_SERVICE: Final = frozenset({"schema", "manifest schema", "login", "logout"})
"""They work without the API, wherever it is: they print what is shipped with the tool, or ask the user pool."""


def _address(text: str) -> Address:
    return parse_address(text, _allows_plain(os.environ.get(PLAIN_VARIABLE, "")))


def _allows_plain(text: str) -> bool:
    word = text.strip().lower()
    if word not in (*_YES, *_NO):
        raise InvalidInput(f"{PLAIN_VARIABLE} is neither true nor false", suggestion=f"unset {PLAIN_VARIABLE}")
    return word in _YES


REMOTE: Final = typer.Option(
    "--remote",
    metavar="URL",
    parser=refusing(_address),
    envvar=REMOTE_VARIABLE,
    help="Work through the API there, with the token of CLOUD_TOKEN or of 'cloud login'.",
    rich_help_panel=SHARED_OPTIONS,
)


def require_remote(command: str) -> None:
    """NotRemote, which names the way out, for a command that does not work through an API."""
    why = why_not(_OLDER.get(command, command))
    if why is not None:
        raise NotRemote(f"'cloud {command}' is not available remotely: {why}", what=command, suggestion=_HERE)


def why_not(command: str) -> str | None:
    """The reason; None for a command that works, or asks nobody."""
    # Lazy for start-up time: only who works remotely needs it.
    from cloud_core.answers.endpoints import COMMANDS

    found = COMMANDS.get(command, ())
    if isinstance(found, tuple) or command in NEEDS_NO_SERVICE:
        return None
    return found.why


def make_remote(settings: Callable[[], Settings], address: Address) -> EdgeServices:
    """The services of an edge, as far as the API stands for them: what it does not have refuses by itself."""
    # Lazy for start-up time.
    from cloud_core.remote.services import RemoteServices

    def pool() -> LoginServices:
        # Lazy: the settings and AWS's library are needed to log in and to renew a token, and for nothing else.
        from cloud_core.bootstrap.logins import LoginsAt

        return LoginsAt(settings(), address.url)

    tokens = _tokens(address, lambda: pool().logins.renewed())
    return cast("EdgeServices", RemoteServices(settings, address, tokens, pool))


def _tokens(address: Address, renew: Callable[[], Login | None]) -> Tokens:
    # Lazy for start-up time, as above.
    from cloud_core.adapters.local.clock import SystemClock
    from cloud_core.adapters.local.login_files import login_files
    from cloud_core.adapters.rest.tokens import TOKEN_VARIABLE, GivenToken, LoginTokens

    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    return GivenToken(token) if token else LoginTokens(address.url, login_files(), renew, SystemClock())
