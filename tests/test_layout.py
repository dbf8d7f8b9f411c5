"""The layout's traps: names that hide others, files that outgrow their place, modules that do things on import."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import pickle
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, Final

import grimp
import pytest

from cloud_core.domain import errors
from cloud_core.domain.errors import CloudError
from cloud_core.testing.source_trees import parsed

ROOT: Final = Path(__file__).resolve().parents[1]
PROJECT: Final[Mapping[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES: Final = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
SOURCE_FOLDERS: Final = (*PACKAGES, "tools", "benchmarks", "faults")

LONGEST_FILE: Final = 300
LONGEST_FUNCTION: Final = 40
# Longer all the same, each with its reason.
LONG_FILES: Final[Mapping[str, str]] = {}
LONG_FUNCTIONS: Final[Mapping[str, str]] = {
    "sandbox/provider/services/ec2_security.py:_rule": "one description of a type, shared by ingress and egress",
}
BANNED_NAMES: Final = re.compile(r"(^|_)(utils?|helpers?|common|managers?)(_|$)")
BANNED_CLASSES: Final = re.compile(r"(Utils?|Helpers?|Common|Manager)$")
# What an import may not do; `open` is looked at for writing alone.
WATCHED_EVENTS: Final = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "shutil.",
)


def sources(*folders: str) -> Iterator[tuple[str, ast.Module, str]]:
    """(path below the root, syntax tree, text) of every module."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            text = file.read_text("utf-8")
            yield file.relative_to(ROOT).as_posix(), parsed(text), text


def modules(*folders: str) -> list[str]:
    """Dotted names of every module below these folders."""
    found = []
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter that writes no bytecode."""
    return subprocess.run([sys.executable, "-B", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


class TestNames:
    @pytest.mark.parametrize("folder", ["templates", "graphql"])
    def test_data_folders_hold_no_python(self, folder: str) -> None:
        assert not list((ROOT / folder).rglob("*.py"))

    def test_graphql_is_the_library(self) -> None:
        spec = importlib.util.find_spec("graphql")
        assert spec is None or "site-packages" in (spec.origin or "")

    def test_no_folder_of_tests_is_a_package(self) -> None:
        assert not list((ROOT / "tests").rglob("__init__.py"))

    def test_no_two_test_files_have_one_name(self) -> None:
        counts = Counter(file.name for file in (ROOT / "tests").rglob("test_*.py"))
        assert [name for name, count in counts.items() if count > 1] == []

    @pytest.mark.parametrize("package", PACKAGES)
    def test_nobody_else_installs_our_names(self, package: str) -> None:
        owners = set(packages_distributions().get(package, ()))
        spec = importlib.util.find_spec(package)
        assert owners <= {PROJECT["project"]["name"]}
        assert spec is not None
        assert Path(spec.origin or "").parent == ROOT / package

    def test_every_package_is_shipped_typed_measured_and_checked(self) -> None:
        tool = PROJECT["tool"]
        assert sorted(tool["hatch"]["build"]["targets"]["wheel"]["packages"]) == PACKAGES
        assert sorted(tool["mypy"]["packages"]) == PACKAGES
        assert sorted(tool["coverage"]["run"]["source"]) == PACKAGES
        assert sorted(tool["importlinter"]["root_packages"]) == PACKAGES
        assert [name for name in PACKAGES if not (ROOT / name / "py.typed").is_file()] == []

    def test_no_modules_import_each_other(self) -> None:
        """For their types neither: whoever reads one of them would have to read the other first."""
        graph = grimp.build_graph(*PACKAGES, cache_dir=None)
        TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()

    def test_no_module_and_no_class_has_a_name_that_says_nothing(self) -> None:
        found = []
        for path, tree, _ in sources(*SOURCE_FOLDERS):
            found += [path] if any(BANNED_NAMES.search(part) for part in Path(path).with_suffix("").parts) else []
            classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
            found += [f"{path}:{name}" for name in classes if BANNED_CLASSES.search(name)]
        assert found == []


class TestSuggestions:
    """What the user is told to type."""

    OF_AN_ENVIRONMENT: Final = re.compile(
        r"cloud (?:cancel|deploy|deploy-stack|destroy|destroy-stack|outputs|plan|refresh|retry|rollback|status|unlock) "
        r"\{[\w.]*deployment_id\}(?!(?: \{stack\})? --environment)"
    )

    def test_a_command_of_an_environment_names_it(self) -> None:
        """Its default is dev: what is suggested for stage or prod would act there."""
        texts = [text for _, _, text in sources("cli", "cloud_core", "flows")]
        assert [found for text in texts for found in self.OF_AN_ENVIRONMENT.findall(text)] == []


class TestSizes:
    def test_files_stay_short(self) -> None:
        lengths = {path: len(text.splitlines()) for path, _, text in sources(*SOURCE_FOLDERS)}
        assert {path for path, length in lengths.items() if length > LONGEST_FILE} == set(LONG_FILES)

    def test_functions_stay_short(self) -> None:
        """Counted from the docstring on: the signature of a command is its list of options."""
        lengths = {
            f"{path}:{node.name}": (node.end_lineno or 0) - node.body[0].lineno + 1
            for path, tree, _ in sources(*SOURCE_FOLDERS)
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        }
        assert {name for name, length in lengths.items() if length > LONGEST_FUNCTION} == set(LONG_FUNCTIONS)


class TestImports:
    def test_nothing_happens_when_the_core_and_the_edges_are_imported(self) -> None:
        """No connection, process, file or thread is made, and the environment stays as it was."""
        names = modules(*(f"cloud_core/{part}" for part in ("domain", "ports", "services", "settings")), "cli", "api")
        ended = python(f"""
import importlib, os, sys, threading

def watch(event, arguments):
    writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if writes or event.startswith({WATCHED_EVENTS!r}):
        raise RuntimeError(f"{{event}} {{arguments}} at import")

import cloud_core.settings  # what pydantic and its plugins do once is not ours
before = dict(os.environ)
sys.addaudithook(watch)
for name in {names!r}:
    importlib.import_module(name)
assert dict(os.environ) == before, "the environment was changed"
assert threading.active_count() == 1, threading.enumerate()
""")
        assert ended.returncode == 0, ended.stderr

    def test_the_command_line_starts_without_heavy_modules(self) -> None:
        ended = python(
            "import cli.main, sys; print(sorted({'boto3', 'prefect', 'pulumi', 'httpx'} & set(sys.modules)))"
        )
        assert ended.stdout.strip() == "[]", ended.stdout + ended.stderr

    def test_the_engine_is_asked_who_we_are_without_what_runs_it(self) -> None:
        parts = ("cloud_core.adapters.pulumi.login", "cloud_core.adapters.local.aws_access")
        ended = python(f"import {', '.join(parts)}, sys; print(sorted({{'pulumi', 'httpx'}} & set(sys.modules)))")
        assert ended.stdout.strip() == "[]", ended.stdout + ended.stderr

    def test_the_domain_needs_the_standard_library_and_pydantic_alone(self) -> None:
        allowed = {*sys.stdlib_module_names, "pydantic", "pydantic_core", "cloud_core"}
        found = {
            f"{path} imports {name}"
            for path, tree, _ in sources("cloud_core/domain")
            for node in ast.walk(tree)
            for name in _imported(node)
            if name.partition(".")[0] not in allowed
        }
        assert found == set()


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


@cache
def error_classes() -> list[type[CloudError]]:
    """Every subclass of CloudError in the product, wherever it is defined, and CloudError itself."""
    trees = [(path, tree) for path, tree, _ in sources(*PACKAGES)]
    known, found = {"CloudError"}, {"CloudError": errors.__name__}
    while fresh := {
        node.name: path
        for path, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name not in known and {_base(base) for base in node.bases} & known
    }:
        known |= set(fresh)
        found |= {name: path.removesuffix(".py").replace("/", ".") for name, path in fresh.items()}
    return [getattr(importlib.import_module(module), name) for name, module in found.items()]


def _base(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def own_errors() -> dict[str, type[CloudError]]:
    """The errors of `domain.errors`, by name, in the order of definition."""
    members = vars(errors).items()
    return {name: item for name, item in members if isinstance(item, type) and issubclass(item, CloudError)}


class TestErrors:
    def test_every_error_of_the_domain_has_a_code_of_its_own(self) -> None:
        codes = {name: vars(kind).get("code") for name, kind in own_errors().items()}
        assert None not in codes.values()
        assert [code for code, count in Counter(codes.values()).items() if count > 1] == []

    def test_errors_of_other_places_have_a_code_that_the_edges_know(self) -> None:
        known = {kind.code for kind in own_errors().values()}
        assert [kind.__name__ for kind in error_classes() if kind.code not in known] == []

    @pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: kind.__name__)
    def test_an_error_survives_pickling(self, kind: type[CloudError]) -> None:
        error = kind("a message", suggestion="a way out", findings=[{"code": "X"}])
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is kind
        assert (copy.message, copy.context, str(copy)) == (error.message, error.context, str(error))

    def test_the_tree_in_the_docstring_is_the_tree(self) -> None:
        drawn = drawn_tree(errors.__doc__ or "")
        real = {name: kind.__bases__[0].__name__ for name, kind in own_errors().items() if kind is not CloudError}
        assert drawn == real


def drawn_tree(docstring: str) -> dict[str, str]:
    """Child to parent: the names of a line such as `│   ├── AlreadyExists, VersionConflict` belong to the last name
    that is less indented."""
    parents: dict[str, str] = {}
    trail = [(0, "CloudError")]
    for line in docstring.splitlines():
        branch, _, rest = line.partition("── ")
        children = re.match(r"[A-Z]\w+(, [A-Z]\w+)*", rest)
        if children is None:
            continue
        trail = [(depth, name) for depth, name in trail if depth < len(branch)]
        parents |= dict.fromkeys(children.group().split(", "), trail[-1][1])
        trail.append((len(branch), children.group()))
    return parents


@pytest.mark.xdist_group("layout")
def test_tests_of_one_group_stay_on_one_worker(request: pytest.FixtureRequest) -> None:
    """Else every worker would start a sandbox of its own; a group shows in the name of its tests."""
    grouped = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@layout") is grouped
