"""`cloud login` and `cloud logout`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.help import new_app
from cli.options import UsageProblem
from cli.prompts import ask, ask_secret
from cli.session import Session, command
from cli.text import joined, styled
from cloud_core.domain.clock import timestamp

if TYPE_CHECKING:
    from cli.output import Output
    from cloud_core.domain.logins import Login
    from cloud_core.domain.values import SecretValue

app = new_app()


class Asked:
    """`ports.logins.Credentials` of whoever sits there; without a terminal the password is the first line of stdin."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def user(self) -> str:
        return ask(self._output, "User name", option="--user")

    def password(self, user: str) -> SecretValue:
        return ask_secret(self._output, f"Password of {user}")


@command(app, "login")
def login(
    session: Session,
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="NAME", help="Who logs in; in the sandbox admin, developer or readonly."),
    ] = None,
    print_token: Annotated[
        bool,
        typer.Option("--print", help="Only print a token for the API, of whoever is logged in; log in if need be."),
    ] = False,
) -> None:
    """Log in at the API, and keep the tokens in a private file. See docs/rest.md.

    The sandbox knows its users; elsewhere the password is asked for, or read from stdin where nobody can be asked. It
    is never an argument.
    """
    if print_token and session.output.as_json:
        raise UsageProblem("--print and --json exclude each other")
    logins = session.services.logins
    credentials = session.services.known_credentials or Asked(session.output)
    if session.dry_run:
        _rehearse(session, user or credentials.user(), logins.api_url)
        return
    kept = logins.current(user) if print_token else None
    found = kept or logins.log_in(credentials, user)
    if print_token:
        session.output.raw(found.access_token.value)
    else:
        session.output.answer(login_data(found, logins.api_url), lambda: _render(found, logins.api_url))


@command(app, "logout")
def logout(session: Session) -> None:
    """Forget the tokens for the API that 'cloud login' kept."""
    logins = session.services.logins
    data = {"api_url": logins.api_url}
    if session.dry_run:
        text = f"The login at {logins.api_url} would be forgotten."
        session.output.answer({**data, "logged_out": False}, lambda: styled(text))
        return
    was_there = logins.log_out()
    text = f"Logged out of {logins.api_url}." if was_there else f"Nobody was logged in at {logins.api_url}."
    session.output.answer({**data, "logged_out": was_there}, lambda: styled(text))


def login_data(found: Login, api_url: str) -> dict[str, Any]:
    """The `data` of `login --json`; no token is in it."""
    return {"user": found.user, "api_url": api_url, "expires_at": timestamp(found.expires_at)}


def _rehearse(session: Session, user: str, api_url: str) -> None:
    data = {"user": user, "api_url": api_url, "expires_at": None}
    session.output.answer(data, lambda: styled(f"{user} would log in at {api_url}."))


def _render(found: Login, api_url: str) -> list[Any]:
    until = f"{found.expires_at.astimezone():%H:%M}"
    return [
        joined(("✓ ", "green"), f"{found.user} is logged in at {api_url}"),
        styled(f"The token holds until {until} and is renewed by itself. 'cloud login --print' prints it.", "dim"),
    ]
