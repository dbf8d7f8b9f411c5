"""CloudWatch Logs: metric filters, which count what log groups hold."""

from __future__ import annotations

from typing import Final

from sandbox.provider.gaps import Gap
from sandbox.provider.language import Delete, Input, LiveObject, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import PLAIN, Shape, block, only

GONE: Final = ("ResourceNotFoundException",)
# The default value is a text here, so that a program can tell "none" from zero.
VALUE: Final = Shape(float, lambda found: f"{found:g}")
TRANSFORMATION: Final = only(
    block(
        {
            "name": "metricName",
            "namespace": "metricNamespace",
            "value": "metricValue",
            "defaultValue": ("defaultValue", VALUE),
            "dimensions": ("dimensions", PLAIN),
        },
        lower=True,
    )
)
PUT: Final = call("put_metric_filter", "name logGroupName metricTransformation")
DELETE: Final = call("delete_metric_filter", filterName="$name", logGroupName="$logGroupName")


def _put(scope: Scope) -> str:
    """The pattern may be empty: then every line counts."""
    scope.run(PUT, {"filterPattern": scope.value("pattern")})
    return str(scope.value("name"))


def _rewrite(scope: Scope) -> None:
    """The server would keep the old filter beside a new one of the same name."""
    scope.run(DELETE)
    _put(scope)


def _read(scope: Scope) -> LiveObject | None:
    """The call answers every filter whose name starts so."""
    return Read(
        call("describe_metric_filters", logGroupName="$logGroupName", filterNamePrefix="$name"),
        at=f"metricFilters[?filterName=='{scope.value('name')}'] | [0]",
        gone=GONE,
    )(scope)


METRIC_FILTER: Final = Resource(
    token="aws:cloudwatch/logMetricFilter:LogMetricFilter",
    service="logs",
    inputs=(
        Input("name", "filterName", replaces=True, autoname=512),
        Input("logGroupName", "=", required=True, replaces=True),
        Input("pattern", "filterPattern", required=True),
        Input("metricTransformation", "metricTransformations", required=True, partial=True, shape=TRANSFORMATION),
    ),
    create=_put,
    read=_read,
    settings=(setting("pattern metricTransformation", _rewrite, on_create=False),),
    delete=Delete((DELETE,), gone=GONE),
    identity=("name", "logGroupName"),
    imports=r"(?P<logGroupName>[^:]+):(?P<name>[^:]+)",
    id_at="filterName",
)

RESOURCES: Final = (METRIC_FILTER,)
GAPS: Final = (
    Gap(
        METRIC_FILTER.token,
        "pattern",
        "put_metric_filter adds a second filter of the same name",
        "for any change the filter is deleted and made again",
    ),
)
