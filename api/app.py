"""The application: `uvicorn api.app:create_app --factory`, or `cloud serve`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from api.dashboard import add_dashboard
from api.dependencies import State
from api.graph.server import graph_routes
from api.headers import EXPOSED
from api.health import KeptHealth
from api.joined_reads import JoinedReads
from api.live import live_routes, live_server
from api.middleware.access_log import AccessLog
from api.middleware.authentication import Authentication, Refused
from api.middleware.compression import Compression
from api.middleware.limits import BodyLimit, TimeLimit
from api.middleware.rate_limit import RateLimit, Rates
from api.middleware.request_count import RequestCount
from api.middleware.request_ids import HEADER, RequestIds
from api.middleware.security_headers import SecurityHeaders
from api.middleware.unexpected import Unexpected
from api.openapi import describe, name_of
from api.pages import add_pages
from api.problems import handle_errors
from api.routers import ROUTERS, open_router
from api.routes import BASE
from cloud_core.adapters.local.clock import SystemClock
from cloud_core.bootstrap import EdgeServices
from cloud_core.bootstrap.access import pool_tokens
from cloud_core.domain.access.permissions import Rights
from cloud_core.domain.errors import CloudError
from cloud_core.ports.access import Tokens
from cloud_core.ports.clock import Clock
from cloud_core.resources import version
from cloud_core.services.records.request_counts import RequestCounts
from cloud_core.settings import Settings, load_settings
from cloud_core.settings.api import ApiSettings
from realtime.server import Door, LiveServer


def create_app(
    settings: Settings | None = None, services: EdgeServices | None = None, clock: Clock | None = None
) -> FastAPI:
    """Without arguments as the environment says. Nothing is reached before the first request."""
    settings = settings or load_settings()
    services, clock = services or EdgeServices(settings), clock or SystemClock()
    counts = RequestCounts(lambda: services.records, clock)
    docs = settings.api.docs
    tokens = pool_tokens(settings.cognito, clock)
    rights = Rights(settings.api.organization_isolation, settings.api.developers_may_destroy)
    live = live_server(settings.realtime, services, Door(tokens, rights), clock)
    app = FastAPI(
        title="cloud",
        version=version(),
        description="Deploys many Pulumi stacks on AWS as one deployment.",
        openapi_url=f"{BASE}/openapi.json" if docs else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(settings, services, rights, live, clock, counts),
        middleware=_middleware(settings, tokens, clock, counts),
        generate_unique_id_function=name_of,
    )
    handle_errors(app)
    # First, for a socket that opens would be compared with every endpoint before them.
    app.router.routes += [*live_routes(live), *graph_routes(settings, tokens, clock, live.relay)]
    app.router.routes += [route for router in ROUTERS for route in router.routes]
    app.include_router(open_router)
    app.include_router(open_router, prefix=BASE, include_in_schema=False)
    describe(app)
    if docs:
        add_pages(app)
    if settings.api.dashboard:
        add_dashboard(app)
    return app


def _lifespan(
    settings: Settings, services: EdgeServices, rights: Rights, live: LiveServer, clock: Clock, counts: RequestCounts
) -> Callable[[FastAPI], AbstractAsyncContextManager[State]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[State]:
        # One pool for all that waits: what is begun keeps its thread until it ends, also when its caller is gone.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(settings.api.threads, "handler"))
        with suppress(CloudError):  # what is away now may come; until then requests are told
            _ = services.operations, services.status
        api = settings.api
        async with _written_down(counts, api.metrics_seconds), live.running():
            yield {
                "services": services,
                "rights": rights,
                "health": KeptHealth(services.health, clock, api.health_seconds),
                "reads": JoinedReads(),
            }

    return lifespan


@asynccontextmanager
async def _written_down(counts: RequestCounts, seconds: float) -> AsyncIterator[None]:
    """The counts are written every so often, and at the end."""

    async def write() -> None:
        await asyncio.to_thread(counts.write)

    async def keep_writing() -> None:
        while True:
            await asyncio.sleep(seconds)
            await write()

    task = asyncio.create_task(keep_writing())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await write()


def _middleware(settings: Settings, tokens: Tokens, clock: Clock, counts: RequestCounts) -> list[Middleware]:
    """From the outside in."""
    api = settings.api
    return [
        Middleware(RequestIds),
        Middleware(RequestCount, counts=counts),
        Middleware(AccessLog, clock=clock),
        Middleware(SecurityHeaders),
        *_cors(api),
        Middleware(Compression, smallest_bytes=api.gzip_bytes),
        Middleware(Unexpected),
        Middleware(TimeLimit, seconds=api.request_seconds),
        Middleware(BodyLimit, largest_bytes=api.body_limit_bytes),
        Middleware(Authentication, tokens=tokens),
        Middleware(RateLimit, rates=Rates(api)),
        Middleware(Refused),
    ]


def _cors(api: ApiSettings) -> list[Middleware]:
    """Nothing where no other origin is welcome: browsers take that for a no."""
    if not api.origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=api.origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", HEADER],
            expose_headers=EXPOSED,
        )
    ]
