"""The authentication stack through the real engine, on an AWS server: one life of it, checked with boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stacks.testing_deployments import DOMAIN, Deployment

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
STACK = "authentication"
ASKED = {"mfa": "OPTIONAL", "enableAdminClient": True, "enableIdentityPool": True, "groups": ["Administrators"]}


def changes(deployment: Deployment, **inputs: Any) -> dict[str, int]:
    return {action: count for action, count in deployment.up(STACK, **inputs).items() if action != "same"}


def test_a_whole_life(new_deployment: NewDeployment) -> None:
    deployment = new_deployment("410000000017")
    # Stack, pool, host, three clients, group; identity pool, its role and what ties them together.
    assert changes(deployment, **ASKED) == {"create": 10}
    check_pool(deployment)
    check_clients(deployment)
    check_credentials(deployment)
    assert changes(deployment, **ASKED) == {}

    made = deployment.outputs[STACK]
    later = {**ASKED, "passwordMinLength": 16, "callbackUrls": ["https://shop.example.com/back"], "groups": []}
    assert changes(deployment, **later) == {"update": 4, "delete": 1}
    assert deployment.outputs[STACK]["userPoolId"] == made["userPoolId"]
    # Another host is another object; the pool stays.
    assert changes(deployment, **later, domainPrefix="birch") == {"replace": 1}
    assert deployment.outputs[STACK]["userPoolDomainName"] == "birch.auth.eu-central-1.amazoncognito.com"

    # What AWS protects has to be given free first.
    assert changes(deployment, **later, domainPrefix="birch", protect=True) == {"update": 1}
    assert pool_of(deployment)["DeletionProtection"] == "ACTIVE"
    deployment.up(STACK, **later, domainPrefix="birch", protect=False)
    assert set(deployment.stack(STACK, **later).destroy().summary.resource_changes or {}) == {"delete"}
    assert deployment.account.left_over() == {}


def pool_of(deployment: Deployment) -> dict[str, Any]:
    cognito = deployment.account.client("cognito-idp")
    return dict(cognito.describe_user_pool(UserPoolId=deployment.outputs[STACK]["userPoolId"])["UserPool"])


def check_pool(deployment: Deployment) -> None:
    pool, outputs = pool_of(deployment), deployment.outputs[STACK]
    assert pool["Name"] == "web-shop-d1brv40-dev-authentication-users"
    assert pool["AliasAttributes"] == pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    assert pool["UserPoolTags"] == {"Project": "Web Shop", "Stack": STACK}
    cognito = deployment.account.client("cognito-idp")
    factor = cognito.get_user_pool_mfa_config(UserPoolId=pool["Id"])
    assert factor["MfaConfiguration"] == "OPTIONAL"
    assert factor["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    assert [one["GroupName"] for one in cognito.list_groups(UserPoolId=pool["Id"])["Groups"]] == ["Administrators"]
    host = cognito.describe_user_pool_domain(Domain="web-shop-d1brv40-dev")["DomainDescription"]
    assert host["UserPoolId"] == pool["Id"]
    assert outputs["userPoolDomainName"] == "web-shop-d1brv40-dev.auth.eu-central-1.amazoncognito.com"
    assert outputs["userPoolEndpoint"] == f"cognito-idp.eu-central-1.amazonaws.com/{pool['Id']}"


def check_clients(deployment: Deployment) -> None:
    cognito, outputs = deployment.account.client("cognito-idp"), deployment.outputs[STACK]
    for name in ("web", "mobile", "admin"):
        asked = {"UserPoolId": outputs["userPoolId"], "ClientId": outputs[f"{name}ClientId"]}
        client = cognito.describe_user_pool_client(**asked)["UserPoolClient"]
        assert client["ClientName"] == f"web-shop-dev-authentication-{name}"
        assert "ClientSecret" not in client
        assert client["AllowedOAuthFlows"] == ["code"]
        assert client["CallbackURLs"] == [f"https://{DOMAIN}/auth/callback", f"https://www.{DOMAIN}/auth/callback"]


def check_credentials(deployment: Deployment) -> None:
    account, outputs = deployment.account, deployment.outputs[STACK]
    pool = account.client("cognito-identity").describe_identity_pool(IdentityPoolId=outputs["identityPoolId"])
    assert pool["AllowUnauthenticatedIdentities"] is False
    assert {one["ClientId"] for one in pool["CognitoIdentityProviders"]} == {
        outputs[f"{name}ClientId"] for name in ("web", "mobile", "admin")
    }
    assert {one["ProviderName"] for one in pool["CognitoIdentityProviders"]} == {outputs["userPoolEndpoint"]}
    role = account.client("iam").get_role(RoleName=outputs["authenticatedRoleArn"].rpartition("/")[2])["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"]["StringEquals"] == {"cognito-identity.amazonaws.com:aud": outputs["identityPoolId"]}
