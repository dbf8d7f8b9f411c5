"""Log groups of the deployment, and filters that count errors and security events in them and in watched ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args

import pulumi
import pulumi_aws as aws

from stacks.alarms import Metric, Watch
from stacks.context import StackContext
from stacks.input_types import LogRetentionDays
from stacks.log_groups import make_log_group
from stacks.monitoring.contract import Inputs
from stacks.naming import LOG_GROUP

ERRORS: Final = "ErrorCount"
SECURITY_EVENTS: Final = "SecurityEventCount"
_MOST_ERRORS: Final = 20
# A term with a question mark is one of several that a line may hold; a word in brackets would be a column.
_ERROR_PATTERN: Final = "?ERROR ?Error ?CRITICAL ?FATAL"
_SECURITY_PATTERN: Final = '?AccessDenied ?UnauthorizedOperation ?"authentication failure" ?"invalid token"'


@dataclass(frozen=True)
class LogLines:
    application: aws.cloudwatch.LogGroup
    security: aws.cloudwatch.LogGroup
    errors: aws.cloudwatch.LogMetricFilter
    security_events: aws.cloudwatch.LogMetricFilter


def make_log_lines(inputs: Inputs, context: StackContext) -> LogLines:
    """Security lines are kept twice as long. The groups of watched services count into the same metrics."""
    application = _group("application", inputs.log_retention_days, inputs, context)
    security = _group("security", _at_least(2 * inputs.log_retention_days), inputs, context)
    watched = {"frontend": inputs.frontend_log_group, "backend": inputs.backend_log_group, "api": inputs.api_log_group}
    for what, name in watched.items():
        wanted = inputs.watch_stacks is None or "containers-apps" in inputs.watch_stacks
        if name is not None and wanted:
            _count(f"{what}-errors", name, _ERROR_PATTERN, ERRORS, context)
    return LogLines(
        application,
        security,
        errors=_count("errors", application.name, _ERROR_PATTERN, ERRORS, context),
        security_events=_count("security-events", security.name, _SECURITY_PATTERN, SECURITY_EVENTS, context),
    )


def error_watch(context: StackContext) -> Watch:
    counted = Metric(context.shared_prefix, ERRORS, "Sum")
    return Watch(
        "error-count", f"More than {_MOST_ERRORS} lines with errors in 5 minutes", counted, _MOST_ERRORS, periods=1
    )


def security_watch(context: StackContext) -> Watch:
    counted = Metric(context.shared_prefix, SECURITY_EVENTS, "Sum")
    return Watch("security-event", "A line of the security log tells of a refusal", counted, 0, periods=1)


def _group(what: str, days: int, inputs: Inputs, context: StackContext) -> aws.cloudwatch.LogGroup:
    name = f"/cloud/{context.name(LOG_GROUP, what)}"
    return make_log_group(what, name, retention_days=days, key_arn=inputs.infrastructure_key_arn)


def _at_least(days: int) -> int:
    """The shortest time that CloudWatch Logs takes and that is not shorter, else its longest."""
    allowed = get_args(LogRetentionDays)
    return int(next((choice for choice in allowed if choice >= days), allowed[-1]))


def _count(
    what: str, group: pulumi.Input[str], pattern: str, metric: str, context: StackContext
) -> aws.cloudwatch.LogMetricFilter:
    """The namespace is the deployment's and the environment's own: others count for themselves."""
    return aws.cloudwatch.LogMetricFilter(
        what,
        name=context.name(LOG_GROUP, what),
        log_group_name=group,
        pattern=pattern,
        metric_transformation={
            "name": metric,
            "namespace": context.shared_prefix,
            "value": "1",
            "default_value": "0",
            "unit": "Count",
        },
    )
