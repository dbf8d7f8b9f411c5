"""The monitoring stack: who hears of alarms, what is watched of which stack, log lines, the dashboard."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

KEY = "arn:aws:kms:eu-central-1:410000000017:key/2222"
PREFIX = "web-shop-d1brv40-dev-"
CERTIFICATE = "arn:aws:acm:eu-central-1:410000000017:certificate/1"
# What every stack that can be watched gives, by the stack.
WATCHED: dict[str, dict[str, str]] = {
    "dns": {"certificateArn": CERTIFICATE},
    "storage": {"backupVaultName": "vault"},
    "containers-apps": {
        "appsLoadBalancer": "app/site/1",
        "appsClusterName": "apps",
        "frontendLogGroup": "/ecs/frontend",
        "backendLogGroup": "/ecs/backend",
        "apiLogGroup": "/ecs/api",
    },
    "database-rds": {"databaseInstanceId": "db-1"},
    "services-ecs": {"servicesClusterName": "services"},
    "services-eks": {"kubernetesClusterName": "kube"},
    "services-api": {"httpApiId": "api-1"},
    "compute-lambda": {"apiProcessorName": "fn-a", "dataProcessorName": "fn-d", "schedulerName": "fn-s"},
}
ALL = {name: value for given in WATCHED.values() for name, value in given.items()}


def monitoring(environment: EnvironmentName = EnvironmentName.DEV, preview: bool = False, **inputs: Any) -> Picture:
    values = {"infrastructureKeyArn": KEY, **inputs}
    return picture_of(sample_target("monitoring", environment), values, preview=preview)


def alarms(picture: Picture) -> set[str]:
    return {item.name for item in picture.of("MetricAlarm")}


def widgets(picture: Picture) -> list[dict[str, Any]]:
    return list(json.loads(picture.one("Dashboard").inputs["dashboardBody"])["widgets"])


class TestTopics:
    def test_both_are_encrypted_and_admit_alarms_and_events_of_this_account(self) -> None:
        picture = monitoring()
        assert [item.inputs["name"] for item in picture.of("Topic")] == [
            f"{PREFIX}monitoring-alerts",
            f"{PREFIX}monitoring-critical",
        ]
        assert {item.inputs["kmsMasterKeyId"] for item in picture.of("Topic")} == {KEY}
        for item in picture.of("TopicPolicy"):
            (statement,) = json.loads(item.inputs["policy"])["Statement"]
            assert statement["Principal"]["Service"] == ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
            assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "410000000017"}}

    def test_every_alarm_of_the_deployment_is_heard_of_by_its_name(self) -> None:
        picture = monitoring()
        pattern = json.loads(picture.one("EventRule").inputs["eventPattern"])
        assert pattern["detail"]["alarmName"] == [{"prefix": PREFIX}]
        assert pattern["detail"]["$or"] == [
            {"state": {"value": ["ALARM"]}},
            {"state": {"value": ["OK"]}, "previousState": {"value": ["ALARM"]}},
        ]
        assert picture.one("EventTarget").inputs["arn"] == picture.outputs["alertsTopicArn"]

    def test_own_alarms_have_names_that_the_rule_hears_of(self) -> None:
        picture = monitoring(**ALL)
        assert all(item.inputs["name"].startswith(PREFIX) for item in picture.of("MetricAlarm"))

    def test_mail_goes_out_of_both(self) -> None:
        assert monitoring().of("TopicSubscription") == []
        mails = monitoring(alertEmail="ops@example.com").of("TopicSubscription")
        assert [(item.name, item.inputs["endpoint"]) for item in mails] == [
            ("alerts", "ops@example.com"),
            ("critical", "ops@example.com"),
        ]

    def test_a_security_event_goes_to_the_critical_topic_as_well(self) -> None:
        picture = monitoring()
        urgent = picture.one("MetricAlarm", "security-event").inputs
        assert urgent["alarmActions"] == [picture.outputs["criticalAlertsTopicArn"]]
        assert "alarmActions" not in picture.one("MetricAlarm", "error-count").inputs


class TestWatching:
    def test_nothing_is_watched_of_stacks_that_are_off(self) -> None:
        picture = monitoring(**dict.fromkeys(ALL))
        assert alarms(picture) == {"error-count", "security-event"}
        assert picture.outputs["watched"] == []

    @pytest.mark.parametrize(
        ("stack", "expected"),
        [
            ("dns", {"certificate-expiry"}),
            ("storage", {"backup-failed"}),
            ("containers-apps", {"apps-error-rate", "containers-apps-memory"}),
            ("database-rds", set()),
            ("services-ecs", {"services-ecs-memory"}),
            ("services-eks", {"kubernetes-failed-nodes", "kubernetes-cpu", "kubernetes-memory"}),
            ("services-api", set()),
            ("compute-lambda", {"api-processor-throttled", "data-processor-throttled", "scheduler-throttled"}),
        ],
    )
    def test_each_stack_has_its_alarms_wherever_it_is_on(self, stack: str, expected: set[str]) -> None:
        picture = monitoring(**WATCHED[stack])
        assert alarms(picture) == {"error-count", "security-event"} | expected
        assert picture.outputs["watched"] == [stack]
        assert set(picture.outputs["alarmArns"]) == alarms(picture)
        assert monitoring(**ALL, watchStacks=[stack]).outputs["watched"] == [stack]

    def test_only_those_named_are_watched(self) -> None:
        picture = monitoring(**ALL, watchStacks=["dns", "database-rds"])
        assert picture.outputs["watched"] == ["database-rds", "dns"]
        assert [item.name for item in picture.of("LogMetricFilter")] == ["errors", "security-events"]

    def test_errors_are_a_rate_of_the_calls(self) -> None:
        alarm = monitoring(**ALL, errorRateThreshold=3).one("MetricAlarm", "apps-error-rate").inputs
        rate, part, whole = alarm["metricQueries"]
        assert (rate["expression"], rate["returnData"], alarm["threshold"]) == ("100 * part / whole", True, 3)
        assert part["metric"]["metricName"] == "HTTPCode_Target_5XX_Count"
        assert whole["metric"]["metricName"] == "RequestCount"
        assert whole["metric"]["dimensions"] == {"LoadBalancer": "app/site/1"}
        assert alarm["treatMissingData"] == "notBreaching"

    def test_a_certificate_is_told_of_a_month_before_it_ends(self) -> None:
        alarm = monitoring(**ALL).one("MetricAlarm", "certificate-expiry").inputs
        assert (alarm["metricName"], alarm["comparisonOperator"]) == ("DaysToExpiry", "LessThanThreshold")
        assert (alarm["threshold"], alarm["period"], alarm["dimensions"]) == (
            30,
            86400,
            {"CertificateArn": CERTIFICATE},
        )

    def test_thresholds_are_inputs(self) -> None:
        picture = monitoring(**ALL, cpuThreshold=50, memoryThreshold=60)
        found = {item.name: item.inputs["threshold"] for item in picture.of("MetricAlarm")}
        assert (found["kubernetes-cpu"], found["kubernetes-memory"], found["services-ecs-memory"]) == (50, 60, 60)


class TestLogLines:
    @pytest.mark.parametrize(
        ("environment", "application", "security"),
        [(EnvironmentName.DEV, 30, 60), (EnvironmentName.STAGE, 30, 60), (EnvironmentName.PROD, 90, 180)],
    )
    def test_security_lines_are_kept_twice_as_long(
        self, environment: EnvironmentName, application: int, security: int
    ) -> None:
        groups = monitoring(environment, alertEmail="ops@example.com").of("LogGroup")
        assert [item.inputs["retentionInDays"] for item in groups] == [application, security]
        assert {item.inputs["kmsKeyId"] for item in groups} == {KEY}

    @pytest.mark.parametrize(("days", "security"), [(7, 14), (120, 365), (2192, 2922)])
    def test_or_as_near_to_it_as_aws_takes(self, days: int, security: int) -> None:
        assert monitoring(logRetentionDays=days).one("LogGroup", "security").inputs["retentionInDays"] == security

    def test_a_line_with_one_of_the_words_counts(self) -> None:
        picture = monitoring()
        errors = picture.one("LogMetricFilter", "errors").inputs
        assert all(word.startswith("?") for word in errors["pattern"].split())
        counted = errors["metricTransformation"]
        assert (counted["namespace"], counted["name"], counted["defaultValue"]) == (PREFIX[:-1], "ErrorCount", "0")
        alarm = picture.one("MetricAlarm", "error-count").inputs
        assert (alarm["namespace"], alarm["metricName"], alarm["statistic"]) == (PREFIX[:-1], "ErrorCount", "Sum")
        assert alarm["threshold"] == 20

    def test_errors_are_counted_where_services_write(self) -> None:
        filters = monitoring(**ALL).of("LogMetricFilter")
        groups = {item.name: item.inputs["logGroupName"] for item in filters}
        assert groups["frontend-errors"] == "/ecs/frontend"
        names = {item.inputs["metricTransformation"]["name"] for item in filters if item.name.endswith("errors")}
        assert (len(groups), names) == (5, {"ErrorCount"})


class TestDashboard:
    def test_alarms_on_top_and_pictures_two_in_a_row(self) -> None:
        picture = monitoring(**ALL)
        first, *others = widgets(picture)
        assert set(first["properties"]["alarms"]) == set(picture.outputs["alarmArns"].values())
        assert [(one["x"], one["y"]) for one in others[:3]] == [(0, 4), (12, 4), (0, 10)]
        assert len({(one["x"], one["y"]) for one in others}) == len(others) == 14

    def test_a_picture_shows_its_metrics_and_its_threshold(self) -> None:
        found = {one["properties"]["title"]: one["properties"] for one in widgets(monitoring(**ALL, cpuThreshold=70))}
        cpu = found["Database: CPU, %"]
        assert cpu["metrics"] == [["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "db-1", {"stat": "Average"}]]
        assert cpu["annotations"] == {"horizontal": [{"value": 70}]}
        assert found["Public site: response time, s"]["annotations"] == {"horizontal": [{"value": 5}]}

    def test_where_it_is(self) -> None:
        outputs = monitoring().outputs
        name = f"{PREFIX}monitoring-infrastructure"
        home = "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1"
        assert outputs["dashboardName"] == name
        assert outputs["infrastructureDashboardUrl"] == f"{home}#dashboards/dashboard/{name}"

    def test_it_can_be_off(self) -> None:
        picture = monitoring(createDashboard=False)
        assert picture.of("Dashboard") == []
        assert picture.outputs.get("dashboardArn") is None


@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_a_preview_needs_none_of_the_others(environment: EnvironmentName) -> None:
    unknown = {**dict.fromkeys(ALL, UNKNOWN), "infrastructureKeyArn": UNKNOWN}
    picture = monitoring(environment, preview=True, alertEmail="ops@example.com", **unknown)
    assert alarms(picture) == alarms(monitoring(**ALL))
    assert picture.one("Dashboard").inputs["dashboardBody"] is UNKNOWN
    assert picture.one("LogMetricFilter", "api-errors").inputs["logGroupName"] is UNKNOWN


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"alertEmail": "ops"}, "alertEmail = 'ops': String should match"),
        ({"cpuThreshold": 101}, "cpuThreshold = 101: Input should be less than or equal to 100"),
        ({"memoryThreshold": 0}, "memoryThreshold = 0: Input should be greater than or equal to 1"),
        ({"errorRateThreshold": "5"}, "errorRateThreshold = '5': Input should be a valid integer"),
        ({"logRetentionDays": 8}, "logRetentionDays = 8: Input should be 1, 3, 5"),
        ({"watchStacks": ["dns", "dns"]}, "must not hold the same value twice"),
        ({"certificateArn": "none"}, "certificateArn = 'none': String should match"),
        ({"createDashbord": False}, "createDashboard"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        monitoring(**inputs)
    assert message in caught.value.message


def test_somebody_hears_of_alarms_in_prod() -> None:
    with pytest.raises(InvalidStackInput, match=r"alertEmail.*is needed in prod"):
        monitoring(EnvironmentName.PROD)
    with pytest.raises(InvalidStackInput, match=r"alertEmail.*is needed in prod"):
        monitoring(EnvironmentName.PROD, alertEmail="")
