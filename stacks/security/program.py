"""The security stack: groups, keys, roles and, when asked for, the settings of the whole account."""

from __future__ import annotations

import pulumi_aws as aws

from stacks.context import StackContext
from stacks.security.account_baseline import make_account_baseline
from stacks.security.contract import Inputs, Outputs
from stacks.security.groups import Groups, make_groups
from stacks.security.keys import Keys, make_keys
from stacks.security.roles import Roles, make_roles


def program(inputs: Inputs, context: StackContext) -> Outputs:
    partition = aws.get_partition_output().partition
    groups = make_groups(inputs, context)
    keys = make_keys(inputs, context, partition)
    roles = make_roles(inputs, context, partition, keys.application)
    if inputs.enable_account_baseline:
        make_account_baseline(inputs, context, partition)
    return _outputs(inputs, groups, keys, roles)


def _outputs(inputs: Inputs, groups: Groups, keys: Keys, roles: Roles) -> Outputs:
    return Outputs(
        load_balancer_sg_id=groups.load_balancer.id,
        web_application_sg_id=groups.web.id,
        api_application_sg_id=groups.api.id,
        database_sg_id=groups.database.id,
        ecs_sg_id=groups.ecs.id,
        eks_sg_id=groups.eks.id,
        lambda_sg_id=groups.functions.id,
        application_key_id=keys.application.key_id,
        application_key_arn=keys.application.arn,
        database_key_id=keys.database.key_id,
        database_key_arn=keys.database.arn,
        infrastructure_key_id=keys.infrastructure.key_id,
        infrastructure_key_arn=keys.infrastructure.arn,
        ecs_execution_role_arn=roles.ecs_execution.arn,
        ecs_execution_role_name=roles.ecs_execution.name,
        ecs_task_role_arn=roles.ecs_task.arn,
        ecs_task_role_name=roles.ecs_task.name,
        eks_cluster_role_arn=roles.eks_cluster.arn,
        eks_cluster_role_name=roles.eks_cluster.name,
        eks_node_group_role_arn=roles.eks_node.arn,
        eks_node_group_role_name=roles.eks_node.name,
        summary={
            "securityGroups": 7,
            "keys": 3,
            "roles": 4,
            "databasePorts": inputs.database_ports,
            "accountBaseline": inputs.enable_account_baseline,
        },
    )
