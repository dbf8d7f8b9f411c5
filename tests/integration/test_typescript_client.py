"""The TypeScript client: what is committed is what its sources make, and its parts do what they say."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from cloud_core.testing.missing import left_out, needed_node
from realtime.clients import BROWSER_MODULES

ROOT: Final = Path(__file__).resolve().parents[2]
CLIENT: Final = BROWSER_MODULES.parent


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in sorted(folder.iterdir())}


def test_what_is_committed_is_what_the_sources_make(tmp_path: Path) -> None:
    """Strictly typed, or nothing is made. So that a clone without Node serves it to browsers."""
    compiler = CLIENT / "node_modules" / "typescript" / "bin" / "tsc"
    if shutil.which("node") is None or not compiler.is_file():
        left_out("node or the compiler is missing: install Node 20 and run `make node`")
    run = subprocess.run(
        ["node", str(compiler), "--outDir", str(tmp_path)], cwd=CLIENT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
    assert contents(BROWSER_MODULES) == contents(tmp_path), "run `make client` and commit what it makes"


def test_a_browser_finds_every_module_beside_the_first() -> None:
    """No bundler, no package: imports are relative and name their file."""
    modules = {file.name: file.read_text("utf-8") for file in BROWSER_MODULES.glob("*.js")}
    imported = [
        line.rpartition(" from ")[2].strip("\";'")
        for text in modules.values()
        for line in text.splitlines()
        if line.startswith(("import ", "export {")) and " from " in line
    ]
    assert imported
    assert {name.removeprefix("./") for name in imported} <= modules.keys()


def test_its_own_tests_pass() -> None:
    """Under Node's runner, without a server."""
    needed_node()
    run = subprocess.run(
        ["node", "--test", str(ROOT / "tests" / "typescript")], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stdout
