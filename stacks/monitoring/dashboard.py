"""One dashboard: the alarms on top, then the pictures of each watched stack, two in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.alarms import PERIOD
from stacks.context import StackContext
from stacks.monitoring.watched import Graph, Watched
from stacks.naming import DASHBOARD

_WIDTH: Final = 12
_HEIGHT: Final = 6
_TOP: Final = 4


def make_dashboard(
    context: StackContext, watched: Sequence[Watched], alarms: Sequence[pulumi.Output[str]]
) -> aws.cloudwatch.Dashboard:
    graphs = [graph for one in watched for graph in one.graphs]
    widgets = [_alarms(context, alarms), *(_graph(graph, place, context) for place, graph in enumerate(graphs))]
    return aws.cloudwatch.Dashboard(
        "infrastructure",
        dashboard_name=context.name(DASHBOARD, "infrastructure"),
        dashboard_body=pulumi.Output.json_dumps({"widgets": widgets}),
    )


def address(dashboard: aws.cloudwatch.Dashboard, context: StackContext) -> pulumi.Output[str]:
    """Where people look at it."""
    home = f"https://{context.region}.console.aws.amazon.com/cloudwatch/home?region={context.region}"
    return pulumi.Output.concat(home, "#dashboards/dashboard/", dashboard.dashboard_name)


def _alarms(context: StackContext, alarms: Sequence[pulumi.Output[str]]) -> dict[str, Any]:
    title = f"{context.project}, {context.environment}"
    place = {"x": 0, "y": 0, "width": 2 * _WIDTH, "height": _TOP}
    return {"type": "alarm", **place, "properties": {"title": title, "alarms": list(alarms)}}


def _graph(graph: Graph, place: int, context: StackContext) -> dict[str, Any]:
    row, column = divmod(place, 2)
    properties: dict[str, Any] = {
        "title": graph.title,
        "region": context.region,
        "period": PERIOD,
        "metrics": [
            [
                one.namespace,
                one.name,
                *(part for pair in one.dimensions.items() for part in pair),
                {"stat": one.statistic},
            ]
            for one in graph.metrics
        ],
    }
    if graph.threshold is not None:
        properties["annotations"] = {"horizontal": [{"value": graph.threshold}]}
    at = {"x": column * _WIDTH, "y": _TOP + row * _HEIGHT, "width": _WIDTH, "height": _HEIGHT}
    return {"type": "metric", **at, "properties": properties}
