"""CloudWatch: alarms, dashboards, and the filters that count log lines."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws

from sandbox.provider.services.logs_metric_filter import METRIC_FILTER
from sandbox.provider.testing import Case, Clients
from sandbox.provider.testing.cases import REGION

TOPIC = f"arn:aws:sns:{REGION}:123456789012:alerts"
DESCRIPTION = {False: "first", True: "second"}


def alarms(later: bool) -> None:
    aws.cloudwatch.MetricAlarm(
        "plain",
        name="shop-cpu",
        alarm_description=DESCRIPTION[later],
        actions_enabled=not later,
        alarm_actions=[TOPIC, f"{TOPIC}-{DESCRIPTION[later]}"],
        ok_actions=[TOPIC],
        insufficient_data_actions=[TOPIC] if later else [],
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=3 if later else 2,
        datapoints_to_alarm=2,
        threshold=90 if later else 80.5,
        treat_missing_data="breaching" if later else "notBreaching",
        namespace="AWS/ECS",
        metric_name="CPUUtilization",
        dimensions={"ClusterName": DESCRIPTION[later]},
        statistic="Average",
        period=60 if later else 300,
        unit="Percent",
        tags={"Team": DESCRIPTION[later]},
    )
    errors = {"namespace": "AWS/ApplicationELB", "metric_name": "Errors", "dimensions": {"LoadBalancer": "app/1"}}
    aws.cloudwatch.MetricAlarm(
        "rate",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        threshold=5,
        metric_queries=[
            {"id": "rate", "expression": f"100 * errors / {2 if later else 1}", "label": "%", "return_data": True},
            {"id": "errors", "metric": {**errors, "period": 300, "stat": "Sum", "unit": "Count"}},
        ],
    )
    aws.cloudwatch.MetricAlarm(
        "slow",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        threshold=1,
        namespace="AWS/ApiGateway",
        metric_name="Latency",
        extended_statistic="p99" if later else "p95",
        period=60,
    )


def logs(later: bool) -> None:
    group = aws.cloudwatch.LogGroup("app", name="app")
    aws.cloudwatch.LogMetricFilter(
        "errors",
        name="errors",
        log_group_name=group.name,
        pattern="?ERROR ?FATAL" if later else "ERROR",
        metric_transformation={
            "name": "Errors",
            "namespace": DESCRIPTION[later],
            "value": "1",
            "default_value": "0",
            "unit": "Count",
        },
    )
    aws.cloudwatch.LogMetricFilter(
        "lines",
        log_group_name=group.name,
        pattern="",
        metric_transformation={"name": "Lines", "namespace": "shop", "value": "2" if later else "1"},
    )


def watching(later: bool) -> None:
    alarms(later)
    logs(later)
    widget = {"type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": {"markdown": DESCRIPTION[later]}}
    aws.cloudwatch.Dashboard("shop", dashboard_name="shop", dashboard_body=json.dumps({"widgets": [widget]}))


def left(clients: Clients) -> dict[str, Any]:
    return {
        "alarms": clients.cloudwatch.describe_alarms()["MetricAlarms"],
        "dashboards": clients.cloudwatch.list_dashboards()["DashboardEntries"],
        "filters": clients.logs.describe_metric_filters()["metricFilters"],
    }


def filters_of_one_name(server: Clients) -> int:
    server.logs.create_log_group(logGroupName="twice")
    for pattern in ("ERROR", "FATAL"):
        counted = {"metricName": "Errors", "metricNamespace": "shop", "metricValue": "1"}
        server.logs.put_metric_filter(
            logGroupName="twice", filterName="errors", filterPattern=pattern, metricTransformations=[counted]
        )
    found = server.logs.describe_metric_filters(logGroupName="twice")["metricFilters"]
    for _ in found:
        server.logs.delete_metric_filter(logGroupName="twice", filterName="errors")
    server.logs.delete_log_group(logGroupName="twice")
    return len(found)


CASE = Case(
    modules=("cloudwatch", "logs_metric_filter"),
    program=watching,
    left=left,
    import_ids={METRIC_FILTER.token: lambda state: f"{state['logGroupName']}:{state['name']}"},
    probes={(METRIC_FILTER.token, "pattern"): lambda server: filters_of_one_name(server) == 2},
)
