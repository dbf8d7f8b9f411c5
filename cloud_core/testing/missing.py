"""What a test needs and the machine lacks: left out aloud, and an error where nothing may be left out."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def left_out(told: str) -> NoReturn:
    """Skips the test; fails it in CI."""
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


def needed_program(name: str, told: str | None = None) -> str:
    """The program's path."""
    return shutil.which(name) or left_out(told or f"{name} is missing, so that what needs it is not tried: install it")


def needed_node() -> str:
    """Where Node is."""
    return needed_program("node", "node is missing: install Node 20 or newer")
