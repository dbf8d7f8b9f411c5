"""Builds stacks for the command line: `python -m flows.stack_builds`, a request on stdin, one event a line on stdout.

No Prefect flow, but a process for the same reason: edges import neither programs nor the engine. The engine's state and
the AWS behind the preview are thrown away when the process ends.

    {"stack": "network", "build": null}                   it starts
    {"stack": "network", "build": {"status": …}}          it has ended
    {"problem": …, "suggestion": …}                       nothing can be built
"""

from __future__ import annotations

import json
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cloud_core.adapters.local.clock import SystemClock
from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.adapters.local.sandbox_state import workspace_folder
from cloud_core.adapters.pulumi.access import Backend
from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.bootstrap.shared import Services
from cloud_core.domain.errors import CloudError
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.builds import BuildRequest, StackBuild
from cloud_core.services.templates.stack_builds import StackBuildService
from cloud_core.settings import load_settings
from flows.event_lines import EventLines
from sandbox.offline import OfflineAccess, aws_server
from stacks.registry import StackRegistry

Emit = Callable[[Mapping[str, Any]], None]


def main() -> int:
    """0 when every build has a result, 1 when there could be none."""
    emit = EventLines().write
    request = _request(json.loads(sys.stdin.read()))
    stop = StopSignal()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.request())
    try:
        with build_service(stop) as service:
            service.build_all(request.stacks, request.environment, request.parallel, _teller(emit))
    except CloudError as error:
        emit({"problem": error.message, "suggestion": error.suggestion})
        return 1
    return 128 + signal.SIGINT if stop.is_set else 0


@contextmanager
def build_service(stop: StopSignal) -> Iterator[StackBuildService]:
    """Over an engine whose state and AWS end with the block."""
    settings = load_settings()
    services = Services(settings)
    registry = StackRegistry([workspace_folder(settings) / "stacks"])
    with aws_server() as endpoint, tempfile.TemporaryDirectory(prefix="cloud-build-") as scratch:
        folder = Path(scratch)
        (folder / "state").mkdir()
        passphrase = {"PULUMI_CONFIG_PASSPHRASE": secrets.token_hex()}
        backend = Backend(f"file://{folder / 'state'}", folder / "runs", folder / "plugins", None, passphrase)
        access = OfflineAccess(endpoint, settings.aws.role_name)
        engine = PulumiEngine(services.find_engine, backend, access, LocalProcesses(), settings.engine.stop_seconds)
        yield StackBuildService(registry, services.catalog.stack_templates(), engine, SystemClock(), stop)


def _request(data: Mapping[str, Any]) -> BuildRequest:
    return BuildRequest(data["stacks"], EnvironmentName(data["environment"]), data["parallel"])


def _teller(emit: Emit) -> Callable[[str, StackBuild | None], None]:
    return lambda stack, build: emit({"stack": stack, "build": build.to_data() if build else None})


if __name__ == "__main__":
    sys.exit(main())
