"""The processes of the sandbox: how each is started, how it shows that it is ready, what it waits for.

    moto-aws        AWS as the stacks see it                          in memory
    moto-records    the platform's own tables                         in memory
    provider        the engine's `aws` provider, over moto-aws        nothing
    prefect-server  the flow service with its pages, SQLite           on disk
    flow-runner     Prefect's process worker, starts the flow runs    nothing
    api             the REST API, over the records                    nothing

What is in memory is lost with its process, and then the whole generation is. The others can be started again;
the runs that were attached to a provider fail.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4

import httpx

from cloud_core.adapters.local.environment import process_environment
from cloud_core.adapters.local.sandbox_state import SandboxAddresses, workspace_folder
from cloud_core.adapters.local.sandbox_users import read_pool
from cloud_core.settings import Settings
from cloud_core.settings.prefect import WORK_POOL
from cloud_core.settings.tree import Profile
from sandbox.folder import PREFECT_HOME
from sandbox.markers import FOLDER_VARIABLE
from sandbox.moto_server import HEALTH_PATH
from sandbox.ports import HOST

_PREFECT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        # Leases in memory would block their limits for ever once the server is restarted.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_LOGGING_COLORS": "false",
        "PREFECT_CLI_COLORS": "false",
        "PREFECT_CLI_PROMPT": "false",
    }
)
BLOCKS: Final = "sandbox"
"""Name of the block documents that the flows of a sandbox take their pointers from."""
FLOW_SERVICE: Final = frozenset({"prefect-server", "flow-runner"})
"""Those that are not started where the sandbox uses a flow service which is not its own."""
WORKERS: Final = frozenset({"flow-runner", "api"})
"""Those that work with the others, and so end before them."""
_PROBE_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Launch:
    """What the rows of the table are filled in with."""

    settings: Settings
    addresses: SandboxAddresses
    # A new name at each start: the flow service would take an earlier runner's sign of life for this one's.
    runner_name: str = field(default_factory=lambda: f"sandbox-{uuid4().hex[:8]}")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every process of the sandbox: no real credentials, our mark, Prefect's settings."""
        base = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        folder = self.addresses.state_dir
        return process_environment(Profile.SANDBOX, self.addresses, base) | {
            **_PREFECT,
            "PREFECT_HOME": str(folder / PREFECT_HOME),
            "PREFECT_API_URL": self.addresses.prefect_api,
            "CLOUD_PROFILE": Profile.SANDBOX.value,
            "CLOUD_WORKSPACE": str(workspace_folder(self.settings)),
            "CLOUD_PREFECT__BLOCKS": BLOCKS,
            FOLDER_VARIABLE: str(folder),
            "PYTHONUNBUFFERED": "1",
        }


def _nothing(_: Launch) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class ProcessSpec:
    """A row of the table. `arguments` follow the interpreter; `needs` names the processes and seeds that must be
    ready first; `usually` says how long the start takes, for people; `variables` go into its environment alone."""

    name: str
    arguments: Callable[[Launch], list[str]]
    is_ready: Callable[[Launch], bool]
    holds_state: bool
    usually: str
    needs: tuple[str, ...] = ()
    variables: Callable[[Launch], Mapping[str, str]] = _nothing


def _moto(role: str) -> Callable[[Launch], list[str]]:
    def arguments(launch: Launch) -> list[str]:
        return ["-m", "sandbox.moto_server", "--port", _port(_moto_endpoint(launch, role)), "--role", role]

    return arguments


def _moto_ready(role: str) -> Callable[[Launch], bool]:
    def is_ready(launch: Launch) -> bool:
        answer = _answer("GET", _moto_endpoint(launch, role) + HEALTH_PATH)
        return bool(answer == {"role": role, "generation": launch.addresses.generation})

    return is_ready


def _moto_endpoint(launch: Launch, role: str) -> str:
    return launch.addresses.aws_endpoint if role == "aws" else launch.addresses.records_endpoint


def _provider(launch: Launch) -> list[str]:
    addresses = launch.addresses
    log = addresses.logs_dir / "provider-calls.log"
    return [
        *("-m", "sandbox.provider", "--host", HOST, "--port", _port(addresses.provider_control)),
        *("--aws-endpoint", addresses.aws_endpoint, "--log", str(log)),
    ]


def _provider_ready(launch: Launch) -> bool:
    return _answer("GET", launch.addresses.provider_control + "/health") is not None


def _prefect_server(launch: Launch) -> list[str]:
    return ["-m", "prefect", "server", "start", "--host", HOST, "--port", _port(launch.addresses.prefect_api)]


def _prefect_ready(launch: Launch) -> bool:
    return _answer("GET", launch.addresses.prefect_api + "/health") is True


def _runner(launch: Launch) -> list[str]:
    return ["-m", "prefect", "worker", "start", "--type", "process", "--pool", WORK_POOL, "--name", launch.runner_name]


def _runner_ready(launch: Launch) -> bool:
    workers = _answer("POST", f"{launch.addresses.prefect_api}/work_pools/{WORK_POOL}/workers/filter") or []
    return any(worker["name"] == launch.runner_name and worker["status"] == "ONLINE" for worker in workers)


def _api(launch: Launch) -> list[str]:
    return ["-m", "cli.main", "serve", "--json", "--host", HOST, "--port", _port(_api_url(launch))]


def _api_pool(launch: Launch) -> dict[str, str]:
    """The user pool of this generation, whatever the environment says of another one."""
    pool = read_pool(launch.addresses.user_pool_file)
    return {
        "CLOUD_COGNITO__REGION": pool.region,
        "CLOUD_COGNITO__USER_POOL_ID": pool.user_pool_id,
        "CLOUD_COGNITO__CLIENT_ID": pool.client_id,
        "CLOUD_COGNITO__JWKS_URL": pool.jwks_url(launch.addresses.records_endpoint),
    }


def _api_ready(launch: Launch) -> bool:
    answer = _answer("GET", _api_url(launch) + "/info")
    return isinstance(answer, dict) and answer.get("name") == "cloud"


def _api_url(launch: Launch) -> str:
    assert launch.addresses.api_url is not None, "every sandbox that is started has an API"
    return launch.addresses.api_url


def _port(url: str) -> str:
    return str(httpx.URL(url).port)


def _answer(method: str, url: str) -> Any:
    """The JSON of a successful answer; None while there is none."""
    try:
        response = httpx.request(
            method, url, json=None if method == "GET" else {}, timeout=_PROBE_SECONDS, trust_env=False
        )
        return response.json() if response.is_success else None
    except (httpx.TransportError, ValueError):
        return None


PROCESSES: Final = (
    ProcessSpec("moto-aws", _moto("aws"), _moto_ready("aws"), holds_state=True, usually="2-5 s"),
    ProcessSpec("moto-records", _moto("records"), _moto_ready("records"), holds_state=True, usually="2-5 s"),
    ProcessSpec("provider", _provider, _provider_ready, holds_state=False, usually="2-5 s"),
    ProcessSpec("prefect-server", _prefect_server, _prefect_ready, holds_state=False, usually="10-20 s"),
    ProcessSpec("flow-runner", _runner, _runner_ready, holds_state=False, usually="5-8 s", needs=("work-pool",)),
    ProcessSpec("api", _api, _api_ready, holds_state=False, usually="2-4 s", needs=("user-pool",), variables=_api_pool),
)
