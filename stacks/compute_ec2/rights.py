"""What machines may do: write their own logs, and work in their own parts of the deployment's buckets."""

from __future__ import annotations

from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.compute_ec2.contract import Inputs
from stacks.context import StackContext
from stacks.iam_documents import Statement, allow, document, trust
from stacks.log_groups import may_write
from stacks.naming import INSTANCE_PROFILE, ROLE

_WRITE: Final = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]


def make_role(
    tier: str, inputs: Inputs, context: StackContext, log_group: aws.cloudwatch.LogGroup
) -> tuple[aws.iam.Role, aws.iam.InstanceProfile, list[pulumi.Resource]]:
    """The role, the profile that hands it to machines, and the rights that should be there when one starts."""
    role = aws.iam.Role(
        tier,
        name=context.name(ROLE, tier),
        description=f"What the {tier} machines may do",
        # EC2 names no source account when an instance takes its role on.
        assume_role_policy=trust("ec2.amazonaws.com"),
    )
    profile = aws.iam.InstanceProfile(tier, name=context.name(INSTANCE_PROFILE, tier), role=role.name)
    own = aws.iam.RolePolicy(
        tier, role=role.name, policy=document(may_write(log_group), *_buckets(tier, inputs, context))
    )
    return role, profile, [own, _sessions(tier, role)]


def _sessions(tier: str, role: aws.iam.Role) -> aws.iam.RolePolicyAttachment:
    """People come in by sessions of Systems Manager: no port is open for them, and each session is on record."""
    partition = aws.get_partition_output().partition
    policy = pulumi.Output.concat("arn:", partition, ":iam::aws:policy/AmazonSSMManagedInstanceCore")
    return aws.iam.RolePolicyAttachment(f"{tier}-sessions", role=role.name, policy_arn=policy)


def _buckets(tier: str, inputs: Inputs, context: StackContext) -> list[Statement]:
    """Static assets to read, and a folder of the tier's own in the primary bucket; nothing without storage."""
    statements: list[Statement] = []
    if inputs.static_assets_bucket_arn is not None:
        assets = pulumi.Output.concat(inputs.static_assets_bucket_arn, "/*")
        statements.append(allow("s3:GetObject", assets, sid="StaticAssets"))
    if inputs.primary_bucket_arn is not None:
        folder = f"{context.stack}/{tier}/*"
        own = pulumi.Output.concat(inputs.primary_bucket_arn, f"/{folder}")
        within = {"StringLike": {"s3:prefix": folder}}
        statements.append(allow(_WRITE, own, sid="OwnFolder"))
        statements.append(allow("s3:ListBucket", inputs.primary_bucket_arn, conditions=within, sid="List"))
    return [*statements, _through_s3(inputs, context)] if statements else []


def _through_s3(inputs: Inputs, context: StackContext) -> Statement:
    via = {"StringEquals": {"kms:ViaService": f"s3.{context.region}.amazonaws.com"}}
    return allow(["kms:Decrypt", "kms:GenerateDataKey"], inputs.application_key_arn, conditions=via, sid="Encryption")
