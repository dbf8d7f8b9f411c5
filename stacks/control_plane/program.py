"""The control plane as one stack. It has no `Pulumi.yaml`: no template of deployments enables it."""

from __future__ import annotations

from dataclasses import fields

import pulumi
from pydantic.alias_generators import to_camel

from cloud_core.adapters.local.function_package import FunctionPackage
from cloud_core.domain.control_plane import ControlPlane
from cloud_core.ports.engine import InlineProgram
from stacks.control_plane.context import PlaneContext
from stacks.control_plane.contract import Outputs
from stacks.control_plane.graph import make_graph
from stacks.control_plane.relay import make_relay_policy
from stacks.control_plane.sockets import make_sockets
from stacks.control_plane.tables import RecordTables
from stacks.control_plane.users import make_users
from stacks.control_plane.watching import make_watching


def inline_program(plane: ControlPlane, package: FunctionPackage) -> InlineProgram:
    """For the engine."""

    def run() -> None:
        outputs = program(plane, package)
        for one in fields(outputs):
            pulumi.export(to_camel(one.name), getattr(outputs, one.name))

    return run


def data_program(plane: ControlPlane) -> InlineProgram:
    """For the engine: only what holds data."""

    def run() -> None:
        RecordTables("records", plane.prefix, protect=plane.protect)
        make_users(plane)

    return run


def program(plane: ControlPlane, package: FunctionPackage) -> Outputs:
    context = PlaneContext.of_plane(plane)
    tables = RecordTables("records", plane.prefix, protect=plane.protect)
    users = make_users(plane)
    sockets = make_sockets(plane, context, package, tables, users)
    graph = make_graph(plane, context, tables, users)
    relay = make_relay_policy(context, tables, sockets, graph)
    topic = make_watching(context, sockets, graph, {name: table.name for name, table in tables.made.items()})
    return Outputs(
        table_prefix=plane.prefix,
        table_names=tables.names,
        table_arns=tables.arns,
        region=plane.region,
        user_pool_region=plane.region,
        user_pool_id=users.pool.id,
        user_pool_arn=users.pool.arn,
        user_pool_client_id=users.client.id,
        socket_url=sockets.url,
        connections_endpoint=sockets.endpoint,
        function_digest=package.digest,
        function_bytes=package.size,
        graphql_url=graph.url,
        relay_policy_arn=relay.arn,
        alarm_topic_arn=topic.arn,
    )
