"""The control plane: where its logs go, who reaches it, who may do what in it."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.log_groups import make_log_group
from stacks.naming import KUBERNETES_CLUSTER
from stacks.services_eks.contract import Inputs


def make_cluster(inputs: Inputs, context: StackContext) -> aws.eks.Cluster:
    """Rights in the cluster are access entries alone, and whoever makes the cluster has none by that. What EKS would
    install by itself is left to the add-ons."""
    name = context.name(KUBERNETES_CLUSTER, "cluster")
    # EKS writes to a group of this name, and makes one that keeps all for ever when there is none.
    logs = make_log_group(
        "cluster",
        f"/aws/eks/{name}/cluster",
        retention_days=inputs.log_retention_days,
        key_arn=inputs.infrastructure_key_arn,
    )
    return aws.eks.Cluster(
        "cluster",
        name=name,
        version=inputs.kubernetes_version,
        role_arn=inputs.eks_cluster_role_arn,
        vpc_config=_network(inputs),
        encryption_config=_secrets_encryption(inputs),
        enabled_cluster_log_types=list(inputs.enabled_log_types),
        access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
        # Without this a cluster goes over to extended support by itself, which costs six times as much.
        upgrade_policy={"support_type": "STANDARD"},
        bootstrap_self_managed_addons=False,
        deletion_protection=inputs.deletion_protection,
        opts=pulumi.ResourceOptions(depends_on=[logs], protect=inputs.protect),
    )


def _network(inputs: Inputs) -> aws.eks.ClusterVpcConfigArgs:
    subnets: pulumi.Output[list[str]] = pulumi.Output.from_input(inputs.private_subnet_ids)
    if inputs.endpoint_public_access:
        public: pulumi.Output[list[str]] = pulumi.Output.from_input(inputs.public_subnet_ids or [])
        subnets = pulumi.Output.all(subnets, public).apply(lambda both: [*both[0], *both[1]])
    return aws.eks.ClusterVpcConfigArgs(
        subnet_ids=subnets,
        security_group_ids=[inputs.eks_sg_id],
        endpoint_private_access=inputs.endpoint_private_access,
        endpoint_public_access=inputs.endpoint_public_access,
        public_access_cidrs=list(inputs.endpoint_public_access_cidrs) if inputs.endpoint_public_access else None,
    )


def _secrets_encryption(inputs: Inputs) -> aws.eks.ClusterEncryptionConfigArgs | None:
    if not inputs.enable_secrets_encryption:
        return None
    provider = aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=inputs.application_key_arn)
    return aws.eks.ClusterEncryptionConfigArgs(provider=provider, resources=["secrets"])


def let_administrators_in(inputs: Inputs, cluster: aws.eks.Cluster, partition: pulumi.Output[str]) -> None:
    policy = pulumi.Output.concat("arn:", partition, ":eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy")
    for role in inputs.admin_role_arns:
        # Roles of two accounts may have one name.
        account, what = role.split(":")[4], role.partition(":role/")[2]
        entry = aws.eks.AccessEntry(f"admin-{account}-{what}", cluster_name=cluster.name, principal_arn=role)
        aws.eks.AccessPolicyAssociation(
            f"admin-{account}-{what}",
            cluster_name=cluster.name,
            principal_arn=entry.principal_arn,
            policy_arn=policy,
            access_scope={"type": "cluster"},
        )


def kubeconfig(cluster: aws.eks.Cluster, region: str) -> pulumi.Output[str]:
    """For kubectl: it holds no token, so whoever uses it acts with rights of their own."""
    command: dict[str, Any] = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["--region", region, "eks", "get-token", "--cluster-name", cluster.name, "--output", "json"],
    }
    server = {"server": cluster.endpoint, "certificate-authority-data": cluster.certificate_authority.data}
    return pulumi.Output.json_dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": cluster.arn, "cluster": server}],
            "users": [{"name": cluster.arn, "user": {"exec": command}}],
            "contexts": [{"name": cluster.arn, "context": {"cluster": cluster.arn, "user": cluster.arn}}],
            "current-context": cluster.arn,
        }
    )
