"""What a new generation is filled with before anybody uses it: a declarative list of steps.

A step runs once its needs (processes and earlier steps) are ready. To add one, write a function that takes the
`Launch` and add a row to `SEEDS`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx
from ruamel.yaml import YAML

from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.tables import create_tables
from cloud_core.adapters.local.environment import DUMMY_CREDENTIAL
from cloud_core.adapters.prefect.work_pool import job_template, silence_watch
from cloud_core.domain.errors import FlowServiceUnreachable
from cloud_core.resources import data_dir
from cloud_core.settings.prefect import WORK_POOL
from sandbox.failures import process_failed
from sandbox.processes import BLOCKS, Launch
from sandbox.user_pool import create_user_pool

_REGISTER_SECONDS: Final = 180.0
_REQUEST_SECONDS: Final = 10.0
# SQLite answers 503 while another writer holds it.
_ATTEMPTS: Final = 20
_PAUSE_SECONDS: Final = 0.5


@dataclass(frozen=True)
class SeedStep:
    """`says` is what the user reads while it runs; `run` raises CloudError when it can't be done."""

    name: str
    says: str
    run: Callable[[Launch], None]
    needs: tuple[str, ...]


def create_records(launch: Launch) -> None:
    """The tables that the platform keeps its records in."""
    aws = launch.settings.aws
    key = AccessKey(DUMMY_CREDENTIAL, DUMMY_CREDENTIAL)
    create_tables(records_client(launch.addresses.records_endpoint, aws.records_region, key), aws.table_prefix)


def create_work_pool(launch: Launch) -> None:
    """The pool of the flow runner: its runs use our interpreter, from a folder outside every package."""
    template = job_template(sys.executable, str(launch.addresses.work_dir))
    _call(launch, "POST", "/work_pools/", {"name": WORK_POOL, "type": "process", "base_job_template": template})


def create_silence_watch(launch: Launch) -> None:
    """Flow runs whose sign of life stays away are called crashed."""
    _call(launch, "POST", "/automations/", silence_watch())


def register_flows(launch: Launch) -> None:
    """`prefect deploy --all` of the shipped prefect.yaml, then a look whether every deployment is there."""
    file = data_dir("prefect.yaml")
    log = _run(launch, "prefect deploy", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file))
    missing = _names_in(file) - {item["name"] for item in _call(launch, "POST", "/deployments/filter", {})}
    if missing:
        raise process_failed("prefect deploy", f"left out {', '.join(sorted(missing))}", log)


def register_blocks(launch: Launch) -> None:
    """The block types, and the documents that this sandbox's flows take their pointers from."""
    _run(launch, "blocks", "blocks.register", BLOCKS, launch.addresses.backend_url)


def _run(launch: Launch, name: str, *module: str) -> Path:
    """Run a module with its output in a log of its own, which is returned; SandboxNotRunning when it fails."""
    log = launch.addresses.logs_dir / f"{name.replace(' ', '-')}.log"
    with log.open("ab") as output:
        try:
            code = subprocess.run(
                [sys.executable, "-m", *module],
                cwd=launch.addresses.work_dir,
                env=launch.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                timeout=_REGISTER_SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise process_failed(name, f"took more than {_REGISTER_SECONDS:.0f} s", log) from None
    if code != 0:
        raise process_failed(name, f"ended with exit code {code}", log)
    return log


def _names_in(file: Path) -> set[str]:
    document = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    return {item["name"] for item in document["deployments"]}


def _call(launch: Launch, method: str, path: str, body: dict[str, Any]) -> Any:
    """A call of the flow service, tried again while its database is busy; the JSON of its answer."""
    url = launch.addresses.prefect_api + path
    for _ in range(_ATTEMPTS):
        try:
            response = httpx.request(method, url, json=body, timeout=_REQUEST_SECONDS, trust_env=False)
        except httpx.TransportError as problem:
            raise FlowServiceUnreachable(f"{method} {url} failed: {problem!r}") from problem
        if response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            break
        time.sleep(_PAUSE_SECONDS)
    if not response.is_success:
        raise FlowServiceUnreachable(f"{method} {url} answered {response.status_code}: {response.text[:500]}")
    return response.json()


SEEDS: Final = (
    SeedStep("records", "creating the tables", create_records, needs=("moto-records",)),
    SeedStep("user-pool", "creating the user pool", create_user_pool, needs=("moto-records",)),
    SeedStep("work-pool", "creating the work pool", create_work_pool, needs=("prefect-server",)),
    SeedStep(
        "silence-watch",
        "watching for flow runs that fall silent",
        create_silence_watch,
        needs=("prefect-server",),
    ),
    SeedStep("flows", "registering the flows (usually 6-10 s)", register_flows, needs=("work-pool",)),
    SeedStep("blocks", "registering the blocks (usually 4-6 s)", register_blocks, needs=("prefect-server",)),
)
