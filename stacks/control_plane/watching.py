"""Alarms on what people would only notice late, and the topic that they tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.alarms import Metric, Watch, make_alarm
from stacks.context import StackContext
from stacks.control_plane.graph import Graph
from stacks.control_plane.sockets import STAGE, Sockets
from stacks.iam_documents import allow, document
from stacks.naming import TOPIC
from stacks.topics import CLOUDWATCH

_SLOW_MILLISECONDS: Final = 5000


def make_watching(
    context: StackContext, sockets: Sockets, graph: Graph, tables: Mapping[str, pulumi.Output[str]]
) -> aws.sns.Topic:
    """The topic has no subscribers: who wants to hear subscribes to it. `tables` are names by definition."""
    topic = aws.sns.Topic("alarms", name=context.name(TOPIC, "alarms"))
    may_publish = allow(
        "sns:Publish",
        topic.arn,
        principal={"Service": [CLOUDWATCH]},
        conditions={"StringEquals": {"aws:SourceAccount": aws.get_caller_identity_output().account_id}},
        sid="Publish",
    )
    aws.sns.TopicPolicy("alarms", arn=topic.arn, policy=document(may_publish))
    for watch in (*_of_functions(sockets), *_of_gateway(sockets), _of_graph(graph), *_of_tables(tables)):
        make_alarm(watch, context, topic.arn)
    return topic


def _of_functions(sockets: Sockets) -> Iterator[Watch]:
    for one in sockets.functions.values():
        what, of = one.plan.what, {"FunctionName": one.function.name}

        def metric(name: str, statistic: str = "Sum", of: Mapping[str, pulumi.Input[str]] = of) -> Metric:
            return Metric("AWS/Lambda", name, statistic, of)

        yield Watch(f"{what}-errors", f"{what} fails", metric("Errors"), 0, periods=1)
        yield Watch(f"{what}-throttles", f"{what} is not let run", metric("Throttles"), 0, periods=1)
        yield Watch(f"{what}-slow", f"{what} takes long", metric("Duration", "p95"), _SLOW_MILLISECONDS)


def _of_gateway(sockets: Sockets) -> Iterator[Watch]:
    of: dict[str, pulumi.Input[str]] = {"ApiId": sockets.api.id, "Stage": STAGE}
    for name, says in (("IntegrationError", "its functions answer nonsense"), ("ExecutionError", "it can't call them")):
        metric = Metric("AWS/ApiGateway", name, "Sum", of)
        yield Watch(f"sockets-{name.lower()}", f"The WebSocket API: {says}", metric, 0, periods=1)


def _of_graph(graph: Graph) -> Watch:
    metric = Metric("AWS/AppSync", "5XXError", "Sum", {"GraphQLAPIId": graph.api.id})
    return Watch("graph-errors", "The GraphQL API fails", metric, 0, periods=1)


def _of_tables(tables: Mapping[str, pulumi.Output[str]]) -> Iterator[Watch]:
    """By the metrics that AWS has of a table as a whole; its others are of one kind of request each."""
    for what, name in tables.items():
        for kind in ("Read", "Write"):
            measured = Metric("AWS/DynamoDB", f"{kind}ThrottleEvents", "Sum", {"TableName": name})
            says = f"The table of {what} turns {kind.lower()}s away"
            yield Watch(f"{what}-{kind.lower()}-throttles", says, measured, 0)
