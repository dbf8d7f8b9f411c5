"""Makes and removes the control plane for the command line: `python -m flows.control_plane`, a request on stdin, one
event a line on stdout.

No Prefect flow: the tables that flows need are what it makes. But a process for the same reason as those: edges import
neither programs nor the engine. It works in the platform's own account, with the credentials of the environment as they
are; in the sandbox that is the AWS in which the records are.

    {"resource": {"action": "create", "phase": "done", …}}   a resource begins, is done, or failed
    {"state": {"outputs": …}}                                it has ended
    {"problem": {"code": …, "message": …, "context": …}}     it has failed
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from cloud_core.adapters.local.aws_access import RealAccess, SandboxAccess
from cloud_core.adapters.local.function_package import build_package
from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.adapters.pulumi.access import AwsAccess
from cloud_core.bootstrap.shared import Services
from cloud_core.domain.control_plane import ControlPlane
from cloud_core.domain.errors import CloudError, EngineCancelled
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.control_plane import PlaneAction
from cloud_core.ports.engine import InlineProgram
from cloud_core.services.control_plane.work import PlaneWork
from cloud_core.settings import load_settings
from flows.event_lines import EventLines
from stacks.control_plane.program import data_program, inline_program

PACKAGE_FILE: Final = "functions.zip"


def main() -> int:
    """0 when it was carried out, 1 when not."""
    lines = EventLines()
    request = json.loads(sys.stdin.read())
    stop = StopSignal()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.request())
    try:
        services = Services(load_settings())
        describe = _describing(services.workspace)
        engine = services.engine_over(_access(services))
        work = PlaneWork(engine, describe, data_program, LocalProcesses(), stop)
        state = work.carry_out(
            PlaneAction(request["action"]),
            ControlPlane(**request["plane"]),
            lambda event: lines.write({"resource": asdict(event)}),
        )
    except EngineCancelled:
        return 128 + signal.SIGINT
    except CloudError as error:
        lines.write({"problem": _problem(error)})
        return 1
    lines.write({"state": asdict(state)})
    return 0


def _describing(workspace: Path) -> Callable[[ControlPlane], InlineProgram]:
    """The program of a control plane, with the functions of this installation."""

    def describe(plane: ControlPlane) -> InlineProgram:
        package = build_package(Workspace(workspace).state / "control-plane" / PACKAGE_FILE)
        return inline_program(plane, package)

    return describe


def _access(services: Services) -> AwsAccess:
    if services.addresses is None:
        return RealAccess(None, services.settings.aws.credentials_profile)
    return SandboxAccess(services.addresses, None, services.addresses.records_endpoint)


def _problem(error: CloudError) -> Mapping[str, Any]:
    context = json.loads(json.dumps(error.context, default=str))
    return {"code": error.code, "message": error.message, "context": context}


if __name__ == "__main__":
    sys.exit(main())
