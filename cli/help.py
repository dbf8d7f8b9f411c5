"""How help looks: plain text, own options first, those of every command apart. Nothing but Typer is imported for it."""

from __future__ import annotations

from typing import Any, Final

import typer
from typer.core import TyperCommand

SHARED_OPTIONS: Final = "Options of every command"
_ARGUMENTS: Final = "Arguments"
_OPTIONS: Final = "Options"


class PlainCommand(TyperCommand):
    """A command whose help has a section for each of its options' panels."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        write_parameters(self.get_params(ctx), ctx, formatter)


def new_app(**settings: Any) -> typer.Typer:
    """A family of commands. Completion belongs to the program alone."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, **settings)


def write_parameters(parameters: Any, ctx: Any, formatter: Any) -> None:
    """Arguments, then options by their panel, the shared ones last."""
    sections: dict[str, list[tuple[str, str]]] = {_ARGUMENTS: [], _OPTIONS: [], SHARED_OPTIONS: []}
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is not None:
            own = _ARGUMENTS if parameter.param_type_name == "argument" else _OPTIONS
            sections.setdefault(parameter.rich_help_panel or own, []).append(record)
    for title, records in sections.items():
        if records:
            write_section(title, records, formatter)


def write_section(title: str, records: list[tuple[str, str]], formatter: Any) -> None:
    with formatter.section(title):
        formatter.write_dl(records)
