"""An engine over a provider instance and a folder: for tests, and for the processes that tests kill."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pulumi

from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.adapters.pulumi.access import Attachment, Backend
from cloud_core.adapters.pulumi.discovery import find_engine
from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import ProcessIdentity
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.engine import StackRun, StackTarget
from cloud_core.settings.engine import EngineSettings

TARGET = StackTarget("D1BRV40", "waits", EnvironmentName.DEV, "CompanyA", "shop", "us-east-1", "410000000017")


class OneInstance:
    """Every run is attached to the same provider instance; `variables` are those of every engine."""

    def __init__(
        self, port: int, variables: Mapping[str, str] | None = None, tags: Mapping[str, str] | None = None
    ) -> None:
        self._port = port
        self._variables = dict(variables or {})
        self._tags = tags

    def environment(self) -> dict[str, str]:
        return dict(self._variables)

    @contextmanager
    def attach(self, target: StackTarget) -> Iterator[Attachment]:
        variables = self._variables | {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "PULUMI_DEBUG_PROVIDERS": f"aws:{self._port}",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        tags = {"aws:defaultTags": {"tags": self._tags}} if self._tags else {}
        yield Attachment(variables, {"aws:region": target.region, **tags})


def make_engine(
    folder: Path, port: int, stop_seconds: float = 20, tags: Mapping[str, str] | None = None
) -> PulumiEngine:
    """An engine whose state and runs are in the folder; `tags` are given to every resource."""
    (folder / "state").mkdir(exist_ok=True)
    backend = Backend(
        url=f"file://{folder / 'state'}",
        runs=folder / "runs",
        plugins=folder / "plugins",
        variables={"PULUMI_CONFIG_PASSPHRASE": "correct horse"},
    )
    return engine_over(backend, OneInstance(port, tags=tags), stop_seconds)


def engine_over(backend: Backend, access: OneInstance, stop_seconds: float = 20) -> PulumiEngine:
    """An engine whose state is wherever the backend says."""
    settings = EngineSettings()
    return PulumiEngine(lambda: find_engine(settings), backend, access, LocalProcesses(), stop_seconds)


def waiting_run(
    seconds: float,
    on_processes: Callable[[list[ProcessIdentity]], None] = lambda processes: None,
    stop: StopSignal | None = None,
) -> StackRun:
    """A stack of one resource whose creation takes that long."""

    def program() -> None:
        properties = {"seconds": seconds, "value": "kept"}
        pulumi.export("waitId", pulumi.CustomResource("aws:sandbox/wait:Wait", "wait", properties).id)

    return StackRun(TARGET, "op-1", program, on_processes, stop or StopSignal())
