"""`cloud stack list|show|build`: the stacks that the workspace knows, ours and its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.completion import stack_names
from cli.config_text import written
from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import Parallel, StackEnvironment, UsageProblem
from cli.session import Session, command
from cli.stack_builds import inputs_of, render_builds, teller
from cli.text import facts, joined, styled, table
from cli.wording import count
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cloud_core.services.templates.stack_catalogue import KnownStack

app = new_app(help="The stacks that the workspace knows: ours, and its own.")
ORIGINS: Final = {"product": "built-in", "workspace": "own"}
_PARALLEL: Final = 4


@command(app, "list")
def stack_list(
    session: Session,
    own_only: Annotated[bool, typer.Option("--own-only", help="Only the workspace's own.")] = False,
) -> None:
    """List the stacks: ours, and the workspace's own."""
    found = [one for one in session.services.stack_catalogue.list() if not own_only or one.origin == "workspace"]
    data = {"stacks": [one.to_data() for one in found], "total": len(found)}
    session.output.answer(data, lambda: _render_list(found))


@command(app, "show")
def stack_show(
    session: Session,
    stack: Annotated[str, typer.Argument(metavar="STACK", autocompletion=stack_names, help="Its name.")],
) -> None:
    """Show a stack: what it needs, takes and gives."""
    found = session.services.stack_catalogue.show(stack)
    session.output.answer(found.to_data(), lambda: _render_stack(found))


@command(app, "build")
def stack_build(
    session: Session,
    stacks: Annotated[
        list[str] | None, typer.Argument(metavar="[STACK]...", autocompletion=stack_names, help="Their names.")
    ] = None,
    all_stacks: Annotated[bool, typer.Option("--all", help="Every stack that the workspace knows.")] = False,
    environment: StackEnvironment = EnvironmentName.DEV,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="STACK.NAME=VALUE", help="An input's value, as YAML; may be repeated."),
    ] = None,
    parallel: Parallel = _PARALLEL,
) -> Exit:
    """Build stacks: import each program, compare it with its template, preview it with unknown inputs.

    The preview runs on the real engine against an AWS of its own; neither a sandbox nor an account is needed, and
    nothing is deployed.
    """
    # Lazy for start-up time: the other commands build nothing.
    from cloud_core.ports.builds import BuildRequest

    names = _chosen(session, stacks or [], all_stacks)
    given = inputs_of(names, inputs or ())
    session.services.find_engine()
    session.output.note(styled(f"Building {count(len(names), 'stack')} in {environment.value}, {parallel} at once:"))
    request = BuildRequest(given, environment, parallel)
    try:
        builds = session.services.stack_builder.build(request, teller(session.output, len(names)))
    except KeyboardInterrupt:
        session.output.note(styled("Interrupted: the engines were stopped."))
        return Exit.INTERRUPTED
    session.output.answer(builds.to_data(), lambda: render_builds(builds))
    return Exit.FAILED if builds.failed else Exit.SUCCESS


def _chosen(session: Session, typed: list[str], all_stacks: bool) -> list[str]:
    """The stacks to build, each of which is known."""
    if bool(typed) is all_stacks:
        raise UsageProblem("give the stacks to build, or --all" + (", not both" if typed else ""))
    catalogue = session.services.stack_catalogue
    if all_stacks:
        return [one.name for one in catalogue.list()]
    return [catalogue.show(name).name for name in dict.fromkeys(typed)]


def _render_list(found: list[KnownStack]) -> list[Any]:
    if not found:
        return [styled("No stacks of your own: they lie in stacks/<name>/ of the workspace.")]
    heading = ("Stack", "Origin", "Priority", "Waits for", "Inputs", "Outputs", "Description")
    return [table(heading, [_list_row(one) for one in found], right=("Priority", "Inputs", "Outputs"))]


def _list_row(one: KnownStack) -> list[Any]:
    origin = styled(ORIGINS[one.origin], "cyan" if one.origin == "workspace" else "")
    if one.template is None or one.problem:
        return [styled(one.name, "bold"), origin, "", "", "", "", styled(one.problem or "", "red")]
    template = one.template
    waits = ", ".join(template.dependencies) or "–"
    sizes = (str(len(template.inputs)), str(len(template.outputs)))
    return [styled(one.name, "bold"), origin, f"{template.priority:g}", waits, *sizes, template.description]


def _render_stack(one: KnownStack) -> list[Any]:
    data = one.to_data()
    parts: list[Any] = [joined((one.name, "bold"), f"  {data['version']}, {ORIGINS[one.origin]}")]
    parts += [styled(text) for text in (data["description"],) if text]
    parts += [styled(text, "red") for text in (one.problem,) if text]
    pairs = {
        "Priority": f"{data['priority']:g}",
        "Waits for": ", ".join(data["dependencies"]) or "–",
        "If enabled": ", ".join(data["soft_dependencies"]) or "–",
        "Folder": data["folder"] or "–",
    }
    parts += [styled(""), facts(pairs.items())]
    for title, kind in (("Input", "inputs"), ("Output", "outputs")):
        rows = [_parameter_row(name, spec) for name, spec in data[kind].items()]
        parts += [styled(""), table((title, "Type", "", "Default" if kind == "inputs" else "", "Meaning"), rows)]
    return parts


def _parameter_row(name: str, spec: dict[str, Any]) -> list[Any]:
    marks = [mark for mark in ("required", "optional", "secret") if spec.get(mark)]
    default = spec.get("default")
    return [name, spec["type"], ", ".join(marks), "" if default is None else written(default), spec["description"]]
