"""Roles of service accounts: pods take them on with tokens that the cluster issues."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.iam_documents import allow, document
from stacks.naming import KUBERNETES_CLUSTER, ROLE

_NAMESPACE: Final = "kube-system"
_AUDIENCE: Final = "sts.amazonaws.com"
_LOOK: Final = [
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeLaunchConfigurations",
    "autoscaling:DescribeScalingActivities",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:GetInstanceTypesFromInstanceRequirements",
]
_SCALE: Final = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]


@dataclass(frozen=True)
class Issuer:
    """The cluster as an issuer of tokens, and the address by which they name it."""

    provider: aws.iam.OpenIdConnectProvider
    url: pulumi.Output[str]


def trust_tokens_of(cluster: aws.eks.Cluster) -> Issuer:
    """IAM knows the certificates of EKS, so that no thumbprint has to be kept."""
    url = cluster.identities[0].oidcs[0].issuer
    provider = aws.iam.OpenIdConnectProvider("cluster", url=url, client_id_lists=[_AUDIENCE])
    return Issuer(provider, url)


def make_driver_role(issuer: Issuer, context: StackContext, partition: pulumi.Output[str]) -> aws.iam.Role:
    """Lets the driver of block storage make volumes for pods."""
    role = _role("ebs-csi-driver", "ebs-csi-controller-sa", "Volumes for pods", issuer, context)
    aws.iam.RolePolicyAttachment(
        "ebs-csi-driver",
        role=role.name,
        policy_arn=pulumi.Output.concat("arn:", partition, ":iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"),
    )
    return role


def make_autoscaler_role(issuer: Issuer, context: StackContext, partition: pulumi.Output[str]) -> aws.iam.Role:
    """Lets an autoscaler change the number of nodes of this cluster, which EKS tags with its name, and of no other."""
    role = _role("autoscaler", "cluster-autoscaler", "The number of nodes", issuer, context)
    cluster = context.name(KUBERNETES_CLUSTER, "cluster")
    tag = f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster}"
    groups = pulumi.Output.concat("arn:", partition, f":eks:{context.region}:{context.account}:nodegroup/{cluster}/*")
    aws.iam.RolePolicy(
        "autoscaler",
        role=role.name,
        policy=document(
            allow(_LOOK, sid="Look"),
            allow("eks:DescribeNodegroup", groups, sid="LookAtEmptyGroups"),
            allow(_SCALE, conditions={"StringEquals": {tag: "owned"}}, sid="Scale"),
        ),
    )
    return role


def _role(what: str, account: str, description: str, issuer: Issuer, context: StackContext) -> aws.iam.Role:
    trusted = pulumi.Output.all(issuer.provider.arn, issuer.url).apply(lambda both: _trust(both[0], both[1], account))
    return aws.iam.Role(what, name=context.name(ROLE, what), description=description, assume_role_policy=trusted)


def _trust(provider: str, url: str, account: str) -> str:
    """Only this one service account, and only with a token that is meant for AWS."""
    issuer = url.removeprefix("https://")
    subject = f"system:serviceaccount:{_NAMESPACE}:{account}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{issuer}:aud": _AUDIENCE, f"{issuer}:sub": subject}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
