"""The routes, a module for each noun."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.routers import (
    approvals,
    configuration,
    deployments,
    drift,
    environments,
    events,
    graphs,
    information,
    manifests,
    monitoring,
    moves,
    operations,
    schedules,
    sessions,
    stacks,
    templates,
    validation,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    sessions.router,
    deployments.router,
    moves.router,
    drift.router,
    graphs.router,
    manifests.router,
    configuration.router,
    environments.router,
    events.router,
    schedules.router,
    operations.router,
    approvals.router,
    stacks.router,
    templates.router,
    validation.router,
    monitoring.router,
)
"""What stands below the base."""

open_router: Final = information.router
"""What is open to everybody, at the root and below the base."""
