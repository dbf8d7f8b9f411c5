"""Cognito: user pools with what belongs to them, identity pools and their roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi_aws as aws

from sandbox.provider.gaps import WHOLE
from sandbox.provider.services.cognito_client import USER_POOL_CLIENT, USER_POOL_DOMAIN
from sandbox.provider.services.cognito_identity import IDENTITY_POOL, ROLE_ATTACHMENT
from sandbox.provider.services.cognito_pool import USER_POOL
from sandbox.provider.testing import Case, Clients, lacks
from sandbox.provider.testing.cases import REGION

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
DESCRIPTION = {False: "first", True: "second"}


def certificate(later: bool) -> str:
    return f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/{DESCRIPTION[later]}"


def function(later: bool) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{DESCRIPTION[later]}"


def user_pool(later: bool) -> aws.cognito.UserPool:
    own = {"name": "plan", "attribute_data_type": "String", "string_attribute_constraints": {"max_length": "20"}}
    email = {"name": "email", "attribute_data_type": "String", "required": True, "mutable": True}
    mechanism = {"name": "verified_phone_number" if later else "verified_email", "priority": 1}
    return aws.cognito.UserPool(
        "users",
        name="users",
        alias_attributes=["email", "preferred_username"],
        username_configuration={"case_sensitive": False},
        schemas=[email, own, *([{**own, "name": "level"}] if later else [])],
        account_recovery_setting={"recovery_mechanisms": [mechanism]},
        admin_create_user_config={
            "allow_admin_create_user_only": later,
            "invite_message_template": {
                "email_message": f"{DESCRIPTION[later]} {{username}} {{####}}",
                "email_subject": "Welcome",
                "sms_message": "{username} {####}",
            },
        },
        auto_verified_attributes=["email", "phone_number"] if later else ["email"],
        device_configuration={"challenge_required_on_new_device": not later},
        email_configuration={"email_sending_account": "COGNITO_DEFAULT", "reply_to_email_address": "a@example.com"},
        lambda_config={"pre_sign_up": function(later)},
        mfa_configuration="ON" if later else "OPTIONAL",
        software_token_mfa_configuration={"enabled": True},
        password_policy={"minimum_length": 14 if later else 12, "require_symbols": not later},
        user_attribute_update_settings={"attributes_require_verification_before_updates": ["email"]},
        user_pool_add_ons={"advanced_security_mode": "ENFORCED" if later else "AUDIT"},
        user_pool_tier="PLUS",
        verification_message_template={"email_subject": f"{DESCRIPTION[later]} code"},
        tags={"Team": DESCRIPTION[later]},
    )


def in_pool(pool: aws.cognito.UserPool, later: bool) -> aws.cognito.UserPoolClient:
    aws.cognito.UserPoolDomain("prefix", domain="shop-sign-in", user_pool_id=pool.id)
    aws.cognito.UserPoolDomain(
        "own",
        domain="auth.example.com",
        user_pool_id=pool.id,
        certificate_arn=certificate(later),
        managed_login_version=2 if later else 1,
    )
    aws.cognito.UserGroup(
        "staff",
        name="staff",
        user_pool_id=pool.id,
        description=DESCRIPTION[later],
        precedence=2 if later else 1,
        role_arn=f"{ROLE}{DESCRIPTION[later]}",
    )
    aws.cognito.UserPoolClient("plain", user_pool_id=pool.id)
    return aws.cognito.UserPoolClient(
        "web",
        name=f"web-{DESCRIPTION[later]}",
        user_pool_id=pool.id,
        generate_secret=True,
        access_token_validity=2 if later else 1,
        id_token_validity=1,
        refresh_token_validity=30,
        token_validity_units={"access_token": "hours", "id_token": "hours", "refresh_token": "days"},
        allowed_oauth_flows=["code"],
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_scopes=["openid", "email"] if later else ["openid"],
        auth_session_validity=5,
        callback_urls=["https://example.com/callback"],
        default_redirect_uri="https://example.com/callback",
        logout_urls=[] if later else ["https://example.com/logout"],
        enable_token_revocation=not later,
        explicit_auth_flows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        prevent_user_existence_errors="ENABLED",
        read_attributes=["email"],
        write_attributes=["email"],
        supported_identity_providers=["COGNITO"],
    )


def sign_in(later: bool) -> None:
    pool = user_pool(later)
    client = in_pool(pool, later)
    aws.cognito.UserPool("plain", deletion_protection="INACTIVE")
    identities = aws.cognito.IdentityPool(
        "identities",
        identity_pool_name="shop users",
        developer_provider_name="shop",
        allow_classic_flow=later,
        allow_unauthenticated_identities=later,
        cognito_identity_providers=[
            {"client_id": client.id, "provider_name": pool.endpoint, "server_side_token_check": True}
        ],
        openid_connect_provider_arns=[] if later else [f"arn:aws:iam::{ACCOUNT}:oidc-provider/example.com"],
        saml_provider_arns=[f"arn:aws:iam::{ACCOUNT}:saml-provider/{DESCRIPTION[later]}"],
        supported_login_providers={"graph.facebook.com": DESCRIPTION[later]},
        tags={"Team": DESCRIPTION[later]},
    )
    aws.cognito.IdentityPoolRoleAttachment(
        "identities", identity_pool_id=identities.id, roles={"authenticated": f"{ROLE}{DESCRIPTION[later]}"}
    )


def left(clients: Clients) -> dict[str, Any]:
    return {
        "user pools": clients["cognito-idp"].list_user_pools(MaxResults=60)["UserPools"],
        "identity pools": clients["cognito-identity"].list_identity_pools(MaxResults=60)["IdentityPools"],
    }


def on_pool(probe: Callable[[Any, str], bool]) -> Callable[[Clients], bool]:
    """The probe on a new user pool, which it may have deleted."""

    def on_server(server: Clients) -> bool:
        cognito = server["cognito-idp"]
        pool = cognito.create_user_pool(PoolName="lossy", DeletionProtection="ACTIVE")["UserPool"]["Id"]
        found = probe(cognito, pool)
        if any(one["Id"] == pool for one in cognito.list_user_pools(MaxResults=60)["UserPools"]):
            cognito.delete_user_pool(UserPoolId=pool)
        return found

    return on_server


def deletes_protected(cognito: Any, pool: str) -> bool:
    cognito.delete_user_pool(UserPoolId=pool)
    return all(one["Id"] != pool for one in cognito.list_user_pools(MaxResults=60)["UserPools"])


def forgets(name: str, **asked: Any) -> Callable[[Clients], bool]:
    """Whether an update, which can't even name it, takes away what a pool was made with."""

    def on_server(server: Clients) -> bool:
        cognito = server["cognito-idp"]
        pool = cognito.create_user_pool(PoolName="lossy", **asked)["UserPool"]["Id"]
        cognito.update_user_pool(UserPoolId=pool)
        found = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
        cognito.delete_user_pool(UserPoolId=pool)
        return name not in found

    return on_server


def described_domain(cognito: Any, pool: str) -> dict[str, Any]:
    """A domain as the server tells it after it was made twice."""
    asked = {"Domain": "auth.example.com", "ManagedLoginVersion": 2}
    for _ in range(2):
        cognito.create_user_pool_domain(
            **asked, UserPoolId=pool, CustomDomainConfig={"CertificateArn": certificate(False)}
        )
    found = cognito.describe_user_pool_domain(Domain="auth.example.com")["DomainDescription"]
    cognito.delete_user_pool_domain(UserPoolId=pool, Domain="auth.example.com")
    return dict(found)


def identity_pool(server: Clients) -> dict[str, Any]:
    cognito = server["cognito-identity"]
    asked = {"AllowUnauthenticatedIdentities": False, "AllowClassicFlow": True}
    made = cognito.create_identity_pool(IdentityPoolName="lossy", **asked)["IdentityPoolId"]
    found = cognito.describe_identity_pool(IdentityPoolId=made)
    cognito.delete_identity_pool(IdentityPoolId=made)
    return dict(found)


IDENTITY_ARN = f"arn:aws:cognito-identity:{REGION}:{ACCOUNT}:identitypool/{REGION}:11111111-2222-3333-4444-555555555555"
CASE = Case(
    modules=("cognito_pool", "cognito_client", "cognito_identity"),
    program=sign_in,
    left=left,
    untold=frozenset({"generateSecret", "clientSecret"}),
    import_ids={USER_POOL_CLIENT.token: lambda outputs: f"{outputs['userPoolId']}/{outputs['id']}"},
    probes={
        (USER_POOL.token, "tags"): on_pool(
            lambda cognito, pool: lacks(
                lambda: cognito.tag_resource(
                    ResourceArn=f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool}", Tags={"Team": "shop"}
                )
            )
        ),
        (USER_POOL.token, "aliasAttributes"): forgets("AliasAttributes", AliasAttributes=["email"]),
        (USER_POOL.token, "usernameAttributes"): forgets("UsernameAttributes", UsernameAttributes=["email"]),
        (USER_POOL.token, "usernameConfiguration"): forgets(
            "UsernameConfiguration", UsernameConfiguration={"CaseSensitive": False}
        ),
        (USER_POOL.token, "deletionProtection"): on_pool(deletes_protected),
        (USER_POOL_DOMAIN.token, "domain"): on_pool(lambda cognito, pool: bool(described_domain(cognito, pool))),
        (USER_POOL_DOMAIN.token, "certificateArn"): on_pool(
            lambda cognito, pool: "CustomDomainConfig" not in described_domain(cognito, pool)
        ),
        (USER_POOL_DOMAIN.token, "managedLoginVersion"): on_pool(
            lambda cognito, pool: "ManagedLoginVersion" not in described_domain(cognito, pool)
        ),
        (IDENTITY_POOL.token, "allowClassicFlow"): lambda server: "AllowClassicFlow" not in identity_pool(server),
        (IDENTITY_POOL.token, "tags"): lambda server: lacks(
            lambda: server["cognito-identity"].tag_resource(ResourceArn=IDENTITY_ARN, Tags={"Team": "shop"})
        ),
        (ROLE_ATTACHMENT.token, WHOLE): lambda server: lacks(
            lambda: server["cognito-identity"].set_identity_pool_roles(
                IdentityPoolId=f"{REGION}:11111111-2222-3333-4444-555555555555", Roles={}
            )
        ),
    },
)
