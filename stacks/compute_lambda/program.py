"""The compute-lambda stack: queues, functions, what calls them, the pipeline, alarms."""

from __future__ import annotations

from typing import Final

import pulumi

from stacks.alarms import Metric, Watch, make_alarm
from stacks.compute_lambda.catalog import CATALOG, DATA_PROCESSOR, RUNTIME_ENDS, FunctionName
from stacks.compute_lambda.contract import Inputs, Outputs
from stacks.compute_lambda.pipeline import make_pipeline
from stacks.compute_lambda.queues import Queues, make_queues
from stacks.compute_lambda.rights import grants
from stacks.compute_lambda.triggers import make_triggers
from stacks.compute_lambda.workers import Worker, Workers, make_workers
from stacks.context import StackContext

_MOST_ERRORS: Final = 5
_NEAR_TIMEOUT: Final = 0.8
_OLDEST_TASK_SECONDS: Final = 15 * 60


def program(inputs: Inputs, context: StackContext) -> Outputs:
    queues = make_queues(inputs, context)
    workers = make_workers(inputs, context, grants(inputs, context, queues))
    triggers = make_triggers(inputs, context, workers, queues)
    pipeline = make_pipeline(inputs, context, workers[DATA_PROCESSOR]) if inputs.enable_pipeline else None
    watches = [*_function_watches(inputs, workers), *_queue_watches(queues)]
    for watch in watches:
        make_alarm(watch, context, inputs.alarm_topic_arn)
    told = queues.notifications
    return Outputs(
        **_of_functions(workers),
        task_queue_url=queues.tasks.url,
        task_queue_arn=queues.tasks.arn,
        task_dlq_arn=queues.dead.arn,
        lambda_role_arns={name: worker.role.arn for name, worker in workers.items()},
        daily_scheduler_rule_arn=triggers.daily.arn if triggers.daily else None,
        hourly_cleanup_rule_arn=triggers.hourly.arn if triggers.hourly else None,
        notifications_topic_arn=told.topic.arn if told else None,
        notification_queue_url=told.queue.url if told else None,
        notification_queue_arn=told.queue.arn if told else None,
        data_pipeline_arn=pipeline.arn if pipeline else None,
        api_processor_function_url=triggers.url.function_url if triggers.url else None,
        summary={
            "functions": list(workers),
            "runtime": inputs.runtime,
            "runtimeEnds": RUNTIME_ENDS[inputs.runtime].isoformat(),
            "code": "bucket" if inputs.code_bucket_prefix else "stand-in",
            "alarms": len(watches),
        },
    )


def _of_functions(workers: Workers) -> dict[str, pulumi.Output[str] | None]:
    found: dict[str, pulumi.Output[str] | None] = {}
    for name in CATALOG:
        worker, field = workers.get(name), name.replace("-", "_")
        found[f"{field}_arn"] = worker.function.arn if worker else None
        found[f"{field}_name"] = worker.function.name if worker else None
    return found


def _function_watches(inputs: Inputs, workers: Workers) -> list[Watch]:
    return [watch for name, worker in workers.items() for watch in _watches(name, worker, inputs.size(name).timeout_s)]


def _watches(name: FunctionName, worker: Worker, timeout_s: int) -> list[Watch]:
    def measured(metric: str, statistic: str) -> Metric:
        return Metric("AWS/Lambda", metric, statistic, {"FunctionName": worker.function.name})

    errors, duration = measured("Errors", "Sum"), measured("Duration", "Maximum")
    slow = int(_NEAR_TIMEOUT * timeout_s * 1000)
    many = f"{name} failed more than {_MOST_ERRORS} times in 5 minutes"
    return [
        Watch(f"{name}-errors", many, errors, _MOST_ERRORS, periods=1),
        Watch(f"{name}-duration", f"{name} takes nearly as long as it may", duration, slow),
    ]


def _queue_watches(queues: Queues) -> list[Watch]:
    def measured(name: str, queue: pulumi.Output[str]) -> Metric:
        return Metric("AWS/SQS", name, "Maximum", {"QueueName": queue})

    age = measured("ApproximateAgeOfOldestMessage", queues.tasks.name)
    dead = measured("ApproximateNumberOfMessagesVisible", queues.dead.name)
    return [
        Watch("task-age", "Tasks wait for more than 15 minutes", age, _OLDEST_TASK_SECONDS, periods=1),
        Watch("dead-letters", "Messages were given up", dead, 0, periods=1),
    ]
