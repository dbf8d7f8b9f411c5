"""Prepares a flow service for our flows: the work pool that they run in, and the watch over those that fall silent.

    python -m flows.pool [--python PATH]

Run it once, and again after an upgrade: what is there already is brought up to date, and a pause of the pool stays. The
flows themselves are registered by `prefect deploy --all`. Where the service is and who asks, it reads as Prefect's own
commands do: PREFECT_API_URL, PREFECT_API_AUTH_STRING.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Final

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL

from cloud_core.adapters.prefect.connection import PrefectServer
from cloud_core.adapters.prefect.work_pool import SILENCE_WATCH, job_template, silence_watch
from cloud_core.domain.errors import CloudError, Conflict, InvalidInput
from cloud_core.settings.prefect import WORK_POOL

_TYPE: Final = "process"


def main() -> int:
    """0 when all is there, 1 with the reason on stderr when it can't be."""
    arguments = _parser().parse_args()
    try:
        _server().ask(lambda client: prepare(client, arguments.python))
    except CloudError as error:
        sys.stderr.write(f"{error.message}\n" + (f"{error.suggestion}\n" if error.suggestion else ""))
        return 1
    sys.stdout.write(f"The work pool {WORK_POOL!r} and the watch over silent flow runs are ready.\n")
    return 0


async def prepare(client: PrefectClient, python: str, name: str = WORK_POOL) -> None:
    """Make pool and watch, or bring them up to date. Conflict when the pool's name is taken by one of another type."""
    template = job_template(python, None)
    try:
        found = await client.read_work_pool(name)
    except ObjectNotFound:
        await client.create_work_pool(WorkPoolCreate(name=name, type=_TYPE, base_job_template=template))
    else:
        if found.type != _TYPE:
            raise Conflict(
                f"the work pool {name!r} is there already, and its type is {found.type!r} in place of {_TYPE!r}",
                suggestion=f"delete it with 'prefect work-pool delete {name}', then try again",
            )
        await client.update_work_pool(name, WorkPoolUpdate(base_job_template=template))
    await _put_watch(client)


async def _put_watch(client: PrefectClient) -> None:
    watch = AutomationCore.model_validate(silence_watch())
    there = await client.read_automations_by_name(SILENCE_WATCH)
    if there:
        await client.update_automation(there[0].id, watch)
    else:
        await client.create_automation(watch)


def _server() -> PrefectServer:
    # Without an address Prefect would start a server of its own, for this one call.
    url = PREFECT_API_URL.value()
    if not url:
        raise InvalidInput(
            "PREFECT_API_URL is not set: it tells where the flow service is",
            field="PREFECT_API_URL",
            suggestion="set it, such as to http://prefect.internal:4200/api",
        )
    return PrefectServer(str(url), None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m flows.pool", description="Prepare a flow service for the flows.")
    said = "interpreter that flow runs use, the same path on every worker's machine (default: the one that runs this)"
    parser.add_argument("--python", default=sys.executable, help=said, metavar="PATH")
    return parser


if __name__ == "__main__":
    os.environ.setdefault("DO_NOT_TRACK", "1")
    sys.exit(main())
