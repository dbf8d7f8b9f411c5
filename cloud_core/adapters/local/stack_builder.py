"""Builds of stacks in a process of their own, `python -m flows.stack_builds`: the request in, one event a line out."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from cloud_core.adapters.local.module_process import module_process
from cloud_core.domain.errors import Unavailable
from cloud_core.ports.builds import BuildRequest, Builds, OnBuild, StackBuild

_MODULE: Final = "flows.stack_builds"
_INTERRUPTED: Final = 128 + signal.SIGINT


class LocalStackBuilder:
    """Implements the port StackBuilder."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    def build(self, request: BuildRequest, tell: OnBuild) -> Builds:
        began = time.monotonic()
        with module_process(_MODULE, self._workspace, asdict(request)) as (process, lines):
            builds = _listen(lines, tell)
        if process.returncode == _INTERRUPTED:
            raise KeyboardInterrupt
        if process.returncode != 0:
            raise Unavailable(f"the builds broke off with exit code {process.returncode}; see the messages above")
        ordered = sorted(builds, key=lambda build: build.stack)
        return Builds(request.environment, tuple(ordered), time.monotonic() - began)


def _listen(lines: Iterable[str], tell: OnBuild) -> list[StackBuild]:
    builds = []
    for line in lines:
        event = json.loads(line)
        if "problem" in event:
            raise Unavailable(event["problem"], suggestion=event["suggestion"])
        ended = StackBuild.from_data(event["build"]) if event["build"] else None
        tell(event["stack"], ended)
        builds += [ended] if ended else []
    return builds
