"""`cloud config-set`, `config-get` and `config-list`: values of a deployment, or the tool's own settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.completion import deployment_ids
from cli.config_lines import (
    changed_lines,
    entry_lines,
    listing_lines,
    tell_listing,
    tool_changed_lines,
    tool_listing_lines,
)
from cli.config_text import parse_value
from cli.help import new_app
from cli.options import DEPLOYMENT_VARIABLE, UsageProblem, environment_option, split_target
from cli.session import Session, command
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cli.tool_settings import ToolSettings
    from cloud_core.domain.manifest import ConfigTarget

app = new_app()

_ID_HELP = f"The deployment, unless {DEPLOYMENT_VARIABLE} names it"


def _names(metavar: str, help: str) -> Any:
    return typer.Argument(metavar=metavar, autocompletion=deployment_ids, show_default=False, help=help)


_Stack = Annotated[str | None, typer.Option("--stack", metavar="STACK", help="The stack whose value it is.")]
# Named otherwise than the option: neither a variable nor the tool's defaults may choose the tier that is written.
_Environment = Annotated[
    EnvironmentName | None,
    environment_option("The environment: alone of all its stacks, with --stack of that stack there."),
]
_Resolved = Annotated[
    bool, typer.Option("--resolved", help="Placeholders with their values, as far as they can be told. No secrets.")
]
_ShowOrigin = Annotated[bool, typer.Option("--show-origin", help="Which tier sets it, and where.")]
_Tool = Annotated[bool, typer.Option("--tool", help="The tool's own settings, such as defaults.environment.")]


@command(app, "config-set")
def config_set(
    session: Session,
    names: Annotated[list[str], _names("[DEPLOYMENT_ID] KEY [VALUE]", f"{_ID_HELP}, the key (dots nest), the value.")],
    stack: _Stack = None,
    for_environment: _Environment = None,
    unset: Annotated[bool, typer.Option("--unset", help="Take the key out of this tier.")] = False,
    string: Annotated[bool, typer.Option("--string", help="The value is a text, whatever it looks like.")] = False,
    secret: Annotated[
        bool,
        typer.Option("--secret", help="The value is a reference such as '{{SECRET:name}}'; nothing else is taken."),
    ] = False,
    tool: _Tool = False,
) -> None:
    """Set a value in the manifest file: of a stack, of an environment, or of a stack in an environment.

    The value is a YAML scalar or JSON; `--` before it lets it begin with a dash. Everything is validated before it is
    saved, and comments survive. The record follows with the next deploy or `cloud manifest push`.
    """
    if tool:
        _refuse_with_tool(stack=stack, environment=for_environment, string=string, secret=secret)
        return _set_tool(session, names, unset)
    if unset and (string or secret):
        raise UsageProblem("--unset takes no value, so neither --string nor --secret")
    # Lazy for start-up time: pydantic comes with it.
    from cloud_core.domain.manifest import ABSENT
    from cloud_core.services.manifests.config_changes import ConfigChange

    deployment_id, (key, *values) = split_target(names, following=1 if unset else 2, first="key")
    if not (unset or values):
        raise UsageProblem(f"there is no value for {key!r}", "give one, or take the key out with --unset")
    target = _target(stack, for_environment)
    value = ABSENT if unset else values[0] if string else parse_value(values[0])
    change = ConfigChange(deployment_id, target, _key(key), value, secret)
    changed = session.services.config_changes.make(change, session.dry_run)
    session.output.answer(changed.to_data(), lambda: changed_lines(changed, session.dry_run))
    return None


@command(app, "config-get")
def config_get(
    session: Session,
    names: Annotated[list[str], _names("[DEPLOYMENT_ID] KEY", f"{_ID_HELP}, and the key (dots nest).")],
    stack: _Stack = None,
    for_environment: _Environment = None,
    resolved: _Resolved = False,
    show_origin: _ShowOrigin = False,
    tool: _Tool = False,
) -> None:
    """Show one value: what the stack gets after inheritance, or what the environment sets."""
    if tool:
        _refuse_with_tool(stack=stack, environment=for_environment, resolved=resolved)
        setting = _tool_settings(session).get(_only(names))
        session.output.answer(setting.to_data(), lambda: tool_listing_lines((setting,), bare=not show_origin))
        return
    deployment_id, (key,) = split_target(names, following=1, first="key")
    target = _target(stack, for_environment)
    _require_environment(resolved, for_environment)
    listing = session.services.config_values.get(deployment_id, target, _key(key), resolved)
    (entry,) = listing.entries
    tell_listing(session.output, listing)
    data = {"deployment_id": deployment_id, "source": listing.source.value, **entry.to_data()}
    session.output.answer(data, lambda: entry_lines(entry, show_origin))


@command(app, "config-list")
def config_list(
    session: Session,
    names: Annotated[list[str] | None, _names("[DEPLOYMENT_ID]", f"{_ID_HELP}.")] = None,
    stack: _Stack = None,
    for_environment: _Environment = None,
    resolved: _Resolved = False,
    show_origin: _ShowOrigin = False,
    tool: _Tool = False,
) -> None:
    """List the values that a stack gets, or an environment sets; without both, everything that the manifest sets."""
    if tool:
        _refuse_with_tool(deployment=names, stack=stack, environment=for_environment, resolved=resolved)
        settings = _tool_settings(session).list()
        session.output.answer(
            {"settings": [one.to_data() for one in settings]}, lambda: tool_listing_lines(settings, bare=False)
        )
        return
    _require_environment(resolved, for_environment)
    deployment_id = _deployment(names)
    target = _target(stack, for_environment) if stack or for_environment else None
    listing = session.services.config_values.list(deployment_id, target, resolved)
    tell_listing(session.output, listing)
    session.output.answer(listing.to_data(), lambda: listing_lines(listing, target is None, show_origin))


def _target(stack: str | None, environment: EnvironmentName | None) -> ConfigTarget:
    # Lazy for start-up time, as above.
    from cloud_core.domain.manifest import ConfigTarget

    if stack is None and environment is None:
        raise UsageProblem("whose value is it?", "add --stack, --environment, or both")
    return ConfigTarget(stack, environment.value if environment else None)


def _require_environment(resolved: bool, environment: EnvironmentName | None) -> None:
    if resolved and environment is None:
        raise UsageProblem("--resolved needs an environment: values differ from one to the other", "add --environment")


def _key(text: str) -> str:
    if not all(text.split(".")):
        raise UsageProblem(f"{text!r} is no key: names joined by dots are, such as tags.team")
    return text


def _deployment(names: list[str] | None) -> str:
    """The one name, or the variable's."""
    # Lazy for start-up time: only this needs it.
    import os

    found = names or [os.environ.get(DEPLOYMENT_VARIABLE, "")]
    if len(found) > 1 or not found[0]:
        raise UsageProblem(f"give one deployment, or set {DEPLOYMENT_VARIABLE}")
    return split_target([found[0], "-"], following=1)[0]


def _only(names: list[str]) -> str:
    if len(names) > 1:
        raise UsageProblem(f"too many names: {' '.join(names[1:])}")
    return names[0]


def _refuse_with_tool(**others: object) -> None:
    for name, value in others.items():
        if value:
            what = "a deployment" if name == "deployment" else f"--{name}"
            raise UsageProblem(f"--tool and {what} exclude each other: the tool's settings belong to no deployment")


def _tool_settings(session: Session) -> ToolSettings:
    # Lazy for start-up time: YAML comes with it.
    from cli.tool_settings import ToolSettings

    return ToolSettings(session.options.config, Path.home(), Path.cwd())


def _set_tool(session: Session, names: list[str], unset: bool) -> None:
    key, *values = names
    if len(values) != (0 if unset else 1):
        raise UsageProblem("give KEY alone with --unset, else KEY and VALUE")
    settings = _tool_settings(session)
    change = settings.unset(key, session.dry_run) if unset else settings.set(key, values[0], session.dry_run)
    session.output.answer(change.to_data(), lambda: tool_changed_lines(change, session.dry_run))
