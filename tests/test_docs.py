"""The documentation says what the code does: links, commands, settings, codes and examples are checked against it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel

from cli.configuration import OPTIONS
from cli.main import build
from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.adapters.local.yaml_reading import read_text
from cloud_core.domain import errors
from cloud_core.domain.placeholders import (
    AwsQuery,
    Calculation,
    PlaceholderKind,
    check_placeholders,
    expand,
    find_placeholders,
)
from cloud_core.domain.placeholders.rules import DEPLOYMENT_FIELDS
from cloud_core.domain.statuses import DeploymentStatus, OperationStatus, StackStatus
from cloud_core.domain.tables import TABLES, TableDefinition
from cloud_core.domain.validation import CODES, Catalogue, Level, Scope, validate_manifest
from cloud_core.services.templates.service import TemplateService
from cloud_core.settings import Settings
from cloud_core.testing.source_trees import parsed
from stacks.registry import StackRegistry

ROOT: Final = Path(__file__).resolve().parents[1]
DOCS: Final = ROOT / "docs"
PAGES: Final = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
PACKAGES: Final = sorted(path.parent for path in ROOT.glob("*/__init__.py"))
FENCE: Final = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CONSOLE: Final = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# Not settings: what a manifest may read, the sandbox's mark, and the beginning of names.
OTHER_VARIABLES: Final = re.compile(r"CLOUD_VAR_.*|CLOUD_SANDBOX_GENERATION|CLOUD_TOKEN|CLOUD_REMOTE_PLAIN|.*_")


def shown(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return FENCE.sub("", page.read_text("utf-8"))


def spans(text: str) -> list[str]:
    """What stands in single backticks, each in one line."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", FENCE.sub("", text))]


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(re.sub(r"`[^`\n]*`", "", prose(page))):  # a pattern in a code span is no link
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("folder", [DOCS, DOCS / "adr", DOCS / "stacks"], ids=shown)
def test_the_index_lists_every_page(folder: Path) -> None:
    linked = {link.partition("#")[0] for link in LINK.findall((folder / "README.md").read_text("utf-8"))}
    assert {page.name for page in folder.glob("*.md")} - linked == {"README.md"}


def test_generated_parts_are_current() -> None:
    command = [sys.executable, "tools/generate_docs.py", "--check"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def variables(model: type[BaseModel] = Settings, prefix: str = "CLOUD_") -> Iterator[str]:
    """The variable of every setting."""
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from variables(info.annotation, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper()


def test_every_setting_is_described() -> None:
    assert set(variables()) - set(spans(read("settings.md"))) == set()


def test_every_validation_code_is_described() -> None:
    assert CODES.keys() - set(spans(read("manifest.md"))) == set()


@cache
def every_command() -> list[Any]:
    """The contexts of all commands that are not hidden, the root's first."""
    root: Any = build()
    found = [root.context_class(root, info_name="cloud")]
    for context in found:
        for name in getattr(context.command, "list_commands", lambda _: [])(context):
            child = context.command.get_command(context, name)
            found += [] if child.hidden else [child.context_class(child, info_name=name, parent=context)]
    return found


def test_every_command_is_described() -> None:
    headings = re.findall(r"^### (.+)$", read("cli.md"), re.MULTILINE)
    assert {context.command_path for context in every_command()} == set(headings)


def told_in(text: str) -> list[str]:
    """The commands in a page's code: lines after `$` in consoles, and spans."""
    lines: list[str] = []
    for block in CONSOLE.findall(text):
        joined = re.sub(r"\\\n\s*", "", block)
        lines += [re.split(r"\s#|<<", line[2:])[0] for line in joined.splitlines() if line.startswith("$ ")]
    return [command.strip() for line in [*lines, *spans(text)] for command in line.split("&&")]


def told_by_messages() -> list[str]:
    """The commands that messages of the product quote, such as 'cloud sandbox start'."""
    found = []
    for package in PACKAGES:
        for file in package.rglob("*.py"):
            texts = [node.value for node in ast.walk(parsed(file.read_text("utf-8"))) if isinstance(node, ast.Constant)]
            found += [
                quote for text in texts if isinstance(text, str) for quote in re.findall(r"'(cloud [^'\n]+)", text)
            ]
    return found


def unknown_words(line: str) -> list[str]:
    """What the command line does not know in a command such as `cloud status D1BRV40 --watch`."""
    command: Any = build()
    words = line.split()[1:]
    while words and hasattr(command, "list_commands"):
        if words[0].startswith("-"):
            break
        context = command.context_class(command, info_name="cloud")
        child = command.get_command(context, words[0])
        if child is None:
            return [words[0]]
        command, words = child, words[1:]
    options = {"--help", *(name for param in command.params for name in (*param.opts, *param.secondary_opts))}
    return [word for word in words if word.startswith("-") and word.partition("=")[0] not in options]


def is_cloud(line: str) -> bool:
    """Whether the line is a call of our command; `cloud <command> --help` speaks of any."""
    return re.match(r"(\S*/)?cloud [a-z-]", line) is not None


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_commands_in_pages_exist(page: Path) -> None:
    told = [line for line in told_in(page.read_text("utf-8")) if is_cloud(line)]
    assert {line: unknown for line in told if (unknown := unknown_words(line))} == {}


def test_commands_in_messages_exist() -> None:
    told = [line for line in told_by_messages() if is_cloud(line)]
    assert told
    assert {line: unknown for line in told if (unknown := unknown_words(line))} == {}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_make_targets_in_pages_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    told = [line.split()[1:] for line in told_in(page.read_text("utf-8")) if line.split()[:1] == ["make"]]
    assert {word for words in told for word in words if re.fullmatch(r"[a-z][a-z-]*", word)} - targets == set()


def option_variables() -> set[str]:
    """The variables that stand for options."""
    return {str(param.envvar) for context in every_command() for param in context.command.params if param.envvar}


def test_settings_that_are_named_exist() -> None:
    sources = [*PAGES, *(file for package in PACKAGES for file in package.rglob("*.py")), *ROOT.glob("tools/*.py")]
    named = {name for file in sources for name in re.findall(r"\bCLOUD_[A-Z0-9_]+", file.read_text("utf-8"))}
    known = {*variables(), *option_variables()}
    assert {name for name in named if not OTHER_VARIABLES.fullmatch(name)} - known == set()


def test_the_configuration_file_shows_every_default_that_it_may_hold() -> None:
    example = read("settings.md").partition("```yaml\n")[2].partition("```")[0]
    assert tuple(read_text(example, "config.yaml")["defaults"]) == OPTIONS


@cache
def catalogue() -> Catalogue:
    """The product's templates and programs."""
    templates = LocalTemplates(ROOT / "templates", Workspace(ROOT / "no-workspace"))
    return TemplateService(templates).catalogue(frozenset(StackRegistry().names()))


def examples() -> list[Any]:
    texts = re.findall(r"<!-- example -->\n\n```yaml\n(.*?)^```", read("manifest.md"), re.MULTILINE | re.DOTALL)
    return [read_text(text, "example.yaml") for text in texts]


def test_the_whole_example_is_valid_with_the_warnings_that_the_page_speaks_of() -> None:
    result = validate_manifest(examples()[0], catalogue(), Scope(Level.CONFIG))
    assert result.errors == ()
    assert {found.code for found in result.warnings} == {"UNDECLARED_DEPENDENCY", "STACK_DISABLED"}
    assert result.dependency_layers == 3


def test_the_flat_example_is_valid() -> None:
    result = validate_manifest(examples()[1], catalogue(), Scope(Level.CONFIG))
    assert (result.errors, result.warnings) == ((), ())


def test_listing_what_the_template_does_not_list_is_the_error_that_the_page_names() -> None:
    example = examples()[0]
    example["stacks"]["dns"]["dependencies"] = ["network"]
    result = validate_manifest(example, catalogue(), Scope(Level.CONFIG))
    assert [found.code for found in result.errors] == ["TEMPLATE_DEPENDENCY_MISMATCH"]


def test_placeholders_in_the_table_are_well_formed_and_show_every_kind() -> None:
    table = read("manifest.md").partition("<!-- placeholders -->\n\n")[2].partition("\n\n")[0]
    written = [span for span in spans(table) if span.startswith(("${", "{{"))]
    assert check_placeholders(written) == []
    found = [placeholder for text in written for placeholder in find_placeholders(text)]
    assert [placeholder.text for placeholder in found if placeholder.is_whole] == written
    assert {placeholder.kind for placeholder in found} == set(PlaceholderKind)
    for kind, keys in {
        PlaceholderKind.AWS: set(AwsQuery),
        PlaceholderKind.CALCULATE: set(Calculation),
        PlaceholderKind.DEPLOYMENT: set(DEPLOYMENT_FIELDS),
    }.items():
        assert {placeholder.key for placeholder in found if placeholder.kind is kind} == keys


def test_escapes_mean_what_the_page_says() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| the text `([^`]+)` \|$", read("manifest.md"), re.MULTILINE)
    assert rows
    assert [expand(written, {}) for written, _ in rows] == [(meaning, []) for _, meaning in rows]


def codes() -> Mapping[str, type[errors.CloudError]]:
    kinds = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, errors.CloudError)]
    return {kind.code: kind for kind in kinds}


def test_troubleshooting_has_every_error() -> None:
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", read("INSTALL.md"), re.MULTILINE))
    assert told == set(codes())


def test_statuses_are_all_told() -> None:
    told = set(spans(read("architecture.md")))
    assert {
        status.value for kind in (DeploymentStatus, StackStatus, OperationStatus) for status in kind
    } - told == set()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_tables_and_their_indexes_are_told_as_they_are(table: TableDefinition) -> None:
    rows = (ROOT / "docs" / "records.md").read_text("utf-8").splitlines()
    row = next(row for row in rows if row.startswith(f"| `{table.name}` |"))
    for index in table.indexes:
        assert f"`{index.name}` ({index.hash_key}, {index.range_key})" in row
