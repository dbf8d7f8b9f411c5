"""The monitoring stack through the real engine, on an AWS server, checked with boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from stacks.testing_deployments import REGION, Deployment, security_keys

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
MAIL = {"alertEmail": "ops@example.com"}
# What stacks give that are on beside it: the names of their parts, which no call looks for.
OTHERS: dict[str, dict[str, Any]] = {
    "dns": {"primaryCertificateArn": f"arn:aws:acm:{REGION}:410000000017:certificate/1"},
    "storage": {"backupVaultName": "vault"},
    "containers-apps": {
        "publicAlbArnSuffix": "app/site/1",
        "clusterName": "apps",
        **{f"{name}LogGroupName": f"/ecs/{name}" for name in ("frontend", "backend", "api")},
    },
    "database-rds": {"primaryInstanceId": "db-1"},
    "services-ecs": {"servicesClusterName": "services"},
    "services-eks": {"clusterName": "kube"},
    "services-api": {"httpApiId": "api-1"},
    "compute-lambda": {name: name for name in ("apiProcessorName", "dataProcessorName", "schedulerName")},
}
OFF = {source: dict.fromkeys(given) for source, given in OTHERS.items()}


@pytest.fixture(scope="module")
def watching(new_deployment: NewDeployment) -> Deployment:
    """The stack in prod beside all the others, deployed; tests only look at it."""
    account = "410000000017"
    deployment = new_deployment(account, EnvironmentName.PROD, security=security_keys(account), **OTHERS)
    logs = deployment.account.client("logs")
    for name in ("frontend", "backend", "api"):
        logs.create_log_group(logGroupName=f"/ecs/{name}")
    deployment.up("monitoring", **MAIL)
    return deployment


class TestDeployed:
    def test_alarms_watch_the_others(self, watching: Deployment) -> None:
        found = watching.account.client("cloudwatch").describe_alarms()["MetricAlarms"]
        outputs = watching.outputs["monitoring"]
        assert {alarm["AlarmArn"] for alarm in found} == set(outputs["alarmArns"].values())
        assert len(found) == 13
        assert outputs["watched"] == sorted(OTHERS)
        by_name = {alarm["AlarmName"].rpartition("monitoring-")[2]: alarm for alarm in found}
        assert by_name["services-ecs-memory"]["Metrics"][0]["Expression"] == "100 * part / whole"
        assert by_name["security-event"]["AlarmActions"] == [outputs["criticalAlertsTopicArn"]]

    def test_the_rule_tells_the_topic_of_every_alarm(self, watching: Deployment) -> None:
        events, outputs = watching.account.client("events"), watching.outputs["monitoring"]
        (rule,) = events.list_rules()["Rules"]
        (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        (prefix,) = json.loads(rule["EventPattern"])["detail"]["alarmName"]
        assert target["Arn"] == outputs["alertsTopicArn"]
        names = [
            alarm["AlarmName"] for alarm in watching.account.client("cloudwatch").describe_alarms()["MetricAlarms"]
        ]
        assert all(name.startswith(prefix["prefix"]) for name in names)

    def test_topics_are_encrypted_and_have_readers(self, watching: Deployment) -> None:
        sns, outputs = watching.account.client("sns"), watching.outputs["monitoring"]
        for name in ("alertsTopicArn", "criticalAlertsTopicArn"):
            attributes = sns.get_topic_attributes(TopicArn=outputs[name])["Attributes"]
            assert attributes["KmsMasterKeyId"] == watching.outputs["security"]["infrastructureKeyArn"]
            (mail,) = sns.list_subscriptions_by_topic(TopicArn=outputs[name])["Subscriptions"]
            assert mail["Endpoint"] == MAIL["alertEmail"]

    def test_filters_count_where_services_write(self, watching: Deployment) -> None:
        logs, outputs = watching.account.client("logs"), watching.outputs["monitoring"]
        (errors,) = logs.describe_metric_filters(logGroupName="/ecs/frontend")["metricFilters"]
        assert errors["metricTransformations"][0]["metricName"] == "ErrorCount"
        (security_events,) = logs.describe_metric_filters(logGroupName=outputs["securityLogGroupName"])["metricFilters"]
        assert security_events["filterName"] == outputs["securityMetricFilterName"]
        kept = {
            group["logGroupName"]: group.get("retentionInDays") for group in logs.describe_log_groups()["logGroups"]
        }
        assert (kept[outputs["logGroupName"]], kept[outputs["securityLogGroupName"]]) == (90, 180)

    def test_the_dashboard_shows_them(self, watching: Deployment) -> None:
        name = watching.outputs["monitoring"]["dashboardName"]
        found = watching.account.client("cloudwatch").get_dashboard(DashboardName=name)
        widgets = json.loads(found["DashboardBody"])["widgets"]
        assert len(widgets) == 15
        assert len(widgets[0]["properties"]["alarms"]) == 13

    def test_a_second_run_changes_nothing(self, watching: Deployment) -> None:
        assert set(watching.up("monitoring", **MAIL)) == {"same"}


def test_a_stack_that_is_switched_off_takes_only_its_own_alarms_along(new_deployment: NewDeployment) -> None:
    account = "410000000025"
    deployment = new_deployment(account, security=security_keys(account), **OTHERS)
    assert set(deployment.up("monitoring")) == {"create"}
    deployment.outputs.update({name: OFF[name] for name in ("services-eks", "containers-apps")})
    changed = deployment.up("monitoring", cpuThreshold=70)
    # Five alarms and three filters go; the dashboard has fewer pictures and another line.
    assert {action: count for action, count in changed.items() if action != "same"} == {"delete": 8, "update": 1}
    deployment.stack("monitoring").destroy()
    assert deployment.account.left_over() == {}


def test_it_needs_nobody_but_security(new_deployment: NewDeployment) -> None:
    account = "410000000033"
    deployment = new_deployment(account, security=security_keys(account), **OFF)
    assert set(deployment.up("monitoring", createDashboard=False)) == {"create"}
    assert deployment.outputs["monitoring"]["watched"] == []
    deployment.stack("monitoring").destroy()
    assert deployment.account.left_over() == {}
