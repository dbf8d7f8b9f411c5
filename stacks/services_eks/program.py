"""The services-eks stack: control plane, what nodes need, nodes, what needs nodes."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws

from stacks.context import StackContext
from stacks.services_eks.addons import BEFORE_NODES, ON_NODES, Addons, make_addons
from stacks.services_eks.contract import Inputs, Outputs
from stacks.services_eks.control_plane import kubeconfig, let_administrators_in, make_cluster
from stacks.services_eks.identities import make_autoscaler_role, make_driver_role, trust_tokens_of
from stacks.services_eks.nodes import Nodes, make_nodes


def program(inputs: Inputs, context: StackContext) -> Outputs:
    partition = aws.get_partition_output().partition
    cluster = make_cluster(inputs, context)
    let_administrators_in(inputs, cluster, partition)

    issuer = trust_tokens_of(cluster)
    driver = make_driver_role(issuer, context, partition)
    autoscaler = make_autoscaler_role(issuer, context, partition) if inputs.enable_autoscaler_role else None

    addons = make_addons(BEFORE_NODES, inputs, cluster)
    nodes = make_nodes(inputs, context, cluster, list(addons.values()))
    addons |= make_addons(ON_NODES, inputs, cluster, [nodes.primary], {"aws-ebs-csi-driver": driver})

    return Outputs(
        **_of_cluster(cluster, context),
        oidc_provider_arn=issuer.provider.arn,
        **_of_nodes(nodes),
        **_of_addons(addons),
        ebs_csi_service_account_role_arn=driver.arn,
        cluster_autoscaler_role_arn=autoscaler.arn if autoscaler else None,
        summary={
            "kubernetesVersion": inputs.kubernetes_version,
            "nodes": [inputs.node_min_size, inputs.node_max_size],
            "spot": inputs.enable_spot_instances,
            "publicEndpoint": inputs.endpoint_public_access,
            "administrators": len(inputs.admin_role_arns),
            "addons": list(addons),
        },
    )


def _of_cluster(cluster: aws.eks.Cluster, context: StackContext) -> dict[str, Any]:
    return {
        "cluster_name": cluster.name,
        "cluster_arn": cluster.arn,
        "cluster_endpoint": cluster.endpoint,
        "cluster_version": cluster.version,
        "cluster_security_group_id": cluster.vpc_config.cluster_security_group_id,
        "cluster_certificate_authority": cluster.certificate_authority.data,
        "cluster_oidc_issuer_url": cluster.identities[0].oidcs[0].issuer,
        "kubeconfig": kubeconfig(cluster, context.region),
    }


def _of_nodes(nodes: Nodes) -> dict[str, Any]:
    return {
        "primary_node_group_name": nodes.primary.node_group_name,
        "primary_node_group_arn": nodes.primary.arn,
        "primary_node_group_status": nodes.primary.status,
        "spot_node_group_name": nodes.spot.node_group_name if nodes.spot else None,
        "spot_node_group_arn": nodes.spot.arn if nodes.spot else None,
        "node_group_launch_template_id": nodes.template.id,
    }


def _of_addons(addons: Addons) -> dict[str, Any]:
    outputs = {
        "vpc_cni": "vpc-cni",
        "kube_proxy": "kube-proxy",
        "coredns": "coredns",
        "ebs_csi_driver": "aws-ebs-csi-driver",
        "pod_identity_agent": "eks-pod-identity-agent",
    }
    return {f"{output}_addon_arn": addons[name].arn for output, name in outputs.items()}
