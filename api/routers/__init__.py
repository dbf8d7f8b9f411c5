"""The routes, a module for each noun."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.routers import (
    deployments,
    environments,
    information,
    manifests,
    monitoring,
    operations,
    stacks,
    templates,
    validation,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    deployments.router,
    manifests.router,
    environments.router,
    operations.router,
    stacks.router,
    templates.router,
    validation.router,
    monitoring.router,
)
"""What stands below the base."""

open_router: Final = information.router
"""What is open to everybody, at the root and below the base."""
