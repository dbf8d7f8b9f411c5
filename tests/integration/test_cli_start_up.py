"""What the command line imports before it answers: help must not wait for the libraries of the work."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = ("boto3", "botocore", "httpx", "prefect", "psutil", "pulumi", "pydantic_settings", "rich", "ruamel.yaml")
_RUN = """
import sys
from cli.main import run
code = run({arguments!r})
print("imported:", *(name for name in {heavy!r} if name in sys.modules))
sys.exit(code)
"""


def imported(*arguments: str) -> set[str]:
    """The heavy libraries that a run of the command line imports."""
    code = _RUN.format(arguments=list(arguments), heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("deploy", "--help"), ("sandbox", "--help")])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert imported(*arguments) == set()


def test_what_only_reads_files_needs_neither_aws_nor_prefect() -> None:
    assert not imported("template-list") & {"boto3", "botocore", "httpx", "prefect", "pulumi"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete_commands_and_options(shell: str) -> None:
    line = "cloud template-sh"
    words = {"COMP_WORDS": line, "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": line}
    environment = {
        **os.environ,
        **words,
        "_CLOUD_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    command = [sys.executable, "-m", "cli.main"]
    done = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
    assert "template-show" in done.stdout
