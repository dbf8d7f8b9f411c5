"""What calls the functions: queues, the clock, new files, a web address."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.compute_lambda.catalog import (
    API_PROCESSOR,
    DATA_PROCESSOR,
    FILE_PROCESSOR,
    NOTIFICATION_HANDLER,
    SCHEDULER,
)
from stacks.compute_lambda.contract import Inputs
from stacks.compute_lambda.queues import Queues
from stacks.compute_lambda.workers import Worker, Workers
from stacks.context import StackContext
from stacks.naming import EVENT_RULE

_INVOKE = "lambda:InvokeFunction"


@dataclass(frozen=True)
class Triggers:
    """None what is off."""

    daily: aws.cloudwatch.EventRule | None
    hourly: aws.cloudwatch.EventRule | None
    url: aws.lambda_.FunctionUrl | None


def make_triggers(inputs: Inputs, context: StackContext, workers: Workers, queues: Queues) -> Triggers:
    if DATA_PROCESSOR in workers:
        _feed("tasks", workers[DATA_PROCESSOR], queues.tasks)
    if queues.notifications is not None:
        _feed("notifications", workers[NOTIFICATION_HANDLER], queues.notifications.queue)
    if inputs.enable_file_processor:
        _tell_of_files(inputs, context, workers[FILE_PROCESSOR])
    scheduler, hourly = workers.get(SCHEDULER), "rate(1 hour)" if inputs.hourly_cleanup else None
    return Triggers(
        daily=_at("daily", inputs.daily_schedule, scheduler, context),
        hourly=_at("hourly-cleanup", hourly, scheduler, context),
        url=_url(workers[API_PROCESSOR]) if inputs.enable_function_url else None,
    )


def _feed(what: str, worker: Worker, queue: aws.sqs.Queue) -> None:
    """Ten messages at a time; those that the function names as failed come again, the others are done."""
    aws.lambda_.EventSourceMapping(
        what,
        event_source_arn=queue.arn,
        function_name=worker.function.arn,
        batch_size=10,
        function_response_types=["ReportBatchItemFailures"],
    )


def _at(
    what: str, schedule: str | None, worker: Worker | None, context: StackContext
) -> aws.cloudwatch.EventRule | None:
    """The function hears which job it is, as `{"job": "daily"}`."""
    if schedule is None or worker is None:
        return None
    rule = aws.cloudwatch.EventRule(
        what, name=context.name(EVENT_RULE, what), description=f"Starts the job {what}", schedule_expression=schedule
    )
    admitted = _admit(what, worker, "events.amazonaws.com", rule.arn, context)
    aws.cloudwatch.EventTarget(
        what,
        rule=rule.name,
        target_id="function",
        arn=worker.function.arn,
        input=json.dumps({"job": what}),
        opts=pulumi.ResourceOptions(depends_on=[admitted]),
    )
    return rule


def _tell_of_files(inputs: Inputs, context: StackContext, worker: Worker) -> None:
    """A bucket has one list of whom it tells: this stack's."""
    if inputs.primary_bucket_name is None or inputs.primary_bucket_arn is None:
        return
    admitted = _admit("files", worker, "s3.amazonaws.com", inputs.primary_bucket_arn, context)
    aws.s3.BucketNotification(
        "files",
        bucket=inputs.primary_bucket_name,
        lambda_functions=[
            {
                "lambda_function_arn": worker.function.arn,
                "events": ["s3:ObjectCreated:*"],
                "filter_prefix": inputs.upload_prefix,
            }
        ],
        opts=pulumi.ResourceOptions(depends_on=[admitted]),
    )


def _url(worker: Worker) -> aws.lambda_.FunctionUrl:
    """Only callers that sign as a principal with the right to."""
    return aws.lambda_.FunctionUrl(API_PROCESSOR, function_name=worker.function.name, authorization_type="AWS_IAM")


def _admit(
    what: str, worker: Worker, service: str, source_arn: pulumi.Input[str], context: StackContext
) -> aws.lambda_.Permission:
    return aws.lambda_.Permission(
        what,
        function=worker.function.name,
        action=_INVOKE,
        principal=service,
        source_arn=source_arn,
        source_account=context.account,
    )
