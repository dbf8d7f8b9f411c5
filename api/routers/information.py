"""What is open to everybody."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from api.health import KeptHealth, can_serve
from api.routes import BASE, GuardedRoute
from api.schemas.information import Health, Information

router: Final = APIRouter(tags=["information"], route_class=GuardedRoute)


@router.get("/health", responses={503: {"model": Health, "description": "The records can't be reached."}})
def get_health(request: Request, response: Response) -> Health:
    """Whether the platform is well."""
    kept: KeptHealth = request.state.health
    data = kept.report().to_data()
    response.status_code = 200 if can_serve(kept.report()) else 503
    services = {"api": "ok", **data["services"]}
    return Health(status=data["status"], version=data["version"], timestamp=data["timestamp"], services=services)


@router.get("/info")
async def get_info(request: Request) -> Information:
    """What this is, and where its contract is."""
    app = request.app
    return Information(name="cloud", version=app.version, api=BASE, openapi=app.openapi_url, docs=app.docs_url)
