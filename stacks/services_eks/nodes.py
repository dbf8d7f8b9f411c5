"""The nodes: a primary group, and one of spot instances for what may be interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.naming import LAUNCH_TEMPLATE, NODE_GROUP
from stacks.services_eks.contract import Inputs
from stacks.virtual_machines import metadata_by_token, root_volume, tags_of_machines

_UNAVAILABLE_PERCENT: Final = 33
_SPOT_TAINT: Final = {"key": "spot", "value": "true", "effect": "NO_SCHEDULE"}


@dataclass(frozen=True)
class Nodes:
    template: aws.ec2.LaunchTemplate
    primary: aws.eks.NodeGroup
    spot: aws.eks.NodeGroup | None


def make_nodes(
    inputs: Inputs, context: StackContext, cluster: aws.eks.Cluster, after: Sequence[pulumi.Resource]
) -> Nodes:
    """They start once everything in `after` is there: without a network of pods no node becomes ready."""
    ground = _Ground(inputs, context, cluster, _template(inputs, context, cluster), after)
    primary = _group(
        ground,
        "primary",
        capacity_type=inputs.node_capacity_type,
        instance_types=list(inputs.node_instance_types),
        scaling_config={
            "min_size": inputs.node_min_size,
            "desired_size": inputs.desired_size,
            "max_size": inputs.node_max_size,
        },
    )
    return Nodes(ground.template, primary, _spot(ground) if inputs.enable_spot_instances else None)


@dataclass(frozen=True)
class _Ground:
    inputs: Inputs
    context: StackContext
    cluster: aws.eks.Cluster
    template: aws.ec2.LaunchTemplate
    after: Sequence[pulumi.Resource]


def _template(inputs: Inputs, context: StackContext, cluster: aws.eks.Cluster) -> aws.ec2.LaunchTemplate:
    """Only what a node group can't say itself: disk, metadata, tags, groups. Image, start-up and sizes are left to EKS.

    The deployment's group is what databases and file systems admit; with groups of our own, EKS doesn't add the
    cluster's, by which nodes and control plane reach each other.
    """
    return aws.ec2.LaunchTemplate(
        "nodes",
        name=context.name(LAUNCH_TEMPLATE, "nodes"),
        update_default_version=True,
        vpc_security_group_ids=[cluster.vpc_config.cluster_security_group_id, inputs.eks_sg_id],
        metadata_options=metadata_by_token(inputs.node_metadata_hops),
        block_device_mappings=[root_volume(inputs.node_disk_size, inputs.application_key_arn)],
        tag_specifications=tags_of_machines(aws.get_default_tags_output().tags, context.named("node")),
    )


def _spot(ground: _Ground) -> aws.eks.NodeGroup:
    """As many as the primary group at the start; only pods that tolerate the taint run there."""
    inputs = ground.inputs
    return _group(
        ground,
        "spot",
        capacity_type="SPOT",
        instance_types=list(inputs.spot_instance_types),
        scaling_config={"min_size": 0, "desired_size": inputs.node_min_size, "max_size": inputs.node_max_size},
        labels={"capacity": "spot"},
        taints=[_SPOT_TAINT],
    )


def _group(ground: _Ground, what: str, **sizes: Any) -> aws.eks.NodeGroup:
    """Its name is made up behind a prefix, so that new nodes are there before those that they replace go."""
    scaled = ["scalingConfig.desiredSize"] if ground.inputs.enable_autoscaler_role else []
    return aws.eks.NodeGroup(
        what,
        cluster_name=ground.cluster.name,
        node_group_name_prefix=f"{ground.context.name(NODE_GROUP, what)}-",
        node_role_arn=ground.inputs.eks_node_group_role_arn,
        subnet_ids=ground.inputs.private_subnet_ids,
        version=ground.cluster.version,
        ami_type=ground.inputs.node_ami_type,
        launch_template={"id": ground.template.id, "version": ground.template.latest_version.apply(str)},
        update_config={"max_unavailable_percentage": _UNAVAILABLE_PERCENT},
        **sizes,
        opts=pulumi.ResourceOptions(depends_on=list(ground.after), ignore_changes=scaled),
    )
