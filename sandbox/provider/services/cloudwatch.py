"""CloudWatch: metric alarms and dashboards."""

from __future__ import annotations

from typing import Final

from sandbox.provider.language import (
    Create,
    Delete,
    Detail,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Tags,
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import Shape, block, pairs

GONE: Final = ("ResourceNotFound", "ResourceNotFoundException")
ALARM_ARN: Final = "arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}"

METRIC: Final = block({"dimensions": ("Dimensions", pairs())})
CHANGING: Final = (
    "alarmDescription actionsEnabled alarmActions okActions insufficientDataActions comparisonOperator "
    "evaluationPeriods datapointsToAlarm threshold thresholdMetricId treatMissingData "
    "evaluateLowSampleCountPercentiles metricName namespace dimensions statistic extendedStatistic period unit "
    "metricQueries"
)


def _send_query(query: dict[str, object]) -> dict[str, object]:
    """AWS has the metric's period, statistic and unit beside the metric; what says nothing of it gives no data."""
    plain = {"returnData": False, **{key: value for key, value in query.items() if key != "metric"}}
    sent: dict[str, object] = dict(METRIC.send(plain))
    metric = query.get("metric")
    if isinstance(metric, dict):
        beside = {key: metric[key] for key in ("period", "stat", "unit") if metric.get(key) is not None}
        named = {key: value for key, value in metric.items() if key not in beside}
        sent["MetricStat"] = {"Metric": METRIC.send(named), **METRIC.send(beside)}
    return sent


def _tell_query(query: dict[str, object]) -> dict[str, object]:
    told: dict[str, object] = dict(METRIC.tell({key: value for key, value in query.items() if key != "MetricStat"}))
    statistic = query.get("MetricStat")
    if isinstance(statistic, dict):
        beside = {key: value for key, value in statistic.items() if key != "Metric"}
        told["metric"] = {**METRIC.tell(statistic["Metric"]), **METRIC.tell(beside)}
    return told


QUERIES: Final = Shape(
    lambda given: [_send_query(query) for query in given], lambda found: [_tell_query(query) for query in found]
)


def _read_alarm(scope: Scope) -> LiveObject | None:
    """A metric without dimensions has an empty list of them."""
    live = Read(
        call("describe_alarms", AlarmNames=["$id"], AlarmTypes=["MetricAlarm"]),
        at="MetricAlarms[0]",
        details=(Detail("Tags", call("list_tags_for_resource", ResourceARN=scope.format(ALARM_ARN)), "Tags"),),
    )(scope)
    return None if live is None else {key: value for key, value in live.items() if value not in ([], "")}


# The call writes the whole alarm: what it leaves out is gone.
PUT_ALARM: Final = call("put_metric_alarm", f"name {CHANGING}")

METRIC_ALARM: Final = Resource(
    token="aws:cloudwatch/metricAlarm:MetricAlarm",
    service="cloudwatch",
    inputs=(
        Input("name", "AlarmName", replaces=True, autoname=255),
        Input("alarmDescription"),
        Input("actionsEnabled", default=True),
        Input("alarmActions", kind=Kind.SET),
        Input("okActions", "OKActions", kind=Kind.SET),
        Input("insufficientDataActions", kind=Kind.SET),
        Input("comparisonOperator", required=True),
        Input("evaluationPeriods", required=True),
        Input("datapointsToAlarm", computed=True),
        Input("threshold"),
        Input("thresholdMetricId"),
        Input("treatMissingData", default="missing"),
        Input("evaluateLowSampleCountPercentiles", "EvaluateLowSampleCountPercentile", computed=True),
        Input("metricName"),
        Input("namespace"),
        Input("dimensions", kind=Kind.MAP, shape=pairs()),
        Input("statistic"),
        Input("extendedStatistic"),
        Input("period"),
        Input("unit"),
        Input("metricQueries", "Metrics", kind=Kind.SET, partial=True, shape=QUERIES),
    ),
    outputs=(Output("arn", "AlarmArn"),),
    create=Create(PUT_ALARM, text="{name}", tags="Tags"),
    read=_read_alarm,
    settings=(setting(CHANGING, PUT_ALARM, on_create=False),),
    delete=Delete((call("delete_alarms", AlarmNames=["$id"]),), gone=GONE),
    tags=Tags(
        add=call("tag_resource", ResourceARN="$arn", Tags="$new_tags"),
        remove=call("untag_resource", ResourceARN="$arn", TagKeys="$gone_keys"),
    ),
    identity=("name",),
)

PUT_DASHBOARD: Final = call("put_dashboard", "dashboardName dashboardBody")

DASHBOARD: Final = Resource(
    token="aws:cloudwatch/dashboard:Dashboard",
    service="cloudwatch",
    inputs=(
        Input("dashboardName", required=True, replaces=True),
        Input("dashboardBody", kind=Kind.JSON, required=True),
    ),
    outputs=(Output("dashboardArn"),),
    create=Create(PUT_DASHBOARD, text="{dashboardName}"),
    read=Read(call("get_dashboard", DashboardName="$id"), at="@", gone=GONE),
    settings=(setting("dashboardBody", PUT_DASHBOARD, on_create=False),),
    delete=Delete((call("delete_dashboards", DashboardNames=["$id"]),), gone=GONE),
    identity=("dashboardName",),
)

RESOURCES: Final = (METRIC_ALARM, DASHBOARD)
