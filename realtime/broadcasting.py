"""The relay for sockets that a gateway holds: `python -m realtime.broadcasting`, one process beside Lambda's functions.

It has the settings of the environment, and ends at SIGTERM or SIGINT.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import replace

from cloud_core.bootstrap import EdgeServices
from cloud_core.bootstrap.live import remote_connections, remote_postbox
from cloud_core.domain.errors import CloudError
from cloud_core.settings import load_settings
from realtime.limits import Limits
from realtime.relay import Relay


async def broadcast(services: EdgeServices) -> None:
    """Until a signal ends it."""
    live = services.settings.realtime
    limits = replace(Limits(), calls_per_second=live.calls_per_second, queued=live.queued_messages)
    relay = Relay(services, remote_connections(services), remote_postbox(services), services.clock, limits)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    relay.start()
    try:
        await ended.wait()
    finally:
        await relay.stop()


def main() -> int:
    try:
        asyncio.run(broadcast(EdgeServices(load_settings())))
    except CloudError as error:
        print(error.message, error.suggestion or "", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
