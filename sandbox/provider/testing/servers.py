"""An AWS server of a test's own: the sandbox's, in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cloud_core.domain.errors import Unavailable


@contextmanager
def aws_server() -> Iterator[str]:
    """Its address; it ends with the block."""
    command = [sys.executable, "-m", "sandbox.moto_server", "--port", "0", "--role", "aws"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            first_line = process.stdout.readline() if process.stdout else ""
            found = re.search(r"http://127\.0\.0\.1:\d+", first_line)
            if found is None:
                raise Unavailable(f"the AWS server did not start: it said {first_line!r}")
            yield found.group()
        finally:
            process.terminate()
