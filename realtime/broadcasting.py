"""The relay for those whom AWS serves: `python -m realtime.broadcasting`, one process beside Lambda's functions.

It sends to the sockets of `CLOUD_REALTIME__ENDPOINT`, and to the subscribers of `CLOUD_GRAPHQL__APPSYNC_URL`, whichever
are set. It has the settings of the environment, and ends at SIGTERM or SIGINT.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import replace

from cloud_core.bootstrap import EdgeServices
from cloud_core.bootstrap.live import remote_connections, remote_postbox, remote_publisher
from cloud_core.domain.errors import CloudError
from cloud_core.ports.publishing import Publisher
from cloud_core.settings import load_settings
from realtime.limits import Limits
from realtime.publishing import Publishing
from realtime.relay import Relay


async def broadcast(services: EdgeServices) -> None:
    """Until a signal ends it. Raises InvalidInput when nobody is to be told."""
    publisher, ended = remote_publisher(services), asyncio.Event()
    relay = None if publisher is not None and services.settings.realtime.endpoint is None else _relay(services)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    if relay is not None:
        relay.start()
    publishing = asyncio.create_task(_publish(services, publisher)) if publisher is not None else None
    try:
        await ended.wait()
    finally:
        if publishing is not None:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)
        if relay is not None:
            await relay.stop()


def _relay(services: EdgeServices) -> Relay:
    live = services.settings.realtime
    limits = replace(Limits(), calls_per_second=live.calls_per_second, queued=live.queued_messages)
    return Relay(services, remote_connections(services), remote_postbox(services), services.clock, limits)


async def _publish(services: EdgeServices, publisher: Publisher) -> None:
    await Publishing(services, publisher, services.settings.graphql.poll_seconds).run()


def main() -> int:
    try:
        asyncio.run(broadcast(EdgeServices(load_settings())))
    except CloudError as error:
        print(error.message, error.suggestion or "", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
