"""`cloud template-validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.completion import template_names
from cli.exit_codes import Exit
from cli.help import new_app
from cli.problems import finding_lines
from cli.session import Session, command
from cli.text import joined, styled
from cli.wording import count

if TYPE_CHECKING:
    from cloud_core.services.templates.validation import TemplateVerdict

app = new_app()


@command(app, "template-validate")
def template_validate(
    session: Session,
    template: Annotated[
        str | None,
        typer.Argument(metavar="[TEMPLATE]", autocompletion=template_names, help="A deployment or stack template."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
) -> Exit:
    """Check a template, or without a name all of them: ours and the workspace's own, of deployments and of stacks."""
    service = session.services.template_validation
    if template is None:
        verdicts = service.validate_all(strict)
        valid = all(one.valid for one in verdicts)
        data: dict[str, Any] = {"valid": valid, "templates": [one.to_data() for one in verdicts]}
    else:
        verdicts = (service.validate(template, strict),)
        valid, data = verdicts[0].valid, verdicts[0].to_data()
    session.output.answer(data, lambda: _render(verdicts, valid))
    return Exit.SUCCESS if valid else Exit.INVALID


def _render(verdicts: tuple[TemplateVerdict, ...], valid: bool) -> list[Any]:
    parts: list[Any] = []
    for one in verdicts:
        mark = ("✗ ", "red") if one.errors else ("! ", "yellow") if one.warnings else ("✓ ", "green")
        origin = one.file.origin.kind
        parts.append(joined(mark, (one.file.name, "bold"), (f"  {one.kind.value} template, {origin}", "dim")))
        parts += [line for found in (*one.errors, *one.warnings) for line in finding_lines(found.to_data())]
    errors, warnings = (sum(len(getattr(one, what)) for one in verdicts) for what in ("errors", "warnings"))
    verdict = ("PASS", "bold green") if valid else ("FAIL", "bold red")
    counts = f"{count(len(verdicts), 'template')}, {count(errors, 'error')}, {count(warnings, 'warning')}"
    return [*parts, styled(""), joined("Validation Result: ", verdict, f"  ({counts})")]
