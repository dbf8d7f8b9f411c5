"""Questions before something is changed. Nobody is asked with --json, nor when nobody is there to answer."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

import typer

from cli.exit_codes import Exit
from cli.options import UsageProblem
from cli.output import Output
from cli.text import joined, styled
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import SecretValue

_YES: Final = "yes"


@dataclass(frozen=True)
class Consent:
    """What was agreed to on the command line: --auto-approve, and the id given with --confirm."""

    auto_approve: bool = False
    typed_id: str | None = None


def confirm_change(
    output: Output, question: str, deployment_id: str, environment: EnvironmentName, consent: Consent
) -> None:
    """Return when the change is wanted: prod wants the deployment's id typed out, the others a yes.

    A typed id answers both. Raises UsageProblem for a wrong id, or when somebody would have to be asked and
    can't be; typer.Exit when it is declined.
    """
    if consent.typed_id is not None:
        _require_id(consent.typed_id, deployment_id)
    elif environment is EnvironmentName.PROD:
        answer = _ask(output, f"{question} This is prod: type {deployment_id} to go on", f"--confirm {deployment_id}")
        _decline_unless(output, answer == deployment_id)
    elif not consent.auto_approve:
        answer = _ask(output, f"{question} (yes/no)", "--auto-approve")
        _decline_unless(output, answer == _YES)


def confirm_end(output: Output, doomed: str | None, name: str, typed: str | None) -> None:
    """Before what the platform stands on is deleted: return when somebody has typed its name out, here or with
    --confirm. There is no other way to agree; where nothing is doomed, nothing is asked.

    Raises as `confirm_change`.
    """
    if doomed is None:
        return
    if typed is None:
        typed = _ask(output, f"Delete {doomed}? Type {name} to go on", f"--confirm {name}")
        _decline_unless(output, typed == name)
    elif typed != name:
        raise UsageProblem(f"--confirm says {typed!r}, not {name}")


def ask(output: Output, question: str, default: str | None = None, option: str = "the options") -> str:
    """A value; asked again until there is one."""
    shown = f"{question} [{default}]" if default else question
    while True:
        answer = _ask(output, shown, option) or default
        if answer is not None:
            return answer


def ask_secret(output: Output, question: str) -> SecretValue:
    """What is typed without being shown; where nobody can be asked, the first line of stdin.

    Raises UsageProblem when there is none.
    """
    if sys.stdin.isatty() and not output.as_json:
        # Lazy for start-up time: only this needs it.
        from getpass import getpass

        return SecretValue(getpass(f"{question}: ", stream=sys.stderr))
    line = "" if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise UsageProblem(f"this needs an answer, and nobody can be asked here: {question}", "give it on stdin")
    return SecretValue(line)


def _require_id(typed: str, deployment_id: str) -> None:
    if typed != deployment_id:
        raise UsageProblem(f"--confirm says {typed!r}, but the deployment is {deployment_id}")


def _ask(output: Output, question: str, option: str) -> str:
    if output.as_json or not sys.stdin.isatty():
        raise UsageProblem(f"this needs an answer, and nobody can be asked here: {question}", f"add {option}")
    output.stderr.print(joined((f"{question}: ", "bold")), end="")
    line = sys.stdin.readline()
    if not line:
        raise typer.Abort
    return line.strip()


def _decline_unless(output: Output, wanted: bool) -> None:
    if not wanted:
        output.note(styled("Nothing was changed."))
        raise typer.Exit(Exit.FAILED)
