"""The resolvers, a module for each noun: parse, one service call, shape."""

from __future__ import annotations

from typing import Final

from ariadne import SchemaBindable

from api.resolvers import deployments, logs, metrics, stacks

BINDABLES: Final[tuple[SchemaBindable, ...]] = (
    *deployments.BINDABLES,
    *stacks.BINDABLES,
    *logs.BINDABLES,
    *metrics.BINDABLES,
)
