"""The roles that container tasks and Kubernetes work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.iam_documents import allow, document, trust
from stacks.naming import ROLE
from stacks.security.contract import Inputs

_READ_SECRET: Final = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]

_MANAGED_POLICIES: Final = {
    "ecs-execution": ["service-role/AmazonECSTaskExecutionRolePolicy"],
    "eks-cluster": ["AmazonEKSClusterPolicy"],
    "eks-node": ["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly"],
}


@dataclass(frozen=True)
class Roles:
    ecs_execution: aws.iam.Role
    ecs_task: aws.iam.Role
    eks_cluster: aws.iam.Role
    eks_node: aws.iam.Role


def make_roles(
    inputs: Inputs, context: StackContext, partition: pulumi.Output[str], application_key: aws.kms.Key
) -> Roles:
    def role(what: str, description: str, trusted: pulumi.Output[str]) -> aws.iam.Role:
        made = aws.iam.Role(
            what,
            name=context.name(ROLE, what),
            description=description,
            assume_role_policy=trusted,
            permissions_boundary=inputs.permissions_boundary_arn,
        )
        for policy in _MANAGED_POLICIES.get(what, []):
            aws.iam.RolePolicyAttachment(
                f"{what}-{policy.rpartition('/')[2]}",
                role=made.name,
                policy_arn=pulumi.Output.concat("arn:", partition, ":iam::aws:policy/", policy),
            )
        return made

    tasks = trust("ecs-tasks.amazonaws.com", account=context.account)
    roles = Roles(
        ecs_execution=role("ecs-execution", "Starts container tasks: images, logs, secrets", tasks),
        ecs_task=role("ecs-task", "What the containers themselves may do", tasks),
        eks_cluster=role(
            "eks-cluster", "The Kubernetes control plane", trust("eks.amazonaws.com", account=context.account)
        ),
        # EC2 names no source account when an instance takes its role on.
        eks_node=role("eks-node", "Kubernetes nodes", trust("ec2.amazonaws.com")),
    )
    _let_execution_read_secrets(roles.ecs_execution, context, partition, application_key)
    return roles


def _let_execution_read_secrets(
    role: aws.iam.Role, context: StackContext, partition: pulumi.Output[str], application_key: aws.kms.Key
) -> None:
    """Secrets that a task definition names are fetched by the execution role, not by the task's own."""
    own_secrets = pulumi.Output.concat(
        "arn:", partition, f":secretsmanager:{context.region}:{context.account}:secret:{context.shared_prefix}-*"
    )
    through = {"StringEquals": {"kms:ViaService": f"secretsmanager.{context.region}.amazonaws.com"}}
    aws.iam.RolePolicy(
        "ecs-execution-secrets",
        role=role.name,
        policy=document(
            allow(_READ_SECRET, own_secrets),
            allow("kms:Decrypt", application_key.arn, conditions=through),
        ),
    )
