"""`cloud template-list` and `cloud template-show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.completion import template_names
from cli.help import new_app
from cli.session import Session, command
from cli.text import facts, joined, styled, table
from cli.wording import count

if TYPE_CHECKING:
    from cloud_core.services.templates.service import TemplateDetails, TemplateSummary

app = new_app()


@command(app, "template-list")
def template_list(
    session: Session,
    custom_only: Annotated[bool, typer.Option("--custom-only", help="Only the workspace's own.")] = False,
) -> None:
    """List the templates: ours, and the workspace's own."""
    found = [one for one in session.services.templates.list() if not custom_only or one.origin.kind == "custom"]
    data = {"templates": [one.to_data() for one in found], "total": len(found)}
    session.output.answer(data, lambda: _render_list(found))


@command(app, "template-show")
def template_show(
    session: Session,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", autocompletion=template_names, help="Its name.")],
    raw: Annotated[bool, typer.Option("--raw", help="The file as it is written.")] = False,
) -> None:
    """Show a template: its stacks, layers and variables."""
    details = session.services.templates.show(template)
    if raw and not session.options.json:
        session.output.raw(details.text.rstrip("\n"))
        return
    session.output.answer(details.to_data(), lambda: _render_details(details))


def _render_list(found: list[TemplateSummary]) -> list[Any]:
    if not found:
        return [styled("No templates of your own: they lie in templates/custom/ of the workspace.")]
    parts: list[Any] = []
    for kind in ("built-in", "custom"):
        rows = [_list_row(one) for one in found if one.origin.kind == kind]
        if rows:
            heading = ("Name", "Stacks", "Environments", "Description")
            title = "" if kind == "built-in" else "Of this workspace"
            parts += [styled(f"\n{title}", "bold")] if title else []
            parts.append(table(heading, rows, right=("Stacks",)))
    return parts


def _list_row(one: TemplateSummary) -> list[Any]:
    if one.problem:
        return [styled(one.name, "bold"), "", "", styled(f"can't be used: {one.problem}", "red")]
    return [styled(one.name, "bold"), str(len(one.stacks)), ", ".join(one.environments), one.description]


def _render_details(details: TemplateDetails) -> list[Any]:
    summary = details.summary
    enabled = [name for name, on in details.environments.items() if on]
    by_layer = sorted(details.stacks, key=lambda stack: (not stack.layer, stack.layer, -stack.priority))
    return [
        joined((summary.display_name, "bold"), f"  {summary.name} {summary.version}, {summary.origin.kind}"),
        styled(summary.description),
        styled(""),
        facts(
            [
                ("File", summary.path),
                ("Environments", f"{', '.join(details.environments)} (enabled: {', '.join(enabled)})"),
                ("Stacks", f"{count(len(details.stacks), 'stack')} in {count(len(details.layers), 'layer')}"),
            ]
        ),
        styled(""),
        table(
            ("Layer", "Stack", "Type", "Priority", "Waits for", "Description"),
            [
                [
                    str(stack.layer or "off"),
                    styled(stack.name, "bold"),
                    stack.origin.kind if stack.origin else "unknown",
                    f"{stack.priority:g}",
                    ", ".join(stack.dependencies) or "–",
                    stack.description,
                ]
                for stack in by_layer
            ],
            right=("Layer", "Priority"),
        ),
        styled(""),
        table(
            ("Variable", "Default", "Meaning"),
            [
                [each.name, "" if each.default is None else str(each.default), each.description]
                for each in details.variables
            ],
        ),
        styled(f"\nUse it: cloud init --template {summary.name} … (variables: --var NAME=VALUE)", "dim"),
    ]
