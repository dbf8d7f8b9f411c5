"""Alarms on metrics of AWS's services: each says what is measured, and when that is too much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.naming import ALARM

PERIOD: Final = 300


@dataclass(frozen=True)
class Metric:
    """A series of numbers; a `statistic` of it, or a percentile such as `p95`, for each period of `period` seconds."""

    namespace: str
    name: str
    statistic: str = "Average"
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    period: int = PERIOD


@dataclass(frozen=True)
class Watch:
    """An alarm: on `metric` alone, or on its percentage of `whole`.

    It goes off when `periods` in a row are above the threshold (`below`: below it); no data is no alarm.
    """

    what: str
    description: str
    metric: Metric
    threshold: float
    whole: Metric | None = None
    below: bool = False
    periods: int = 2


def make_alarm(
    watch: Watch, context: StackContext, topic_arn: pulumi.Input[str] | None = None
) -> aws.cloudwatch.MetricAlarm:
    """The alarm tells the topic, if there is one, that it goes off or is over.

    Without one it is heard all the same: its name begins with the deployment's prefix, and by that the event rule of
    the monitoring stack knows it.
    """
    side = "Less" if watch.below else "Greater"
    name, metric, whole = context.name(ALARM, watch.what), watch.metric, watch.whole
    actions = None if topic_arn is None else [topic_arn]
    common = aws.cloudwatch.MetricAlarmArgs(
        name=name,
        alarm_description=watch.description,
        comparison_operator=f"{side}ThanThreshold",
        threshold=watch.threshold,
        evaluation_periods=watch.periods,
        treat_missing_data="notBreaching",
        alarm_actions=actions,
        ok_actions=actions,
    )
    if whole is None:
        common.namespace, common.metric_name = metric.namespace, metric.name
        if metric.statistic.startswith("p"):
            common.extended_statistic = metric.statistic
        else:
            common.statistic = metric.statistic
        common.period, common.dimensions = metric.period, dict(metric.dimensions) or None
    else:
        common.metric_queries = _percentage(metric, whole)
    return aws.cloudwatch.MetricAlarm(watch.what, common)


def _percentage(part: Metric, whole: Metric) -> list[pulumi.Input[aws.cloudwatch.MetricAlarmMetricQueryArgs]]:
    """Rates, not counts: ten errors are few among many calls. No calls at all make no rate."""
    query = aws.cloudwatch.MetricAlarmMetricQueryArgs
    rate = query(id="rate", label="%", return_data=True, expression="100 * part / whole")
    return [rate, *(query(id=name, metric=_measured(one)) for name, one in (("part", part), ("whole", whole)))]


def _measured(metric: Metric) -> aws.cloudwatch.MetricAlarmMetricQueryMetricArgs:
    return aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
        namespace=metric.namespace,
        metric_name=metric.name,
        stat=metric.statistic,
        period=metric.period,
        dimensions=dict(metric.dimensions),
    )
