"""Cognito: drift, new objects in place of old ones, refusals. Their whole life is in `provider_cases/cognito.py`."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws
import pytest
from pulumi import automation

from sandbox.provider.testing import Clients, changes

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
PLAN = {"name": "plan", "attribute_data_type": "String"}


def users(
    name: str = "users", protected: bool = False, secret: bool = False, schemas: tuple[dict[str, Any], ...] = (PLAN,)
) -> None:
    """A pool of another name, and a client with a secret, are new objects."""
    pool = aws.cognito.UserPool(
        "users",
        name=name,
        schemas=list(schemas),
        password_policy={"minimum_length": 12},
        deletion_protection="ACTIVE" if protected else "INACTIVE",
    )
    client = aws.cognito.UserPoolClient("web", user_pool_id=pool.id, generate_secret=secret, id_token_validity=1)
    aws.cognito.UserPoolDomain("sign-in", domain="shop", user_pool_id=pool.id)
    aws.cognito.UserGroup("staff", name="staff", user_pool_id=pool.id, description="Staff")
    identities = aws.cognito.IdentityPool(
        "identities",
        identity_pool_name="shop",
        cognito_identity_providers=[{"client_id": client.id, "provider_name": pool.endpoint}],
    )
    role = "arn:aws:iam::123456789012:role/signed-in"
    aws.cognito.IdentityPoolRoleAttachment("roles", identity_pool_id=identities.id, roles={"authenticated": role})


def pool_id(clients: Clients) -> str:
    (pool,) = clients["cognito-idp"].list_user_pools(MaxResults=60)["UserPools"]
    return str(pool["Id"])


def test_changes_behind_our_back_are_found_and_undone(deploy: Any, clients: Clients) -> None:
    stack = deploy(users)
    stack.up()
    cognito, identity, pool = clients["cognito-idp"], clients["cognito-identity"], pool_id(clients)
    cognito.set_user_pool_mfa_config(
        UserPoolId=pool, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    (client,) = cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
    cognito.update_user_pool_client(UserPoolId=pool, ClientId=client["ClientId"], IdTokenValidity=9)
    cognito.update_group(UserPoolId=pool, GroupName="staff", Description="Drifted")
    (identities,) = identity.list_identity_pools(MaxResults=60)["IdentityPools"]
    identity.update_identity_pool(
        IdentityPoolId=identities["IdentityPoolId"], IdentityPoolName="shop", AllowUnauthenticatedIdentities=True
    )
    cognito.delete_user_pool_domain(UserPoolId=pool, Domain="shop")
    assert changes(stack.refresh()) == {"update": 4, "delete": 1}
    assert changes(stack.up()) == {"update": 4, "create": 1}
    assert changes(stack.refresh()) == {}
    assert cognito.get_user_pool_mfa_config(UserPoolId=pool)["MfaConfiguration"] == "OFF"
    assert (
        identity.describe_identity_pool(IdentityPoolId=identities["IdentityPoolId"])["AllowUnauthenticatedIdentities"]
        is False
    )


def test_what_aws_can_not_change_is_made_anew(deploy: Any, clients: Clients) -> None:
    deploy(users).up()
    before = pool_id(clients)
    # The identity pool takes the new client.
    assert changes(deploy(lambda: users(secret=True)).up()) == {"replace": 1, "update": 1}
    # The new pool is there before the old one goes; the host's name can't be theirs both, and moves.
    assert changes(deploy(lambda: users(name="people", secret=True)).up()) == {"replace": 4, "update": 1}
    assert pool_id(clients) != before


def test_an_attribute_is_added_and_never_changed_or_taken_away(deploy: Any, clients: Clients) -> None:
    deploy(users).up()
    level = {"name": "level", "attribute_data_type": "Number"}
    assert changes(deploy(lambda: users(schemas=(PLAN, level))).up()) == {"update": 1}
    pool = clients["cognito-idp"].describe_user_pool(UserPoolId=pool_id(clients))["UserPool"]
    assert {"custom:plan", "custom:level"} <= {one["Name"] for one in pool["SchemaAttributes"]}
    refusal = "schemas: cannot modify or remove schema items, as is asked of plan"
    with pytest.raises(automation.CommandError, match=refusal):
        deploy(lambda: users(schemas=(level,))).up()
    with pytest.raises(automation.CommandError, match=refusal):
        deploy(lambda: users(schemas=(level, {**PLAN, "attribute_data_type": "Number"}))).up()
    # What was refused is tried again, whatever the program says now.
    assert changes(deploy(lambda: users(schemas=(level, PLAN))).up()) == {"update": 1}
    assert changes(deploy(lambda: users(schemas=(level, PLAN))).up()) == {}


def test_refusals_are_those_of_aws(deploy: Any) -> None:
    deploy(lambda: users(protected=True)).up()
    with pytest.raises(automation.CommandError, match=r"InvalidParameterException: .*deletion protection is activated"):
        deploy(lambda: None).up()

    def second() -> None:
        users(protected=True)
        other = aws.cognito.UserPool("other")
        aws.cognito.UserPoolDomain("other", domain="shop", user_pool_id=other.id)

    deploy(users).up()
    with pytest.raises(automation.CommandError, match="InvalidParameterException: Domain shop is associated with"):
        deploy(second).up()
    deploy(users).up()
