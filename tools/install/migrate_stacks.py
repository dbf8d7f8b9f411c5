"""Brings the workspace from version 2.3 to 3.1: `cloud migrate`, with its options.

    python tools/install/migrate_stacks.py [--apply] [--json]

Without --apply it only shows what it would do. WORKSPACE_ROOT names the workspace.
"""

from __future__ import annotations

import sys

from cli.main import run

if __name__ == "__main__":
    sys.exit(run(["migrate", *sys.argv[1:]]))
