"""Builds every stack that the workspace knows: `cloud stack build --all`, with its options.

    python tools/install/build_all_stacks.py [--parallel N] [--environment dev|stage|prod] [--json]

WORKSPACE_ROOT names the workspace.
"""

from __future__ import annotations

import sys

from cli.main import run

if __name__ == "__main__":
    sys.exit(run(["stack", "build", "--all", *sys.argv[1:]]))
