"""The monitoring stack: topics, the rule that hears of every alarm, log lines, alarms across stacks, a dashboard."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from stacks.alarms import make_alarm
from stacks.context import StackContext
from stacks.monitoring.contract import Inputs, Outputs
from stacks.monitoring.dashboard import address, make_dashboard
from stacks.monitoring.log_lines import LogLines, error_watch, make_log_lines, security_watch
from stacks.monitoring.watched import Watched, watched_stacks
from stacks.topics import CLOUDWATCH, EVENTBRIDGE, make_topic, send_events

Alarms = dict[str, aws.cloudwatch.MetricAlarm]


def program(inputs: Inputs, context: StackContext) -> Outputs:
    alerts = _topic("alerts", inputs, context)
    critical = _topic("critical", inputs, context)
    _hear_of_alarms(context, alerts)
    lines = make_log_lines(inputs, context)
    watched = watched_stacks(inputs)
    alarms = _alarms(context, watched, critical)
    dashboard = None
    if inputs.create_dashboard:
        dashboard = make_dashboard(context, watched, [alarm.arn for alarm in alarms.values()])
    return Outputs(
        alerts_topic_arn=alerts.arn,
        alerts_topic_name=alerts.name,
        critical_alerts_topic_arn=critical.arn,
        critical_alerts_topic_name=critical.name,
        infrastructure_dashboard_url=address(dashboard, context) if dashboard else None,
        dashboard_name=dashboard.dashboard_name if dashboard else None,
        dashboard_arn=dashboard.dashboard_arn if dashboard else None,
        **_of_lines(lines),
        error_count_alarm_arn=alarms["error-count"].arn,
        security_event_alarm_arn=alarms["security-event"].arn,
        alarm_arns={what: alarm.arn for what, alarm in alarms.items()},
        watched=sorted({one.stack for one in watched}),
        summary={"alarms": len(alarms), "dashboard": inputs.create_dashboard, "mail": inputs.alert_email is not None},
    )


def _topic(what: str, inputs: Inputs, context: StackContext) -> aws.sns.Topic:
    key, publishers = inputs.infrastructure_key_arn, [CLOUDWATCH, EVENTBRIDGE]
    return make_topic(what, context, key_arn=key, publishers=publishers, email=inputs.alert_email)


def _hear_of_alarms(context: StackContext, topic: aws.sns.Topic) -> None:
    """Every alarm of the deployment's stacks, by its name: they need no topic from here. One that goes off, and one
    that is over; not the first word of a new one that all is well."""
    changes = [{"state": {"value": ["ALARM"]}}, {"state": {"value": ["OK"]}, "previousState": {"value": ["ALARM"]}}]
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [{"prefix": f"{context.shared_prefix}-"}], "$or": changes},
    }
    description = f"Alarms of {context.project}, {context.environment}, that go off or are over"
    send_events("alarms", context, topic, pattern=json.dumps(pattern), description=description)


def _alarms(context: StackContext, watched: Sequence[Watched], critical: aws.sns.Topic) -> Alarms:
    """A security event can't wait: it goes to the critical topic as well."""
    urgent, others = security_watch(context), [error_watch(context), *(one for part in watched for one in part.watches)]
    alarms = {watch.what: make_alarm(watch, context) for watch in others}
    return {**alarms, urgent.what: make_alarm(urgent, context, critical.arn)}


def _of_lines(lines: LogLines) -> dict[str, pulumi.Output[str]]:
    return {
        "log_group_name": lines.application.name,
        "application_log_group_arn": lines.application.arn,
        "security_log_group_name": lines.security.name,
        "security_log_group_arn": lines.security.arn,
        "error_metric_filter_name": lines.errors.name,
        "security_metric_filter_name": lines.security_events.name,
    }
