"""Add-ons, in the two waves that keep cluster and nodes from waiting for each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.services_eks.contract import Inputs

Addons = dict[str, aws.eks.Addon]


@dataclass(frozen=True)
class AddonPlan:
    """An add-on by AWS's name, and the input that may fix its version."""

    name: str
    version: str


# What nodes need to become ready; it runs on each of them, so that it is active without any.
BEFORE_NODES: Final = (
    AddonPlan("vpc-cni", "vpc_cni_version"),
    AddonPlan("kube-proxy", "kube_proxy_version"),
    AddonPlan("eks-pod-identity-agent", "pod_identity_agent_version"),
)
# What needs a node to run on before it is active.
ON_NODES: Final = (
    AddonPlan("coredns", "coredns_version"),
    AddonPlan("aws-ebs-csi-driver", "ebs_csi_driver_version"),
)


def make_addons(
    plans: Sequence[AddonPlan],
    inputs: Inputs,
    cluster: aws.eks.Cluster,
    after: Sequence[pulumi.Resource] = (),
    roles: Mapping[str, aws.iam.Role] | None = None,
) -> Addons:
    """The add-ons by name, once everything in `after` is there; `roles`: of their service accounts."""
    return {
        plan.name: aws.eks.Addon(
            plan.name,
            cluster_name=cluster.name,
            addon_name=plan.name,
            addon_version=getattr(inputs, plan.version) or _newest(plan.name, inputs.kubernetes_version),
            service_account_role_arn=roles[plan.name].arn if roles and plan.name in roles else None,
            # What the program says holds, whoever changed it in the cluster.
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=pulumi.ResourceOptions(depends_on=list(after)),
        )
        for plan in plans
    }


def _newest(name: str, kubernetes_version: str) -> pulumi.Output[str]:
    return aws.eks.get_addon_version_output(
        addon_name=name, kubernetes_version=kubernetes_version, most_recent=True
    ).version
