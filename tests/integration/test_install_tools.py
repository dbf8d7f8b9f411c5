"""The entries of tools/install do what their commands do, in the workspace that WORKSPACE_ROOT names."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).parents[2] / "tools" / "install"


def run(workspace: Path, *command: str | Path) -> tuple[int, Any]:
    """The exit code, and the JSON document."""
    environment = {name: value for name, value in os.environ.items() if name != "CLOUD_WORKSPACE"}
    done = subprocess.run(
        [*map(str, command), "--json"],
        env={**environment, "WORKSPACE_ROOT": str(workspace)},
        cwd=workspace,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_stacks_are_migrated(tmp_path: Path) -> None:
    (tmp_path / "stacks" / "order_queue").mkdir(parents=True)
    (tmp_path / "stacks" / "order_queue" / "program.py").write_text("def program(inputs, context): ...\n")
    code, document = run(tmp_path, sys.executable, TOOLS / "migrate_stacks.py", "--apply")
    assert (code, document["data"]["applied"]) == (0, True)
    assert (tmp_path / "stacks" / "order-queue" / "program.py").is_file()


def test_a_build_that_fails_is_told_by_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "stacks" / "broken").mkdir(parents=True)
    (tmp_path / "stacks" / "broken" / "program.py").write_text("import nothing_like_it\n")
    code, document = run(tmp_path, TOOLS / "build_stacks.sh", "broken")
    assert (code, document["data"]["stacks"][0]["failed_step"]) == (1, "import")


def test_all_of_them_can_not_be_named_as_well(tmp_path: Path) -> None:
    code, document = run(tmp_path, sys.executable, TOOLS / "build_all_stacks.py", "network")
    assert (code, document["error"]["code"]) == (2, "USAGE")


def test_prerequisites_are_checked_one_by_one(tmp_path: Path) -> None:
    done = subprocess.run([TOOLS / "check_prerequisites.sh"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert {"git", "make"} <= {line.split()[1] for line in done.stdout.splitlines() if line.startswith("  ok")}


def test_a_missing_prerequisite_is_named_with_the_way_out(tmp_path: Path) -> None:
    for tool in ("uname", "df", "awk"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    command = ["/bin/sh", TOOLS / "check_prerequisites.sh"]
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "missing  git: install it" in done.stdout
    assert "missing  Python 3.11, 3.12 or 3.13" in done.stdout
