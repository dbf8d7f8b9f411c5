"""The authentication stack: who may have an account, how they sign in, and what they never can do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

DEV, STAGE, PROD = EnvironmentName.DEV, EnvironmentName.STAGE, EnvironmentName.PROD
DOMAIN = "shop.example.com"
CERTIFICATE = "arn:aws:acm:us-east-1:410000000017:certificate/1"
FUNCTION = "arn:aws:lambda:eu-central-1:410000000017:function:greet"
OWN_DOMAIN = {
    "signInDomain": f"auth.{DOMAIN}",
    "signInCertificateArn": CERTIFICATE,
    "hostedZoneId": "Z1",
}


def sign_in(
    environment: EnvironmentName = DEV, preview: bool = False, target: dict[str, Any] | None = None, **inputs: Any
) -> Picture:
    where = replace(sample_target("authentication", environment), **(target or {}))
    return picture_of(where, {"deployDomain": DOMAIN, **inputs}, preview=preview)


class TestAccounts:
    def test_an_address_is_anybodys_only_once_it_is_verified(self) -> None:
        pool = sign_in().one("UserPool").inputs
        assert pool["aliasAttributes"] == pool["autoVerifiedAttributes"] == ["email"]
        assert pool["usernameConfiguration"] == {"caseSensitive": False}
        assert pool["userAttributeUpdateSettings"] == {"attributesRequireVerificationBeforeUpdates": ["email"]}
        assert pool["accountRecoverySetting"]["recoveryMechanisms"] == [{"name": "verified_email", "priority": 1}]
        (email,) = pool["schemas"]
        assert (email["name"], email["required"], email["mutable"]) == ("email", True, True)
        assert "lambdaConfig" not in pool

    def test_passwords_and_sign_up(self) -> None:
        pool = sign_in(passwordMinLength=16, allowSelfSignup=False).one("UserPool").inputs
        assert pool["passwordPolicy"]["minimumLength"] == 16
        required = {name for name, value in pool["passwordPolicy"].items() if value is True}
        assert required == {f"require{kind}" for kind in ("Lowercase", "Numbers", "Symbols", "Uppercase")}
        assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": True}

    @pytest.mark.parametrize(("environment", "mfa"), [(DEV, "OFF"), (STAGE, "OPTIONAL"), (PROD, "OPTIONAL")])
    def test_a_second_factor_by_environment(self, environment: EnvironmentName, mfa: str) -> None:
        pool = sign_in(environment).one("UserPool").inputs
        assert pool["mfaConfiguration"] == mfa
        assert pool.get("softwareTokenMfaConfiguration") == (None if mfa == "OFF" else {"enabled": True})

    @pytest.mark.parametrize(("environment", "protected"), [(DEV, False), (STAGE, False), (PROD, True)])
    def test_nobody_deletes_the_accounts_of_prod(self, environment: EnvironmentName, protected: bool) -> None:
        pool = sign_in(environment).one("UserPool")
        assert (pool.protect, pool.inputs["deletionProtection"] == "ACTIVE") == (protected, protected)
        freed = sign_in(environment, protect=False).one("UserPool")
        assert (freed.protect, freed.inputs["deletionProtection"]) == (False, "INACTIVE")

    def test_a_function_may_be_asked_before_somebody_signs_up(self) -> None:
        picture = sign_in(preSignupFunctionArn=FUNCTION)
        assert picture.one("UserPool").inputs["lambdaConfig"] == {"preSignUp": FUNCTION}
        allowed = picture.one("Permission").inputs
        assert (allowed["principal"], allowed["sourceArn"]) == (
            "cognito-idp.amazonaws.com",
            "arn:aws:test:::UserPool/users",
        )
        assert picture.outputs["preSignupLambdaArn"] == FUNCTION
        assert sign_in().outputs.get("preSignupLambdaArn") is None

    def test_groups(self) -> None:
        picture = sign_in(groups=["Administrators", "org:birch"])
        assert [one.inputs["name"] for one in picture.of("UserGroup")] == ["Administrators", "org:birch"]


class TestClients:
    def test_web_and_mobile_by_default_admin_when_asked_for(self) -> None:
        assert [one.name for one in sign_in().of("UserPoolClient")] == ["mobile", "web"]
        picture = sign_in(enableMobileClient=False, enableAdminClient=True)
        assert [one.name for one in picture.of("UserPoolClient")] == ["admin", "web"]
        assert picture.outputs.get("mobileClientId") is None
        assert picture.outputs["adminClientId"] == "admin-id"
        admin = picture.one("UserPoolClient", "admin").inputs
        assert admin["refreshTokenValidity"] == 1
        assert "aws.cognito.signin.user.admin" in admin["allowedOauthScopes"]

    def test_code_flow_without_secrets_and_without_passwords_in_clear(self) -> None:
        for client in sign_in(enableAdminClient=True).of("UserPoolClient"):
            assert client.inputs["generateSecret"] is False
            assert client.inputs["allowedOauthFlows"] == ["code"]
            assert client.inputs["explicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
            assert client.inputs["supportedIdentityProviders"] == ["COGNITO"]
            assert client.inputs["enableTokenRevocation"] is True
            assert client.inputs["preventUserExistenceErrors"] == "ENABLED"

    def test_people_come_back_to_both_hosts_or_where_the_input_says(self) -> None:
        web = sign_in(accessTokenHours=4, refreshTokenDays=90).one("UserPoolClient", "web").inputs
        assert web["callbackUrls"] == [f"https://{DOMAIN}/auth/callback", f"https://www.{DOMAIN}/auth/callback"]
        assert web["logoutUrls"] == [f"https://{DOMAIN}/auth/logout", f"https://www.{DOMAIN}/auth/logout"]
        assert (web["accessTokenValidity"], web["idTokenValidity"], web["refreshTokenValidity"]) == (4, 4, 90)
        assert web["tokenValidityUnits"] == {"accessToken": "hours", "idToken": "hours", "refreshToken": "days"}
        asked = {"callbackUrls": ["http://localhost:3000/back"], "logoutUrls": ["https://a.example.com/"]}
        web = sign_in(**asked).one("UserPoolClient", "web").inputs
        assert {name: web[name] for name in asked} == asked


class TestSignInHost:
    def test_a_prefix_that_the_world_shares(self) -> None:
        picture = sign_in()
        assert picture.one("UserPoolDomain").inputs["domain"] == "web-shop-d1brv40-dev"
        host = "web-shop-d1brv40-dev.auth.eu-central-1.amazoncognito.com"
        assert picture.outputs["userPoolDomainName"] == host
        assert sign_in(domainPrefix="birch").one("UserPoolDomain").inputs["domain"] == "birch"

    @pytest.mark.parametrize("project", ["Paws and Claws", "x" * 90, "Amazonas"])
    def test_whatever_the_project_is_called_aws_takes_it(self, project: str) -> None:
        (prefix, other) = (
            sign_in(target={"project": project, "deployment_id": number}).one("UserPoolDomain").inputs["domain"]
            for number in ("D1BRV40", "D1BRV41")
        )
        assert prefix != other
        assert len(prefix) <= 63
        assert not any(word in prefix for word in ("aws", "amazon", "cognito"))

    def test_a_host_of_its_own(self) -> None:
        picture = sign_in(**OWN_DOMAIN)
        domain = picture.one("UserPoolDomain").inputs
        assert (domain["domain"], domain["certificateArn"]) == (f"auth.{DOMAIN}", CERTIFICATE)
        record = picture.one("Record").inputs
        assert (record["zoneId"], record["name"], record["type"]) == ("Z1", f"auth.{DOMAIN}", "A")
        assert record["aliases"][0]["name"] == "sign-in.cloudfront.test"
        assert picture.outputs["userPoolDomainName"] == f"auth.{DOMAIN}"


class TestCredentials:
    def test_off_unless_asked_for(self) -> None:
        picture = sign_in()
        assert picture.of("IdentityPool") == picture.of("Role") == []
        assert picture.outputs.get("identityPoolId") is picture.outputs.get("authenticatedRoleArn") is None

    def test_only_for_who_is_signed_in_to_this_pool(self) -> None:
        picture = sign_in(enableIdentityPool=True)
        pool = picture.one("IdentityPool").inputs
        assert pool["allowUnauthenticatedIdentities"] is pool["allowClassicFlow"] is False
        assert [one["clientId"] for one in pool["cognitoIdentityProviders"]] == ["web-id", "mobile-id"]
        assert all(one["serverSideTokenCheck"] for one in pool["cognitoIdentityProviders"])
        (statement,) = json.loads(picture.one("Role").inputs["assumeRolePolicy"])["Statement"]
        assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
        assert statement["Condition"] == {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": "identities-id"},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
        }
        assert picture.one("IdentityPoolRoleAttachment").inputs["roles"] == {
            "authenticated": "arn:aws:test:::Role/signed-in"
        }

    def test_the_role_has_no_rights_of_its_own(self) -> None:
        picture = sign_in(enableIdentityPool=True)
        assert picture.of("RolePolicy") == picture.of("RolePolicyAttachment") == []


@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_a_preview_needs_none_of_the_other_stacks(environment: EnvironmentName) -> None:
    unknown = {**OWN_DOMAIN, "signInCertificateArn": UNKNOWN, "hostedZoneId": UNKNOWN}
    picture = sign_in(environment, preview=True, preSignupFunctionArn=UNKNOWN, enableIdentityPool=True, **unknown)
    assert picture.one("UserPoolDomain").inputs["certificateArn"] is UNKNOWN
    assert picture.one("Record").inputs["zoneId"] is UNKNOWN
    assert len(picture.of("UserPoolClient")) == 2


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"passwordMinLength": 7}, "passwordMinLength = 7: Input should be greater than or equal to 8"),
        ({"passwordMinLength": 100}, "passwordMinLength = 100: Input should be less than or equal to 99"),
        ({"passwordMinLength": "12"}, "passwordMinLength = '12': Input should be a valid integer"),
        ({"mfa": "SMS"}, "mfa = 'SMS': Input should be 'OFF', 'OPTIONAL' or 'ON'"),
        ({"domainPrefix": "my-aws-shop"}, "domainPrefix = 'my-aws-shop': must not contain aws, amazon, cognito"),
        ({"domainPrefix": "Shop"}, "domainPrefix = 'Shop': String should match"),
        ({"callbackUrls": ["http://shop.example.com/"]}, "callbackUrls"),
        ({"callbackUrls": []}, "callbackUrls = []: List should have at least 1 item"),
        ({"logoutUrls": ["https://a.test/", "https://a.test/"]}, "must not hold the same value twice"),
        ({"accessTokenHours": 25}, "accessTokenHours = 25: Input should be less than or equal to 24"),
        ({"refreshTokenDays": 0}, "refreshTokenDays = 0: Input should be greater than or equal to 1"),
        ({"groups": ["two words"]}, "groups"),
        ({**OWN_DOMAIN, "hostedZoneId": None}, 'is needed for signInDomain, such as "${dns.hostedZoneId}"'),
        ({"signInDomain": f"auth.{DOMAIN}"}, "signInCertificateArn: is needed for signInDomain"),
        ({**OWN_DOMAIN, "signInCertificateArn": CERTIFICATE.replace("us-east-1", "eu-west-1")}, "String should match"),
        ({"preSignupFunctionArn": "greet"}, "preSignupFunctionArn = 'greet': String should match"),
        ({"allowSelfSignUp": False}, "did you mean 'allowSelfSignup'?"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        sign_in(**inputs)
    assert message in caught.value.message
