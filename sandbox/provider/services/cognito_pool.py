"""Cognito: user pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.provider.errors import AwsRefused, ProviderError
from sandbox.provider.gaps import Gap
from sandbox.provider.language import (
    Create,
    Delete,
    Detail,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Tags,
    call,
    setting,
)
from sandbox.provider.sameness import agrees
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import BLOCK, Shape, block
from sandbox.provider.tagging import TagForm

GONE: Final = ("ResourceNotFoundException",)
VERIFIED: Final = "attributesRequireVerificationBeforeUpdates"
VERIFIED_AT_AWS: Final = "AttributesRequireVerificationBeforeUpdate"
ONCE: Final = ("aliasAttributes", "usernameAttributes", "usernameConfiguration")
CHANGING: Final = (
    "accountRecoverySetting adminCreateUserConfig autoVerifiedAttributes deletionProtection deviceConfiguration "
    "emailConfiguration emailVerificationMessage emailVerificationSubject lambdaConfig smsAuthenticationMessage "
    "smsConfiguration smsVerificationMessage userAttributeUpdateSettings userPoolAddOns userPoolTier "
    "verificationMessageTemplate"
)
POLICIES: Final = {"PasswordPolicy": "$passwordPolicy", "SignInPolicy": "$signInPolicy"}
PUT_POOL: Final = call("update_user_pool", CHANGING, UserPoolId="$id", Policies=POLICIES)


def _own_name(attribute: Mapping[str, Any]) -> str:
    """Attributes that a pool has beside the standard ones are told with a prefix."""
    return str(attribute["Name"]).rpartition(":")[2]


def _is_own(attribute: Mapping[str, Any]) -> bool:
    return _own_name(attribute) != str(attribute["Name"])


def _attributes(live: LiveObject) -> dict[str, Mapping[str, Any]]:
    return {_own_name(one): one for one in live.get("SchemaAttributes") or ()}


ATTRIBUTES: Final = Shape(
    BLOCK.send, lambda found: [BLOCK.tell({**attribute, "Name": _own_name(attribute)}) for attribute in found]
)
SCHEMAS: Final = Input("schemas", "Schema", kind=Kind.SET, partial=True, shape=ATTRIBUTES)

_describe: Final = Read(
    call("describe_user_pool", UserPoolId="$id"),
    at="UserPool",
    gone=GONE,
    details=(Detail("Mfa", call("get_user_pool_mfa_config", UserPoolId="$id")),),
)


def _read(scope: Scope) -> LiveObject | None:
    """Of the attributes those that the program names, in its order, and the pool's own.

    All pools have the standard ones; an import takes those that the pool requires.
    """
    live = _describe(scope)
    if live is None:
        return None
    found = _attributes(live)
    asked = [one["name"] for one in scope.value("schemas") or ()]
    imported = scope.wanted is None and not scope.state.get("arn")
    special = [name for name, one in found.items() if _is_own(one) or (imported and one["Required"] and name != "sub")]
    named = dict.fromkeys((*asked, *special))
    return {**live, "Schema": [found[name] for name in named if name in found]}


def _put(scope: Scope) -> None:
    """The call writes the whole pool: what it leaves out falls back to AWS's own choice."""
    scope.run(PUT_POOL, {"UserPoolTags": scope.tags_all()})


def _set_mfa(scope: Scope) -> None:
    scope.run(call("set_user_pool_mfa_config", "mfaConfiguration softwareTokenMfaConfiguration", UserPoolId="$id"))


def _add_attributes(scope: Scope) -> None:
    """New ones only: AWS neither changes nor deletes an attribute."""
    found = _attributes(_describe(scope) or {})
    wanted = {one["name"]: one for one in scope.value("schemas") or ()}
    lost = [name for name, one in found.items() if _is_own(one) and name not in wanted]
    told = {name: one for one in ATTRIBUTES.tell(list(found.values())) if (name := one["name"]) in wanted}
    changed = [name for name, one in told.items() if not agrees([wanted[name]], [one], SCHEMAS)]
    if lost or changed:
        named = ", ".join(lost + changed)
        raise ProviderError(f"schemas: cannot modify or remove schema items, as is asked of {named}")
    new = [one for name, one in wanted.items() if name not in found]
    scope.request("add_custom_attributes", {"UserPoolId": scope.id, "CustomAttributes": BLOCK.send(new)})


def _delete(scope: Scope) -> None:
    """The server deletes a protected one as well, where AWS refuses it."""
    live = _describe(scope)
    if live and live.get("DeletionProtection") == "ACTIVE":
        code = "InvalidParameterException"
        text = "The user pool cannot be deleted because deletion protection is activated. It must be inactivated first."
        raise AwsRefused(f"{code}: {text}", aws_code=code)
    Delete((call("delete_user_pool", UserPoolId="$id"),), gone=GONE)(scope)


USER_POOL: Final = Resource(
    token="aws:cognito/userPool:UserPool",
    service="cognito-idp",
    inputs=(
        Input("name", replaces=True, autoname=128),
        *(Input(name, kind=Kind.BLOCK, replaces=True, stored=True, unordered=ONCE) for name in ONCE),
        SCHEMAS,
        Input("accountRecoverySetting", kind=Kind.BLOCK, computed=True, unordered=("recoveryMechanisms",)),
        Input("adminCreateUserConfig", computed=True, partial=True, shape=block({"smsMessage": "SMSMessage"})),
        Input("autoVerifiedAttributes", kind=Kind.SET),
        Input("deletionProtection", default="INACTIVE"),
        Input("deviceConfiguration", kind=Kind.BLOCK),
        Input("emailConfiguration", kind=Kind.BLOCK, computed=True, partial=True),
        Input("emailVerificationMessage", computed=True),
        Input("emailVerificationSubject", computed=True),
        Input("lambdaConfig", kind=Kind.BLOCK),
        Input("mfaConfiguration", "Mfa.MfaConfiguration", default="OFF"),
        Input("softwareTokenMfaConfiguration", "Mfa.SoftwareTokenMfaConfiguration", kind=Kind.BLOCK),
        Input("passwordPolicy", "Policies.PasswordPolicy", kind=Kind.BLOCK, computed=True, partial=True),
        Input("signInPolicy", "Policies.SignInPolicy", kind=Kind.BLOCK, computed=True),
        Input("smsAuthenticationMessage"),
        Input("smsConfiguration", kind=Kind.BLOCK, computed=True, partial=True),
        Input("smsVerificationMessage", computed=True),
        Input("userAttributeUpdateSettings", shape=block({VERIFIED: VERIFIED_AT_AWS}), unordered=(VERIFIED,)),
        Input("userPoolAddOns", kind=Kind.BLOCK),
        Input("userPoolTier", computed=True),
        Input("verificationMessageTemplate", kind=Kind.BLOCK, computed=True, partial=True),
    ),
    # Left out: the domain and the number of users, which are other objects' doing and so drift in every refresh.
    outputs=(
        Output("arn"),
        Output("creationDate"),
        Output("endpoint", text="cognito-idp.{region}.{suffix}/{id}"),
        Output("lastModifiedDate", volatile=True),
    ),
    create=Create(
        call("create_user_pool", f"schemas {' '.join(ONCE)} {CHANGING}", PoolName="$name", Policies=POLICIES),
        at="UserPool.Id",
        tags="UserPoolTags",
    ),
    read=_read,
    settings=(
        setting(f"{CHANGING} passwordPolicy signInPolicy", _put, on_create=False),
        setting("mfaConfiguration softwareTokenMfaConfiguration", _set_mfa, born="OFF"),
        setting("schemas", _add_attributes, on_create=False),
    ),
    delete=_delete,
    tags=Tags(_put, None, form=TagForm.MAP, at="UserPoolTags", clear=_put),
)

RESOURCES: Final = (USER_POOL,)

GAPS: Final = (
    *(Gap(USER_POOL.token, name, "update_user_pool forgets it") for name in ONCE),
    Gap(
        USER_POOL.token,
        "tags",
        "tag_resource has not been implemented",
        "a change of tags writes the whole pool with them",
    ),
    Gap(
        USER_POOL.token,
        "deletionProtection",
        "delete_user_pool deletes a protected one",
        "the provider refuses it, as AWS does",
    ),
)
