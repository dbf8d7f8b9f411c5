"""Which engine is used: the setting, else PATH, else the tool folder; and what is said when there is none."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cloud_core.adapters.pulumi.discovery import PINNED_VERSION, find_engine, is_older, tool_folder
from cloud_core.domain.errors import EngineMissing
from cloud_core.settings.engine import EngineSettings

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without an engine: an empty cache, and a PATH with nothing but a shell."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def make_engine(path: Path, version: str = f"v{PINNED_VERSION}", code: int = 0) -> Path:
    """A program that answers like an engine, and counts how often it is asked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho asked >> "{path}.log"\necho "{version}"\nexit {code}\n')
    path.chmod(0o755)
    return path


def asked(path: Path) -> int:
    log = Path(f"{path}.log")
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_the_setting_comes_before_path_and_tool_folder(tmp_path: Path) -> None:
    make_engine(tmp_path / "bin" / "pulumi")
    make_engine(tool_folder() / "pulumi")
    own = make_engine(tmp_path / "own" / "engine", "v3.300.1")
    found = find_engine(EngineSettings(binary=own))
    assert (found.path, found.version) == (own, "3.300.1")
    assert "CLOUD_ENGINE__BINARY" in found.source


def test_path_comes_before_the_tool_folder(tmp_path: Path) -> None:
    on_path = make_engine(tmp_path / "bin" / "pulumi", "v3.256.0-alpha.1+abc")
    make_engine(tool_folder() / "pulumi")
    found = find_engine(EngineSettings())
    assert (found.path, found.version, found.source) == (on_path, "3.256.0-alpha.1+abc", "PATH")


def test_an_old_engine_in_path_is_passed_over(tmp_path: Path) -> None:
    make_engine(tmp_path / "bin" / "pulumi", "v3.99.9")
    own = make_engine(tool_folder() / "pulumi")
    found = find_engine(EngineSettings())
    assert (found.path, found.source) == (own, "tool folder")


def test_our_own_build_needs_no_version_stamp(tmp_path: Path) -> None:
    make_engine(tool_folder() / "pulumi", "")
    assert find_engine(EngineSettings()).version == PINNED_VERSION


@pytest.mark.parametrize(
    ("version", "code", "problem"),
    [("v3.1.0", 0, "older than"), ("", 0, "no version"), ("no", 0, "no version"), ("v9.9.9", 3, "exit code 3")],
)
def test_an_engine_that_was_set_and_is_no_good_is_an_error(
    tmp_path: Path, version: str, code: int, problem: str
) -> None:
    """Falling back silently would run another engine than the one that was asked for."""
    make_engine(tool_folder() / "pulumi")
    own = make_engine(tmp_path / "own" / "engine", version, code)
    with pytest.raises(EngineMissing, match=problem) as caught:
        find_engine(EngineSettings(binary=own))
    assert str(own) in caught.value.message


@pytest.mark.parametrize("kind", ["absent", "folder", "not executable"])
def test_a_file_that_can_not_be_run_is_an_error(tmp_path: Path, kind: str) -> None:
    own = tmp_path / "engine"
    if kind == "folder":
        own.mkdir()
    elif kind == "not executable":
        own.write_text("text")
    with pytest.raises(EngineMissing, match=re.escape(str(own))):
        find_engine(EngineSettings(binary=own))


def test_when_all_fail_every_place_and_the_way_out_are_named(tmp_path: Path) -> None:
    make_engine(tmp_path / "bin" / "pulumi", "v2.0.0")
    with pytest.raises(EngineMissing) as caught:
        find_engine(EngineSettings())
    message = caught.value.message
    assert "2.0.0, older than 3.255.0" in message
    assert str(tool_folder() / "pulumi") in message
    assert "make setup" in message


def test_a_known_engine_is_not_run_again_until_it_changes(tmp_path: Path) -> None:
    own = make_engine(tmp_path / "own" / "engine")
    for _ in range(3):
        find_engine(EngineSettings(binary=own))
    assert asked(own) == 1
    make_engine(own, "v3.999.0")
    os.utime(own, ns=(1, 1))
    assert find_engine(EngineSettings(binary=own)).version == "3.999.0"
    assert asked(own) == 2


@pytest.mark.parametrize("memory", ["", "[]", "{", '{"X": 1}'])
def test_a_spoilt_memory_does_no_harm(tmp_path: Path, memory: str) -> None:
    own = make_engine(tmp_path / "own" / "engine")
    file = tool_folder().parent / "versions.json"
    file.parent.mkdir(parents=True)
    file.write_text(memory.replace("X", str(own)))
    assert find_engine(EngineSettings(binary=own)).version == PINNED_VERSION
    assert str(own) in json.loads(file.read_text())


def test_a_cache_that_can_not_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, no folder")
    own = make_engine(tmp_path / "own" / "engine")
    assert find_engine(EngineSettings(binary=own)).version == PINNED_VERSION


def test_a_relative_cache_folder_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert tool_folder("1.2.3") == Path("/home/somebody/.cache/cloud-platform/engine/1.2.3")


@pytest.mark.parametrize(
    ("version", "minimum", "older"),
    [
        ("3.9.0", "3.10.0", True),
        ("3.10.0", "3.9.9", False),
        ("v3.255.0", "3.255.0", False),
        ("2.300.300", "3.0.0", True),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, minimum: str, older: bool) -> None:
    assert is_older(version, minimum) is older


def test_every_file_pins_the_same_engine() -> None:
    module = (REPOSITORY / "tools" / "engine" / "go.mod").read_text()
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert f"github.com/pulumi/pulumi/pkg/v3 v{PINNED_VERSION} " in module
    assert f"github.com/pulumi/pulumi/sdk/v3 v{PINNED_VERSION} " in module
    assert f"pulumi=={PINNED_VERSION}" in project["dependencies"]
    assert EngineSettings().minimum_version == PINNED_VERSION


def test_it_needs_only_the_standard_library() -> None:
    """The installer imports it before anything is installed."""
    code = (
        "import sys; before = set(sys.modules); "
        f"sys.path.insert(0, {str(REPOSITORY)!r}); import cloud_core.adapters.pulumi.discovery; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert answer.stdout.strip() == "['cloud_core']"
