"""The rights of the relay: to be attached to the role of whoever runs `python -m realtime.broadcasting`."""

from __future__ import annotations

from typing import Final

import pulumi
import pulumi_aws as aws

from cloud_core.domain.tables import CONNECTIONS
from stacks.context import StackContext
from stacks.control_plane.graph import Graph
from stacks.control_plane.sockets import STAGE, Sockets
from stacks.control_plane.tables import RecordTables
from stacks.iam_documents import allow, document
from stacks.naming import POLICY

_READS: Final = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem"]
_FORGETS: Final = ["dynamodb:UpdateItem", "dynamodb:DeleteItem"]


def make_relay_policy(context: StackContext, tables: RecordTables, sockets: Sockets, graph: Graph) -> aws.iam.Policy:
    """It reads the records, forgets connections that are gone, writes to sockets, and publishes through AppSync."""
    records = [table.arn for table in tables.made.values()]
    indexes = [pulumi.Output.concat(arn, "/index/*") for arn in records]
    stage = pulumi.Output.concat(sockets.api.execution_arn, f"/{STAGE}")
    posts = [pulumi.Output.concat(stage, f"/{verb}/@connections/*") for verb in ("POST", "DELETE")]
    publishes = pulumi.Output.concat(graph.api.arn, "/types/Mutation/fields/publish*")
    statements = (
        allow(_READS, [*records, *indexes], sid="Records"),
        allow(_FORGETS, tables.made[CONNECTIONS.name].arn, sid="Connections"),
        allow("execute-api:ManageConnections", posts, sid="Sockets"),
        allow("appsync:GraphQL", publishes, sid="Subscribers"),
    )
    return aws.iam.Policy(
        "relay",
        name=context.name(POLICY, "relay"),
        description="What the relay of live messages may do",
        policy=document(*statements),
    )
