"""The results on disk: docs/reliability.json, from which the tables of docs/reliability.md are made."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from phases import PHASES
from rows import Row

ROOT: Final = Path(__file__).resolve().parent.parent
RESULTS: Final = ROOT / "docs" / "reliability.json"


def read_rows() -> list[Row]:
    return [Row.of(one) for one in json.loads(RESULTS.read_text("utf-8"))["rows"]] if RESULTS.exists() else []


def write_rows(rows: Sequence[Row]) -> None:
    """One trial a line, so that a change shows as such."""
    phases = json.dumps({phase.name: phase.says for phase in PHASES}, indent=1)
    lines = ",\n".join(json.dumps(row.document(), ensure_ascii=False) for row in rows)
    RESULTS.write_text(f'{{"phases": {phases},\n"rows": [\n{lines}\n]}}\n', "utf-8")


def write_page() -> None:
    subprocess.run([sys.executable, str(ROOT / "tools" / "generate_docs.py")], check=True)
