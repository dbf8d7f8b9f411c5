"""Clients of the sockets: what they share with the server is docs/realtime.md, not code."""

from __future__ import annotations

from pathlib import Path
from typing import Final

BROWSER_MODULES: Final = Path(__file__).parent / "typescript" / "dist"
"""ES modules of the TypeScript client, as built; a page imports `index.js`, which finds the others beside it."""
