"""`cloud template-list` and `cloud template-show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.completion import template_names
from cli.help import new_app
from cli.output import facts, joined, styled, table
from cli.session import Session, command
from cli.wording import ORIGINS, count

if TYPE_CHECKING:
    from cloud_core.services.templates import TemplateDetails, TemplateSummary

app = new_app()


@command(app, "template-list")
def template_list(
    session: Session,
    custom_only: Annotated[bool, typer.Option("--custom-only", help="Only the workspace's own.")] = False,
) -> None:
    """List the templates: ours, and the workspace's own."""
    found = [one for one in session.services.templates.list() if not custom_only or _kind(one) == "custom"]
    data = {"templates": [_summary_data(one) for one in found], "total": len(found)}
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
    session.output.answer(_details_data(details), lambda: _render_details(details))


def _kind(summary: TemplateSummary) -> str:
    return ORIGINS[summary.origin.value]


def _summary_data(one: TemplateSummary) -> dict[str, Any]:
    return {
        "name": one.name,
        "display_name": one.display_name,
        "description": one.description,
        "version": one.version,
        "type": _kind(one),
        "path": one.path,
        "stacks": list(one.stacks),
        "stack_count": len(one.stacks),
        "environments": list(one.environments),
        "problem": one.problem,
    }


def _details_data(details: TemplateDetails) -> dict[str, Any]:
    return {
        **_summary_data(details.summary),
        "stacks": [
            {
                "name": stack.name,
                "type": ORIGINS[stack.origin.value] if stack.origin else None,
                "enabled": stack.enabled,
                "layer": stack.layer,
                "priority": stack.priority,
                "dependencies": list(stack.dependencies),
                "soft_dependencies": list(stack.soft_dependencies),
                "description": stack.description,
                "config": stack.config,
            }
            for stack in details.stacks
        ],
        "layers": [list(layer) for layer in details.layers],
        "environments": details.environments,
        "parameters": {
            variable.name: {"default": variable.default, "description": variable.description}
            for variable in details.variables
        },
    }


def _render_list(found: list[TemplateSummary]) -> list[Any]:
    if not found:
        return [styled("No templates of your own: they lie in templates/custom/ of the workspace.")]
    parts: list[Any] = []
    for kind in ("built-in", "custom"):
        rows = [_list_row(one) for one in found if _kind(one) == kind]
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
        joined((summary.display_name, "bold"), f"  {summary.name} {summary.version}, {_kind(summary)}"),
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
                    ORIGINS[stack.origin.value] if stack.origin else "unknown",
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
