"""Cognito: identity pools, which hand out credentials of AWS, and the roles that these are of."""

from __future__ import annotations

from typing import Final

from sandbox.provider.gaps import KEPT, WHOLE, Gap
from sandbox.provider.kept import Keeping, kept
from sandbox.provider.language import Create, Delete, Input, Kind, Output, Read, Resource, Tags, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import BLOCK
from sandbox.provider.tagging import TagForm

GONE: Final = ("ResourceNotFoundException",)
CHANGING: Final = (
    "allowClassicFlow allowUnauthenticatedIdentities cognitoIdentityProviders openidConnectProviderArns "
    "samlProviderArns supportedLoginProviders"
)
PUT_POOL: Final = call("update_identity_pool", f"identityPoolName {CHANGING}", IdentityPoolId="$id")


def _put(scope: Scope) -> None:
    scope.run(PUT_POOL, {**scope.emptied(), "IdentityPoolTags": scope.tags_all()})


IDENTITY_POOL: Final = Resource(
    token="aws:cognito/identityPool:IdentityPool",
    service="cognito-identity",
    inputs=(
        Input("identityPoolName", required=True, replaces=True),
        Input("developerProviderName", replaces=True),
        Input("allowClassicFlow", default=False, stored=True),
        Input("allowUnauthenticatedIdentities", default=False),
        Input("cognitoIdentityProviders", kind=Kind.SET, partial=True, shape=BLOCK),
        Input("openidConnectProviderArns", "OpenIdConnectProviderARNs", kind=Kind.SET),
        Input("samlProviderArns", "SamlProviderARNs", kind=Kind.SET),
        Input("supportedLoginProviders", kind=Kind.MAP),
    ),
    outputs=(Output("arn", text="arn:{partition}:cognito-identity:{region}:{account}:identitypool/{id}"),),
    create=Create(
        call("create_identity_pool", f"identityPoolName developerProviderName {CHANGING}"),
        at="IdentityPoolId",
        tags="IdentityPoolTags",
    ),
    read=Read(call("describe_identity_pool", IdentityPoolId="$id"), at="@", gone=GONE),
    settings=(setting(CHANGING, _put, on_create=False),),
    delete=Delete((call("delete_identity_pool", IdentityPoolId="$id"),), gone=GONE),
    tags=Tags(_put, None, form=TagForm.MAP, at="IdentityPoolTags", clear=_put),
)

ROLE_ATTACHMENT: Final = kept(
    "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment",
    "cognito-identity",
    Keeping(
        "{identityPoolId}",
        parent=Read(call("describe_identity_pool", IdentityPoolId="$identityPoolId"), at="@", gone=GONE),
    ),
    inputs=(
        Input("identityPoolId", required=True, replaces=True),
        Input("roles", kind=Kind.MAP, required=True),
        Input("roleMappings", kind=Kind.SET),
    ),
    identity=("identityPoolId",),
)

RESOURCES: Final = (IDENTITY_POOL, ROLE_ATTACHMENT)

GAPS: Final = (
    Gap(IDENTITY_POOL.token, "allowClassicFlow", "create_identity_pool loses it"),
    Gap(
        IDENTITY_POOL.token,
        "tags",
        "tag_resource has not been implemented",
        "a change of tags writes the whole pool with them",
    ),
    Gap(ROLE_ATTACHMENT.token, WHOLE, "set_identity_pool_roles has not been implemented", KEPT),
)
