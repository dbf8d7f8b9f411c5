"""The authentication stack: the user pool, the pages to sign in by, the applications, credentials when asked for."""

from __future__ import annotations

import pulumi_aws as aws

from stacks.authentication.clients import make_clients
from stacks.authentication.contract import Inputs, Outputs
from stacks.authentication.identities import make_identities
from stacks.authentication.sign_in import make_sign_in
from stacks.authentication.users import make_user_pool
from stacks.context import StackContext


def program(inputs: Inputs, context: StackContext) -> Outputs:
    pool = make_user_pool(inputs, context)
    for group in inputs.groups:
        aws.cognito.UserGroup(group, name=group, user_pool_id=pool.id)
    host = make_sign_in(inputs, context, pool)
    clients = make_clients(inputs, context, pool)
    identities = make_identities(inputs, context, pool, list(clients.values()))
    mobile, admin = clients.get("mobile"), clients.get("admin")

    return Outputs(
        user_pool_id=pool.id,
        user_pool_arn=pool.arn,
        user_pool_endpoint=pool.endpoint,
        user_pool_domain_name=host,
        web_client_id=clients["web"].id,
        mobile_client_id=mobile.id if mobile else None,
        admin_client_id=admin.id if admin else None,
        identity_pool_id=identities.pool.id if identities else None,
        identity_pool_arn=identities.pool.arn if identities else None,
        authenticated_role_arn=identities.role.arn if identities else None,
        pre_signup_lambda_arn=inputs.pre_signup_function_arn,
        summary={
            "clients": sorted(clients),
            "groups": inputs.groups,
            "mfa": inputs.mfa,
            "selfSignup": inputs.allow_self_signup,
            "identityPool": inputs.enable_identity_pool,
        },
    )
