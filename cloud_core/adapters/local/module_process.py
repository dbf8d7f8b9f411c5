"""A module of the platform in a process of its own: a request on its stdin, one event a line on its stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cloud_core.adapters.local.workspace import WORKSPACE_VARIABLE


@contextmanager
def module_process(
    module: str, workspace: Path, request: Mapping[str, Any]
) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """The process, which has its request, and what it tells; it has ended with this."""
    # -P: a folder `stacks` where the user stands must not be taken for our package.
    command = [sys.executable, "-P", "-m", module]
    environment = {**os.environ, WORKSPACE_VARIABLE: str(workspace)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request))
        process.stdin.close()
        yield process, process.stdout
