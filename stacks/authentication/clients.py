"""The applications that send people to sign in.

All of them run where nobody can keep a secret, so they have none: the code that they get is good only with what they
alone know (PKCE). A password never travels in clear, and an error doesn't tell who has an account.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws

from stacks.authentication.contract import Inputs
from stacks.context import StackContext
from stacks.naming import USER_POOL_CLIENT

_ADMIN_DAYS: Final = 1
_SCOPES: Final = ("openid", "email", "profile")
Clients = dict[str, aws.cognito.UserPoolClient]


@dataclass(frozen=True)
class ClientPlan:
    """`refresh_days`: how long somebody stays signed in."""

    name: str
    refresh_days: int
    scopes: tuple[str, ...] = _SCOPES


def make_clients(inputs: Inputs, context: StackContext, pool: aws.cognito.UserPool) -> Clients:
    return {plan.name: _client(plan, inputs, context, pool) for plan in _plans(inputs)}


def _plans(inputs: Inputs) -> Iterator[ClientPlan]:
    yield ClientPlan("web", inputs.refresh_token_days)
    if inputs.enable_mobile_client:
        yield ClientPlan("mobile", inputs.refresh_token_days)
    if inputs.enable_admin_client:
        yield ClientPlan("admin", _ADMIN_DAYS, (*_SCOPES, "aws.cognito.signin.user.admin"))


def _client(
    plan: ClientPlan, inputs: Inputs, context: StackContext, pool: aws.cognito.UserPool
) -> aws.cognito.UserPoolClient:
    return aws.cognito.UserPoolClient(
        plan.name,
        name=context.name(USER_POOL_CLIENT, plan.name),
        user_pool_id=pool.id,
        generate_secret=False,
        explicit_auth_flows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        supported_identity_providers=["COGNITO"],
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_flows=["code"],
        allowed_oauth_scopes=list(plan.scopes),
        callback_urls=inputs.callback_urls or _on_both_hosts(inputs, "/auth/callback"),
        logout_urls=inputs.logout_urls or _on_both_hosts(inputs, "/auth/logout"),
        access_token_validity=inputs.access_token_hours,
        id_token_validity=inputs.access_token_hours,
        refresh_token_validity=plan.refresh_days,
        token_validity_units={"access_token": "hours", "id_token": "hours", "refresh_token": "days"},
        enable_token_revocation=True,
        prevent_user_existence_errors="ENABLED",
    )


def _on_both_hosts(inputs: Inputs, path: str) -> list[str]:
    return [f"https://{host}{path}" for host in (inputs.deploy_domain, f"www.{inputs.deploy_domain}")]
