"""The routes, a module for each noun."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.routers import deployments, information, operations

ROUTERS: Final[tuple[APIRouter, ...]] = (deployments.router, operations.router)
"""What stands below the base."""

open_router: Final = information.router
"""What is open to everybody, at the root and below the base."""
