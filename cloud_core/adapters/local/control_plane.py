"""The control plane's engine in a process of its own, `python -m flows.control_plane`: the request in, one event a
line out."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from cloud_core.adapters.local.module_process import module_process
from cloud_core.domain.control_plane import ControlPlane
from cloud_core.domain.error_kinds import kind_of
from cloud_core.domain.errors import CloudError, Unavailable
from cloud_core.ports.control_plane import PlaneAction, PlaneState
from cloud_core.ports.engine import OnResource, ResourceAction, ResourceEvent

_MODULE: Final = "flows.control_plane"
_INTERRUPTED: Final = 128 + signal.SIGINT


class LocalControlPlane:
    """Implements the port ControlPlaneEngine."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    def carry_out(self, action: PlaneAction, plane: ControlPlane, tell: OnResource) -> PlaneState:
        request = {"action": action.value, "plane": asdict(plane)}
        with module_process(_MODULE, self._workspace, request) as (process, lines):
            try:
                state = _listen(lines, tell)
            except KeyboardInterrupt:
                # A terminal has told the process as well, others may not have; twice is as good as once.
                process.send_signal(signal.SIGINT)
                process.wait()
                raise
        if process.returncode == _INTERRUPTED:
            raise KeyboardInterrupt
        if state is None:
            raise Unavailable(
                f"the control plane's engine broke off with exit code {process.returncode}; see the messages above"
            )
        return state


def _listen(lines: Iterable[str], tell: OnResource) -> PlaneState | None:
    state = None
    for line in lines:
        event = json.loads(line)
        if "problem" in event:
            raise _error(event["problem"])
        if "resource" in event:
            tell(ResourceEvent(**{**event["resource"], "action": ResourceAction(event["resource"]["action"])}))
        else:
            state = PlaneState(**event["state"])
    return state


def _error(problem: Mapping[str, Any]) -> CloudError:
    """As it was raised over there."""
    kind = kind_of(problem["code"]) or CloudError
    return kind(problem["message"], **problem["context"])
