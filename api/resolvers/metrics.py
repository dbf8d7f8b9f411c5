"""Points of metrics: read and written."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ariadne import MutationType, QueryType

from api.graph.asking import Asked, resolver
from api.resolvers import shapes
from api.resolvers.inputs import or_mapping

query: Final = QueryType()
mutation: Final = MutationType()
BINDABLES: Final = (query, mutation)


@query.field("getMetrics")
@resolver
def get_metrics(
    asking: Asked, metric_name: str, start_time: datetime, end_time: datetime, dimensions: Any = None
) -> Any:
    wanted = or_mapping("dimensions", dimensions) or {}
    points = asking.services.metric_points.read(metric_name, (start_time, end_time), wanted, asking.visible)
    return [shapes.metric(point) for point in points]


@mutation.field("createMetric")
@resolver
def create_metric(asking: Asked, input: dict[str, Any]) -> Any:
    dimensions = or_mapping("dimensions", input.get("dimensions")) or {}
    if "deployment_id" in dimensions:
        asking.may_write(str(dimensions["deployment_id"]))
    name, value, unit = input["metric_name"], input["value"], input["unit"]
    return shapes.metric(asking.services.metric_points.record(name, value, unit, dimensions, asking.visible))
