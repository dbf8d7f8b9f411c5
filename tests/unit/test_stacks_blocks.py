"""Building blocks of stacks: alarms and log groups."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from stacks.alarms import Metric, Watch, make_alarm
from stacks.context import StackContext
from stacks.iam_documents import document
from stacks.log_groups import make_log_group, may_write
from stacks.testing import Picture, draw, sample_target

TOPIC = "arn:aws:sns:eu-central-1:410000000017:alerts"
CONTEXT = StackContext.of(sample_target("hello"))
CPU = Metric("AWS/RDS", "CPUUtilization", "Average", {"DBInstanceIdentifier": "db"})


def alarm(watch: Watch, **more: Any) -> dict[str, Any]:
    return draw(lambda: make_alarm(watch, CONTEXT, **more) and None).one("MetricAlarm").inputs


def groups(**more: Any) -> Picture:
    def program() -> None:
        group = make_log_group("app", "/cloud/app", retention_days=7, **more)
        pulumi.export("rights", document(may_write(group)))

    return draw(program)


class TestAlarms:
    def test_they_are_named_for_the_deployment_and_silent_by_themselves(self) -> None:
        found = alarm(Watch("cpu", "Too much", CPU, 80))
        assert found["name"] == "web-shop-d1brv40-dev-hello-cpu"
        assert (found["metricName"], found["threshold"], found["evaluationPeriods"]) == ("CPUUtilization", 80, 2)
        assert found["comparisonOperator"] == "GreaterThanThreshold"
        assert found["dimensions"] == {"DBInstanceIdentifier": "db"}
        assert not {"alarmActions", "okActions"} & set(found)

    def test_a_topic_hears_that_one_goes_off_and_that_it_is_over(self) -> None:
        found = alarm(Watch("cpu", "Too much", CPU, 80), topic_arn=TOPIC)
        assert found["alarmActions"] == found["okActions"] == [TOPIC]

    def test_too_little_can_be_wrong_as_well(self) -> None:
        assert alarm(Watch("space", "Full", CPU, 1, below=True))["comparisonOperator"] == "LessThanThreshold"

    def test_a_rate_is_a_percentage_of_a_whole(self) -> None:
        found = alarm(Watch("errors", "Rate", CPU, 5, whole=CPU))
        assert [query["id"] for query in found["metricQueries"]] == ["rate", "part", "whole"]
        assert found["metricQueries"][0]["expression"] == "100 * part / whole"
        assert "metricName" not in found


class TestLogGroups:
    def test_they_end_and_may_be_encrypted(self) -> None:
        found = groups(key_arn="arn:key").one("LogGroup").inputs
        assert found == {"name": "/cloud/app", "retentionInDays": 7, "kmsKeyId": "arn:key"}
        assert "kmsKeyId" not in groups().one("LogGroup").inputs

    def test_the_right_to_write_is_about_this_group_alone(self) -> None:
        (statement,) = json.loads(groups().outputs["rights"])["Statement"]
        assert statement["Resource"] == ["arn:aws:test:::LogGroup/app:*"]
        assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
