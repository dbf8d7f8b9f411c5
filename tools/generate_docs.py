"""Writes the generated parts of the documentation anew. Usage: python tools/generate_docs.py [--check]

A generated part stands in a page of docs/ between `<!-- generated: NAME -->` and `<!-- end -->`; `PARTS` says what each
name stands for. The rest of a page is written by hand and left alone. The pages of docs/stacks, docs/openapi.json and
the JSON schemas, of the manifest and of what --json prints, are generated as a whole. With --check nothing is written,
and stale files are an error.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from counted import command_overview, stack_statistics, statistics
from fault_tables import fault_summary, faults_by_phase, faults_by_victim, odd_faults
from manifest_schema import manifest_schema
from markdown_tables import code, names, table
from pydantic import BaseModel
from rest_reference import OPENAPI, openapi_text
from rest_reference import PARTS as REST_PARTS
from stack_pages import stack_pages

from cli.answers.schema import answers_schema
from cli.exit_codes import EXIT_CODES, Exit
from cli.main import build
from cloud_core.domain.placeholders import ARCHITECTURES, IMAGE_ALIASES
from cloud_core.domain.template_variables import VARIABLES
from cloud_core.domain.validation import CODES
from cloud_core.settings import Settings
from sandbox.processes import PROCESSES
from sandbox.provider.registry import gaps, invokes, resources
from sandbox.seed import SEEDS

REPOSITORY: Final = Path(__file__).resolve().parent.parent
PAGES: Final = REPOSITORY / "docs"
STACK_PAGES: Final = PAGES / "stacks"
SCHEMA: Final = REPOSITORY / "templates" / "manifest.schema.json"
ANSWERS: Final = REPOSITORY / "templates" / "cloud.schema.json"
PART: Final = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
PREFIX: Final = "CLOUD_"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every page is (or was made) current, 1 for stale pages under --check."""
    check = _parser().parse_args(arguments).check
    stale = {file: current for file, current in _current().items() if _text(file) != current}
    for file, current in stale.items():
        if not check:
            _write(file, current)
        print(f"{file.relative_to(REPOSITORY)}: {'stale; run python tools/generate_docs.py' if check else 'written'}")
    return 1 if stale and check else 0


def _current() -> dict[Path, str | None]:
    """What each file should hold; None for one that should not be there."""
    texts = {page: page.read_text("utf-8") for page in sorted(PAGES.glob("*.md"))}
    pages = {STACK_PAGES / name: text for name, text in stack_pages().items()}
    return {
        **{page: PART.sub(_fill, text) for page, text in texts.items()},
        **dict.fromkeys(STACK_PAGES.glob("*")),
        **pages,
        SCHEMA: manifest_schema(),
        OPENAPI: openapi_text(),
        ANSWERS: json.dumps(answers_schema(), indent=2) + "\n",
    }


def _text(file: Path) -> str | None:
    return file.read_text("utf-8") if file.exists() else None


def _write(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
    else:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")


def _fill(match: re.Match[str]) -> str:
    begin, name, end = match.groups()
    return f"{begin}\n{PARTS[name]().strip()}\n\n{end}"


# --- settings -------------------------------------------------------------------------------------------------------


def settings() -> str:
    """A section for the root and for each nested model, a row for each variable."""
    nested = {name: info for name, info in Settings.model_fields.items() if _model(info.annotation)}
    own = [name for name in Settings.model_fields if name not in nested]
    sections = [_settings_table(Settings, own, PREFIX)]
    for name, info in nested.items():
        model = _model(info.annotation)
        assert model is not None
        rows = _settings_table(model, model.model_fields, f"{PREFIX}{name.upper()}__")
        sections.append(f"## {(info.description or name).rstrip('.')}\n\n{rows}")
    return "\n\n".join(sections)


def _model(annotation: Any) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _settings_table(model: type[BaseModel], fields: Iterable[str], prefix: str) -> str:
    chosen = [(name, model.model_fields[name]) for name in fields]
    rows = [(code(prefix + name.upper()), _default(info.default), info.description or "") for name, info in chosen]
    return table(["Variable", "Default", "Meaning"], rows)


def _default(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, StrEnum):
        return code(value.value)
    return code(str(value).lower() if isinstance(value, bool) else value)


# --- commands -------------------------------------------------------------------------------------------------------


def contexts() -> Iterator[Any]:
    """The contexts of all commands that are not hidden: the root's, then each command's, a group before its own."""

    def below(context: Any) -> Iterator[Any]:
        yield context
        for name in getattr(context.command, "list_commands", lambda _: ())(context):
            child = context.command.get_command(context, name)
            if not child.hidden:
                yield from below(child.context_class(child, info_name=name, parent=context))

    root = build()
    return below(root.context_class(root, info_name="cloud", **root.context_settings))


def commands() -> str:
    """A section for each command with what `--help` says; options of every command stand in the first one alone."""
    shared: set[tuple[str, str]] = set()
    sections = []
    for context in contexts():
        records = list(filter(None, (param.get_help_record(context) for param in context.command.get_params(context))))
        sections.append(_section(context, [record for record in records if record not in shared]))
        shared = shared or set(records)
    return "\n\n".join(sections)


def _section(context: Any, records: Sequence[tuple[str, str]]) -> str:
    usage = " ".join([context.command_path, *context.command.collect_usage_pieces(context)])
    # Of an argument, which has a name and no dashes, the type is noise.
    rows = [(code(re.sub(r"^([^-].*) <.*>$", r"\1", spec)), text) for spec, text in records]
    help_text = re.sub(r"[\b\f]\n?", "", context.command.help or "").strip()
    parts = [f"### {context.command_path}", help_text, f"```text\n{usage}\n```"]
    return "\n\n".join([*filter(None, parts), *([table(["Option", "Meaning"], rows)] if rows else [])])


def option_variables() -> str:
    """Variables that stand for options."""
    rows = {
        str(param.envvar): (code(param.envvar), names(param.opts), param.help)
        for context in contexts()
        for param in context.command.params
        if param.envvar
    }
    return table(["Variable", "Stands for", "Meaning"], [rows[name] for name in sorted(rows)])


def exit_codes() -> str:
    """Each exit code with the errors that end with it."""
    errors = {exit: [name for name, chosen in EXIT_CODES.items() if chosen is exit] for exit in Exit}
    rows = [(code(int(exit)), exit.name.lower(), names(found)) for exit, found in errors.items()]
    return table(["Code", "Name", "Errors"], rows)


# --- manifest -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Detail:
    """Stands for a finding's detail in a way out: `{stack!r}` and `{stack}` show its name."""

    name: str

    def __repr__(self) -> str:
        return f"`<{self.name}>`"

    def __str__(self) -> str:
        return f"<{self.name}>"


class _Details(dict[str, _Detail]):
    def __missing__(self, name: str) -> _Detail:
        return _Detail(name)


def validation_codes() -> str:
    return table(
        ["Code", "Level", "Severity", "Way out"],
        [
            (code(name), entry.level.value, entry.severity.value, entry.remediation.format_map(_Details()))
            for name, entry in CODES.items()
        ],
    )


def template_variables() -> str:
    rows = [(code(item.name), code(item.default) if item.default else "-", item.description) for item in VARIABLES]
    return table(["Variable", "Default", "Meaning"], rows)


def image_aliases() -> str:
    return f"Images: {names(IMAGE_ALIASES)}. Architectures: {names(ARCHITECTURES)}."


# --- sandbox and architecture ---------------------------------------------------------------------------------------


def sandbox_processes() -> str:
    rows = [
        (code(one.name), "in its memory" if one.holds_state else "no", one.usually, names(one.needs))
        for one in PROCESSES
    ]
    return table(["Process", "Holds state", "Starts in", "Waits for"], rows)


def sandbox_seeds() -> str:
    return table(["Step", "What it does", "Waits for"], [(code(one.name), one.says, names(one.needs)) for one in SEEDS])


def sandbox_gaps() -> str:
    rows = [(code(gap.token), code(gap.property), gap.answer, gap.instead) for gap in gaps()]
    return table(["Type", "Property", "What the server does", "What the provider does"], rows)


def sandbox_types() -> str:
    """Types and functions by the module of their token: `aws:ec2/vpc:Vpc` stands under ec2."""
    groups: dict[str, dict[str, list[str]]] = {}
    for column, tokens in (("types", resources()), ("functions", invokes())):
        for token in tokens:
            module = token.split(":")[1].partition("/")[0]
            groups.setdefault(module, {}).setdefault(column, []).append(token.rpartition(":")[2])
    rows = [
        (module, *(names(sorted(found.get(kind, []))) for kind in ("types", "functions")))
        for module, found in sorted(groups.items())
    ]
    return table(["Module", "Types", "Functions"], rows)


def import_contracts() -> str:
    """The contracts of pyproject.toml, which `make lint` enforces."""
    document = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    contracts = document["tool"]["importlinter"]["contracts"]
    return table(["Contract", "Rule"], [(item["name"], _contract(item)) for item in contracts])


def _contract(item: Mapping[str, Any]) -> str:
    if item["type"] == "layers":
        return " → ".join(names(re.split(r" \| ", layer)) for layer in item["layers"])
    return f"{names(item['source_modules'])} never imports {names(item['forbidden_modules'])}"


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    **REST_PARTS,
    "settings": settings,
    "commands": commands,
    "exit-codes": exit_codes,
    "option-variables": option_variables,
    "command-overview": command_overview,
    "statistics": lambda: statistics(sum(not hasattr(one.command, "list_commands") for one in contexts())),
    "stack-statistics": stack_statistics,
    "validation-codes": validation_codes,
    "template-variables": template_variables,
    "image-aliases": image_aliases,
    "sandbox-processes": sandbox_processes,
    "sandbox-seeds": sandbox_seeds,
    "sandbox-gaps": sandbox_gaps,
    "sandbox-types": sandbox_types,
    "import-contracts": import_contracts,
    "fault-summary": fault_summary,
    "faults-by-phase": faults_by_phase,
    "faults-by-victim": faults_by_victim,
    "odd-faults": odd_faults,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tools/generate_docs.py", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; stale pages are an error")
    return parser


if __name__ == "__main__":
    sys.exit(main())
