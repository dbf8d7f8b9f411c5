"""Follow one deployment's operation: `python -m realtime.clients.python.monitor D1BRV40`.

The endpoint is `WEBSOCKET_API_ENDPOINT` (or `--endpoint`), the token `WEBSOCKET_API_TOKEN`: never an argument, which
others on the machine could read. Exits 0 when the operation succeeded, 1 when it did not, 2 when nobody gets in.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Any, Final

from realtime.clients.python.client import CloudWebSocketClient, Refused

_ENDPOINT: Final = "ws://127.0.0.1:8080/ws"


def line_of(message: Mapping[str, Any]) -> str | None:
    """What is printed of a message; None for what says little."""
    data = message.get("data") or {}
    kind, environment = message.get("type"), data.get("environment")
    if kind == "stack.deployed":
        count = data.get("resource_count", 0)
        seconds = data.get("duration_seconds") or 0.0
        return f"  ✓ {data.get('stack_name')} {data.get('status')}  {seconds:.1f} s, {count} resources"
    if kind == "stack.failed":
        return f"  ✗ {data.get('stack_name')}  {data.get('error_message')}"
    if kind in ("error", "gap"):
        return f"  ! {data.get('message') or data.get('reason')}"
    if kind != "deployment.status" or data.get("event") in ("stack_progress", "stack_deploying"):
        return None
    place = f"layer {data.get('current_layer')}/{data.get('total_layers')}"
    left = data.get("estimated_time_remaining")
    about = f", about {left:.0f} s left" if left else ""
    return f"{environment}: {data.get('status')}  {data.get('progress_percent', 0)} %  {place}{about}"


async def follow(endpoint: str, token: str, deployment_id: str) -> int:
    """The exit code."""
    client = CloudWebSocketClient(endpoint, token)
    shown: str | None = None

    def show(message: Mapping[str, Any]) -> None:
        nonlocal shown
        line = line_of(message)
        if line is not None and line != shown:
            print(shown := line, flush=True)  # noqa: T201 - a program for a terminal

    client.on("*", show)
    await client.subscribe(deployment_id)
    try:
        last = await client.run(until_terminal=True)
    except Refused as refused:
        print(refused, file=sys.stderr)  # noqa: T201
        return 2
    return 0 if last is not None and last["data"].get("operation_status") == "success" else 1


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="monitor", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("deployment_id", help="id of the deployment, such as D1BRV40")
    parser.add_argument(
        "--endpoint", default=os.environ.get("WEBSOCKET_API_ENDPOINT", _ENDPOINT), help="address of /ws"
    )
    chosen = parser.parse_args(arguments)
    token = os.environ.get("WEBSOCKET_API_TOKEN")
    if not token:
        parser.error("set WEBSOCKET_API_TOKEN to a token of the user pool")
    return asyncio.run(follow(chosen.endpoint, token, chosen.deployment_id))


if __name__ == "__main__":
    sys.exit(main())
