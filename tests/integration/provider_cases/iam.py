"""IAM: roles and policies."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws

from sandbox.provider.services.iam import ROLE_POLICY_ATTACHMENT
from sandbox.provider.testing import Case, Clients

DESCRIPTION = {False: "first", True: "second"}


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def identities(later: bool) -> None:
    role = aws.iam.Role(
        "role",
        name="shop-task",
        path="/shop/",
        description=DESCRIPTION[later],
        max_session_duration=7200 if later else 3600,
        assume_role_policy=trust("ecs.amazonaws.com" if later else "ec2.amazonaws.com"),
        permissions_boundary="arn:aws:iam::aws:policy/ReadOnlyAccess" if later else None,
        force_detach_policies=True,
        tags={"Team": DESCRIPTION[later]},
    )
    policy = aws.iam.Policy(
        "policy",
        name="shop-read",
        path="/shop/",
        description="reads",
        policy=allow("s3:GetObject", "s3:ListBucket") if later else allow("s3:GetObject"),
        tags={"Team": DESCRIPTION[later]},
    )
    aws.iam.RolePolicy("inline", name="inline", role=role.id, policy=json.dumps(allow(f"s3:{DESCRIPTION[later]}")))
    aws.iam.RolePolicyAttachment("attached", role=role.name, policy_arn=policy.arn)
    managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    aws.iam.RolePolicyAttachment("managed", role=role.name, policy_arn=managed)


def left(clients: Clients) -> dict[str, Any]:
    return {
        "roles": clients.iam.list_roles()["Roles"],
        "policies": clients.iam.list_policies(Scope="Local")["Policies"],
    }


CASE = Case(
    modules=("iam",),
    program=identities,
    left=left,
    constant=frozenset({ROLE_POLICY_ATTACHMENT.token}),
    untold=frozenset({"namePrefix", "forceDetachPolicies"}),
)
