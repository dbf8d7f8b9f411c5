"""The control plane as one stack. It has no `Pulumi.yaml`: no template of deployments enables it."""

from __future__ import annotations

from dataclasses import fields

import pulumi
from pydantic.alias_generators import to_camel

from cloud_core.domain.control_plane import ControlPlane
from cloud_core.ports.engine import InlineProgram
from stacks.control_plane.contract import Outputs
from stacks.control_plane.tables import RecordTables
from stacks.control_plane.users import make_users


def inline_program(plane: ControlPlane) -> InlineProgram:
    """For the engine."""

    def run() -> None:
        outputs = program(plane)
        for one in fields(outputs):
            pulumi.export(to_camel(one.name), getattr(outputs, one.name))

    return run


def program(plane: ControlPlane) -> Outputs:
    tables = RecordTables("records", plane.prefix, protect=plane.protect)
    users = make_users(plane)
    return Outputs(
        table_prefix=plane.prefix,
        table_names=tables.names,
        table_arns=tables.arns,
        region=plane.region,
        user_pool_region=plane.region,
        user_pool_id=users.pool.id,
        user_pool_arn=users.pool.arn,
        user_pool_client_id=users.client.id,
    )
