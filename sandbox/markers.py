"""The mark that every process of a sandbox carries in its environment, and how to find them by it.

A pid file can't name the flows that the runner starts, nor the engines that flows start in sessions of their own.
They all inherit the environment, so the mark finds them even when their parents are gone.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import psutil

from cloud_core.adapters.local.sandbox_state import GENERATION_VARIABLE

FOLDER_VARIABLE: Final = "CLOUD_SANDBOX__STATE_DIR"


def generation_of_this_process() -> str | None:
    """The generation that this process was started for; None outside a sandbox."""
    return os.environ.get(GENERATION_VARIABLE)


def marked_processes(folder: Path) -> list[psutil.Process]:
    """This user's processes that belong to the sandbox in `folder`, of whatever generation.

    The calling process and its ancestors are left out: they ask, they are not asked about.
    """
    asking = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in psutil.process_iter() if process.pid not in asking and _is_marked(process, folder)]


def _is_marked(process: psutil.Process, folder: Path) -> bool:
    try:
        if process.uids().real != os.getuid() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        environment = process.environ()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return GENERATION_VARIABLE in environment and environment.get(FOLDER_VARIABLE) == str(folder)
