"""The arguments and options that several commands share, read and checked here once.

What is malformed is a usage error (exit 2), before anything is looked up.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Final, TypeVar

import typer

from cli.completion import deployment_ids
from cli.configuration import MOST_PARALLEL
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.names import DEPLOYMENT_ID, EnvironmentName, parse_deployment_id, parse_environment
from cloud_core.domain.statuses import Action

T = TypeVar("T")

DEPLOYMENT_VARIABLE: Final = "CLOUD_DEPLOYMENT"
ENVIRONMENT_VARIABLE: Final = "CLOUD_ENVIRONMENT"
OPERATION_TYPES: Final = tuple(action.value for action in Action)


class UsageProblem(typer.TyperException):
    """A command line that can't be carried out as it stands; `suggestion` is the way out."""

    ctx: typer.Context | None = None
    """Of the command that could not be carried out."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


class Refused(typer.BadParameter):
    """A value that breaks a rule of the core; `suggestion` is the way out."""

    def __init__(self, error: InvalidInput) -> None:
        super().__init__(error.message)
        self.suggestion = error.suggestion


def refusing(parse: Callable[[str], T]) -> Callable[[str], T]:
    """A parser of the core as one of an option: what it refuses is a usage error."""

    def parse_option(text: str) -> T:
        try:
            return parse(text)
        except InvalidInput as error:
            raise Refused(error) from None

    parse_option.__name__ = parse.__name__
    return parse_option


def address_range(text: str) -> str:
    """An IPv4 network in CIDR notation, as it was written."""
    # Lazy for start-up time: only this option needs it.
    from ipaddress import IPv4Network

    try:
        IPv4Network(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no IPv4 range such as 10.0.0.0/16: {error}") from None
    return text


def choice(*flags: str, words: Iterable[str], help: str, spelled: Callable[[str], str] = str, **settings: Any) -> Any:
    """An option that takes these words only; `spelled` turns what is typed into the word that it means."""
    allowed = tuple(words)

    def parse(text: str) -> str:
        word = spelled(text)
        if word not in allowed:
            raise typer.BadParameter(f"{text!r} is none of {', '.join(allowed)}")
        return word

    def begun(incomplete: str) -> list[str]:
        return [word for word in allowed if word.startswith(incomplete)]

    shown = "|".join(allowed)
    return typer.Option(*flags, metavar=shown, parser=parse, autocompletion=begun, help=help, **settings)


def number(kind: Callable[[str], float], least: float, most: float | None = None) -> Callable[[str], Any]:
    """A parser of numbers within limits, which both belong to them."""
    wanted = f"from {least} to {most}" if most is not None else f"of {least} or more"

    def parse_number(text: str) -> float:
        try:
            found = kind(text)
        except ValueError:
            found = math.nan
        if not least <= found <= (math.inf if most is None else most):
            raise typer.BadParameter(f"{text!r} is no number {wanted}")
        return found

    return parse_number


_deployment_id = refusing(parse_deployment_id)
_environment = refusing(parse_environment)


def environment_option(says: str, variable: str | None = None) -> Any:
    """Names an environment; the variable, if there is one, does where the option is left out."""
    return typer.Option(
        "--environment",
        "--env",
        "-e",
        metavar="dev|stage|prod",
        envvar=variable,
        parser=_environment,
        help=says,
    )


DeploymentId = Annotated[
    str,
    typer.Argument(
        metavar="DEPLOYMENT_ID",
        envvar=DEPLOYMENT_VARIABLE,
        parser=_deployment_id,
        autocompletion=deployment_ids,
        help="The deployment, like D1BRV40.",
    ),
]
Environment = Annotated[EnvironmentName, environment_option("The environment.", ENVIRONMENT_VARIABLE)]
StackEnvironment = Annotated[EnvironmentName, environment_option("Whose sizes.")]
AnyEnvironment = Annotated[EnvironmentName | None, environment_option("Only this environment.", ENVIRONMENT_VARIABLE)]
DeploymentAndStack = Annotated[
    list[str],
    typer.Argument(
        metavar="[DEPLOYMENT_ID] STACK",
        autocompletion=deployment_ids,
        show_default=False,
        help=f"The deployment, unless {DEPLOYMENT_VARIABLE} names it, and the stack.",
    ),
]
DeploymentAndMaybeStack = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DEPLOYMENT_ID] [STACK]",
        autocompletion=deployment_ids,
        show_default=False,
        help=f"The deployment, unless {DEPLOYMENT_VARIABLE} names it; one stack of it, or all that are deployed.",
    ),
]


def environment_argument(name: str, help: str) -> Any:
    """An environment that is named by its place, not by an option."""
    return typer.Argument(metavar=name, parser=_environment, show_default=False, help=f"{help} dev, stage or prod.")


AutoApprove = Annotated[
    bool, typer.Option("--auto-approve", "--yes", "-y", help="Ask nothing; prod still wants its id, see --confirm.")
]
Confirm = Annotated[
    str | None,
    typer.Option("--confirm", metavar="DEPLOYMENT_ID", help="The deployment's id, typed out, for what needs it."),
]
Parallel = Annotated[
    int,
    typer.Option(
        "--parallel",
        metavar="N",
        parser=number(int, 1, MOST_PARALLEL),
        help=f"Stacks at once, from 1 to {MOST_PARALLEL}.",
    ),
]
Detach = Annotated[bool, typer.Option("--detach", help="Return as soon as the operation is accepted.")]
Preview = Annotated[bool, typer.Option("--preview", help="Show what would be done, without doing it.")]
SkipValidation = Annotated[bool, typer.Option("--skip-validation", help="Don't validate the manifest first.")]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings of the validation count as errors.")]


EvenIfLive = Annotated[
    bool, typer.Option("--force", help="Even if deployments live: what they have in AWS is nobody's then.")
]


def confirm_name(metavar: str, whose: str) -> Any:
    """Of what the platform stands on; see `prompts.confirm_end`."""
    return typer.Option("--confirm", metavar=metavar, help=f"{whose}, typed out.")


def split_target(names: Sequence[str], following: int, first: str = "stack") -> tuple[str, list[str]]:
    """`[DEPLOYMENT_ID] NAME...`: the id and the names, of which at least one and at most `following` are needed.

    `first` says what the one behind the id is. A first name is the id if it looks like one or if there is no other:
    stacks' names are lower-case.
    """
    default = os.environ.get(DEPLOYMENT_VARIABLE)
    takes_default = default and not DEPLOYMENT_ID.fullmatch(names[0]) and len(names) <= following
    deployment_id, rest = (default, list(names)) if default and takes_default else (names[0], list(names[1:]))
    if not rest:
        raise UsageProblem(f"give the deployment and the {first}, or set {DEPLOYMENT_VARIABLE}")
    if len(rest) > following:
        raise UsageProblem(f"too many names: {' '.join(rest[following:])}")
    return _deployment_id(deployment_id), rest


def stack_target(names: Sequence[str]) -> tuple[str, str]:
    """The deployment and the stack of `[DEPLOYMENT_ID] STACK`."""
    deployment_id, rest = split_target(names, following=1)
    return deployment_id, rest[0]


def optional_target(names: Sequence[str]) -> tuple[str, str | None]:
    """The deployment and the other name, if there is one, of `[DEPLOYMENT_ID] [NAME]`."""
    default = os.environ.get(DEPLOYMENT_VARIABLE)
    given = list(names)
    if default and len(given) < 2 and not (given and DEPLOYMENT_ID.fullmatch(given[0])):
        given.insert(0, default)
    if not given:
        raise UsageProblem(f"give the deployment, or set {DEPLOYMENT_VARIABLE}")
    if len(given) > 2:
        raise UsageProblem(f"too many names: {' '.join(given[2:])}")
    return _deployment_id(given[0]), given[1] if len(given) == 2 else None


def comma_list(text: str | None) -> tuple[str, ...]:
    """`a, b` as ("a", "b"); () for nothing."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
