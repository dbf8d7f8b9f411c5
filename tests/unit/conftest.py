"""The command line over fakes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.answers.testing import check_document
from cli.main import run
from cloud_core.testing.edge import FakeEdge


class Cli:
    """The program over fakes: `code`, `out` and `err` are those of the last run."""

    def __init__(self, edge: FakeEdge, capsys: pytest.CaptureFixture[str]) -> None:
        self.edge = edge
        self._capsys = capsys
        self.code, self.out, self.err = 0, "", ""

    def __call__(self, *arguments: str) -> Cli:
        self.code = run(arguments, lambda settings: self.edge)
        self.out, self.err = self._capsys.readouterr()
        return self

    def json(self, *arguments: str) -> Any:
        """The one document, which is what the shipped schema says."""
        document = json.loads(self(*arguments, "--json").out)
        check_document(arguments, document)
        return document


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    for name in ("CLOUD_DEPLOYMENT", "CLOUD_ENVIRONMENT", "CLOUD_CONFIG", "LOG_LEVEL", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return Cli(FakeEdge(tmp_path), capsys)


class Keyboard(io.StringIO):
    """A terminal at which somebody types these lines."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Any:
    def type_lines(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", Keyboard("".join(f"{line}\n" for line in lines)))

    return type_lines
