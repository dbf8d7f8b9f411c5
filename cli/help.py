"""How help looks: plain text, own options first, those of every command apart. Nothing but Typer is imported for it."""

from __future__ import annotations

import re
from typing import Any, Final

import typer
from typer.core import TyperCommand

SHARED_OPTIONS: Final = "Options of every command"
_ARGUMENTS: Final = "Arguments"
_OPTIONS: Final = "Options"
_ARGUMENT_TYPE: Final = re.compile(r"^([^-].*) <.*>$")


class PlainCommand(TyperCommand):
    """A command whose help has a section for each of its options' panels, and whose usage reads as it is typed."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        arguments = [param for param in self.get_params(ctx) if param.param_type_name == "argument"]
        return [self.options_metavar or "", *(_usage(argument) for argument in arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        write_parameters(self.get_params(ctx), ctx, formatter)


def _usage(argument: Any) -> str:
    """Brackets for what may be left out, unless the name has its own."""
    name = str(argument.metavar)
    return name if argument.required or name.startswith("[") else f"[{name}]"


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
            # Of an argument, which has a name and no dashes, the type is noise.
            spec = _ARGUMENT_TYPE.sub(r"\1", record[0])
            sections.setdefault(parameter.rich_help_panel or own, []).append((spec, record[1]))
    for title, records in sections.items():
        if records:
            write_section(title, records, formatter)


def write_section(title: str, records: list[tuple[str, str]], formatter: Any) -> None:
    with formatter.section(title):
        formatter.write_dl(records)
