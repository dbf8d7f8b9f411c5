"""Which ports of 127.0.0.1 the sandbox listens on: the ones of the settings, else free ones."""

from __future__ import annotations

import random
import socket
from typing import Final

from cloud_core.domain.errors import Conflict
from cloud_core.settings.sandbox import SandboxSettings

HOST: Final = "127.0.0.1"
# Below the ports that systems give to outgoing connections, so that none of those takes a chosen port
# between the choice and the start of the process that listens on it.
_FREE_RANGE: Final = range(20000, 32000)


def choose_ports(settings: SandboxSettings) -> dict[str, int]:
    """A port for each of aws, records, provider, api and prefect; for the last one only if the flow service is our own.

    Conflict naming the setting of one that is taken, or the two settings of one that is given twice.
    """
    wanted = {
        "aws": settings.aws_port,
        "records": settings.records_port,
        "provider": settings.provider_port,
        "api": settings.api_port,
        **({"prefect": settings.prefect_port} if settings.own_flow_service else {}),
    }
    for name, port in wanted.items():
        if port and not is_free(port):
            raise _taken(name, port)
    _require_different(wanted)
    used = {port for port in wanted.values() if port}
    candidates = (port for port in _shuffled() if port not in used and is_free(port))
    return {name: port or next(candidates) for name, port in wanted.items()}


def _require_different(wanted: dict[str, int]) -> None:
    """Conflict naming two settings with one port."""
    owners: dict[int, str] = {}
    for name, port in wanted.items():
        if port and port in owners:
            one, other = _setting(owners[port]), _setting(name)
            raise Conflict(
                f"{one} and {other} are both {port}; each needs a port of its own, or 0 for a free one",
                field=other,
                value=port,
                suggestion=f"set {other} to another port, or to 0",
            )
        owners[port] = name


def is_free(port: int) -> bool:
    """Whether nothing listens on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of an earlier process that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _shuffled() -> list[int]:
    return random.sample(_FREE_RANGE, len(_FREE_RANGE))


def _setting(name: str) -> str:
    return f"CLOUD_SANDBOX__{name.upper()}_PORT"


def _taken(name: str, port: int) -> Conflict:
    setting = _setting(name)
    return Conflict(
        f"port {port} of {HOST} ({setting}) is taken by another program; choose another one, or 0 for a free one",
        field=setting,
        value=port,
        suggestion=f"set {setting} to another port, or to 0",
    )
