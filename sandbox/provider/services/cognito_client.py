"""Cognito: what belongs to a user pool: its app clients, its sign-in domain, its groups."""

from __future__ import annotations

from typing import Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.gaps import Gap
from sandbox.provider.language import Create, Delete, Input, Kind, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services.owner_words import by_own_id, imported_with

GONE: Final = ("ResourceNotFoundException",)
# The zone of every distribution of CloudFront, for alias records.
CLOUDFRONT_ZONE: Final = "Z2FDTNDATAQYW2"

CHANGING: Final = (
    "name accessTokenValidity allowedOauthFlows allowedOauthFlowsUserPoolClient allowedOauthScopes "
    "authSessionValidity callbackUrls defaultRedirectUri enablePropagateAdditionalUserContextData "
    "enableTokenRevocation explicitAuthFlows idTokenValidity logoutUrls preventUserExistenceErrors readAttributes "
    "refreshTokenValidity supportedIdentityProviders tokenValidityUnits writeAttributes"
)
PUT_CLIENT: Final = call("update_user_pool_client", CHANGING, UserPoolId="$userPoolId", ClientId="$id")

# What the program leaves out of a client stays as it is.
USER_POOL_CLIENT: Final = Resource(
    token="aws:cognito/userPoolClient:UserPoolClient",
    service="cognito-idp",
    inputs=(
        Input("userPoolId", required=True, replaces=True),
        Input("name", "ClientName", autoname=128),
        Input("generateSecret", replaces=True, stored=True),
        Input("accessTokenValidity", computed=True),
        Input("allowedOauthFlows", "AllowedOAuthFlows", kind=Kind.SET, computed=True),
        Input("allowedOauthFlowsUserPoolClient", "AllowedOAuthFlowsUserPoolClient", computed=True),
        Input("allowedOauthScopes", "AllowedOAuthScopes", kind=Kind.SET, computed=True),
        Input("authSessionValidity", computed=True),
        Input("callbackUrls", "CallbackURLs", kind=Kind.SET, computed=True),
        Input("defaultRedirectUri", "DefaultRedirectURI", computed=True),
        Input("enablePropagateAdditionalUserContextData", computed=True),
        Input("enableTokenRevocation", computed=True),
        Input("explicitAuthFlows", kind=Kind.SET, computed=True),
        Input("idTokenValidity", computed=True),
        Input("logoutUrls", "LogoutURLs", kind=Kind.SET, computed=True),
        Input("preventUserExistenceErrors", computed=True),
        Input("readAttributes", kind=Kind.SET, computed=True),
        Input("refreshTokenValidity", computed=True),
        Input("supportedIdentityProviders", kind=Kind.SET, computed=True),
        Input("tokenValidityUnits", kind=Kind.BLOCK, computed=True, partial=True),
        Input("writeAttributes", kind=Kind.SET, computed=True),
    ),
    outputs=(Output("clientSecret", secret=True),),
    create=Create(
        call("create_user_pool_client", f"userPoolId generateSecret {CHANGING}"), at="UserPoolClient.ClientId"
    ),
    read=by_own_id(
        Read(
            call("describe_user_pool_client", UserPoolId="$userPoolId", ClientId="$id"), at="UserPoolClient", gone=GONE
        )
    ),
    settings=(setting(CHANGING, lambda scope: scope.run(PUT_CLIENT, scope.emptied()), on_create=False),),
    delete=Delete((call("delete_user_pool_client", UserPoolId="$userPoolId", ClientId="$id"),), gone=GONE),
    imports=imported_with("userPoolId"),
    id_at="ClientId",
)

CERTIFICATE: Final = {"CertificateArn": "$certificateArn"}
_describe_domain: Final = Read(
    call("describe_user_pool_domain", Domain="$id"), at="DomainDescription", gone=GONE, absent="!UserPoolId"
)


def _create_domain(scope: Scope) -> str:
    """The server takes a prefix or domain away from the pool that has it, where AWS refuses to."""
    if scope.pick("DomainDescription.UserPoolId", scope.run(call("describe_user_pool_domain", Domain="$domain"))):
        code = "InvalidParameterException"
        raise AwsRefused(f"{code}: Domain {scope.value('domain')} is associated with a user pool", aws_code=code)
    sent = "domain userPoolId managedLoginVersion"
    return Create(call("create_user_pool_domain", sent, CustomDomainConfig=CERTIFICATE), text="{domain}")(scope)


USER_POOL_DOMAIN: Final = Resource(
    token="aws:cognito/userPoolDomain:UserPoolDomain",
    service="cognito-idp",
    inputs=(
        Input("domain", required=True, replaces=True),
        Input("userPoolId", required=True, replaces=True),
        Input("certificateArn", stored=True),
        Input("managedLoginVersion", computed=True, stored=True),
    ),
    outputs=(
        Output("awsAccountId", text="{account}"),
        Output("cloudfrontDistribution", "CloudFrontDistribution"),
        Output("cloudfrontDistributionArn", "CloudFrontDistribution"),
        Output("cloudfrontDistributionZoneId", text=CLOUDFRONT_ZONE),
        Output("s3Bucket"),
        Output("version"),
    ),
    create=_create_domain,
    read=_describe_domain,
    settings=(
        setting(
            "certificateArn managedLoginVersion",
            call(
                "update_user_pool_domain",
                "userPoolId managedLoginVersion",
                Domain="$id",
                CustomDomainConfig=CERTIFICATE,
            ),
            on_create=False,
        ),
    ),
    delete=Delete((call("delete_user_pool_domain", "userPoolId", Domain="$id"),), gone=GONE),
    identity=("domain",),
)

GROUP_KEY: Final = {"UserPoolId": "$userPoolId", "GroupName": "$name"}
GROUP_CHANGING: Final = "description precedence roleArn"

USER_GROUP: Final = Resource(
    token="aws:cognito/userGroup:UserGroup",
    service="cognito-idp",
    inputs=(
        Input("userPoolId", required=True, replaces=True),
        Input("name", "GroupName", replaces=True, autoname=128),
        Input("description"),
        Input("precedence"),
        Input("roleArn"),
    ),
    create=Create(call("create_group", GROUP_CHANGING, **GROUP_KEY), text="{userPoolId}/{name}"),
    read=Read(call("get_group", **GROUP_KEY), at="Group", gone=GONE),
    settings=(setting(GROUP_CHANGING, call("update_group", GROUP_CHANGING, **GROUP_KEY), on_create=False),),
    delete=Delete((call("delete_group", **GROUP_KEY),), gone=GONE),
    identity=("userPoolId", "name"),
    imports=r"(?P<userPoolId>[^/]+)/(?P<name>.+)",
)

RESOURCES: Final = (USER_POOL_CLIENT, USER_POOL_DOMAIN, USER_GROUP)

GAPS: Final = (
    Gap(
        USER_POOL_DOMAIN.token,
        "domain",
        "create_user_pool_domain takes it away from another pool",
        "the provider refuses it, as AWS does",
    ),
    Gap(USER_POOL_DOMAIN.token, "certificateArn", "describe_user_pool_domain tells none"),
    Gap(USER_POOL_DOMAIN.token, "managedLoginVersion", "create_user_pool_domain loses it"),
)
