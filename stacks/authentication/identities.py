"""Credentials of AWS for people who are signed in, and for nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.authentication.contract import Inputs
from stacks.context import StackContext
from stacks.iam_documents import allow, document
from stacks.naming import IDENTITY_POOL, ROLE

_SERVICE: Final = "cognito-identity.amazonaws.com"


@dataclass(frozen=True)
class Identities:
    pool: aws.cognito.IdentityPool
    role: aws.iam.Role


def make_identities(
    inputs: Inputs,
    context: StackContext,
    users: aws.cognito.UserPool,
    clients: Sequence[aws.cognito.UserPoolClient],
) -> Identities | None:
    """The role comes without rights: what a person may do is for those to say whose resources they are, by the
    person's own identity (`${cognito-identity.amazonaws.com:sub}`)."""
    if not inputs.enable_identity_pool:
        return None
    pool = aws.cognito.IdentityPool(
        "identities",
        identity_pool_name=context.name(IDENTITY_POOL, "identities"),
        allow_unauthenticated_identities=False,
        allow_classic_flow=False,
        cognito_identity_providers=[
            {"client_id": client.id, "provider_name": users.endpoint, "server_side_token_check": True}
            for client in clients
        ],
    )
    role = aws.iam.Role(
        "signed-in",
        name=context.name(ROLE, "signed-in"),
        description="People who are signed in",
        assume_role_policy=_signed_in(pool.id),
    )
    aws.cognito.IdentityPoolRoleAttachment("identities", identity_pool_id=pool.id, roles={"authenticated": role.arn})
    return Identities(pool, role)


def _signed_in(pool_id: pulumi.Output[str]) -> pulumi.Output[str]:
    """Of this pool alone; without the second condition somebody who is not signed in would do."""
    return document(
        allow(
            "sts:AssumeRoleWithWebIdentity",
            None,
            principal={"Federated": _SERVICE},
            conditions={
                "StringEquals": {f"{_SERVICE}:aud": pool_id},
                "ForAnyValue:StringLike": {f"{_SERVICE}:amr": "authenticated"},
            },
        )
    )
