"""KMS: keys and aliases."""

from __future__ import annotations

from typing import Final

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
from sandbox.provider.scope import Scope
from sandbox.provider.tagging import TagForm

GONE: Final = ("NotFoundException",)
# A key that is to be deleted takes no more changes and refuses a second deletion.
DYING: Final = (*GONE, "KMSInvalidStateException", "KMSInvalidState")


def _rotate(scope: Scope) -> None:
    verb = "enable" if scope.value("enableKeyRotation") else "disable"
    period = {"RotationPeriodInDays": scope.value("rotationPeriodInDays")} if verb == "enable" else {}
    chosen = {key: value for key, value in period.items() if value}
    scope.request(f"{verb}_key_rotation", {"KeyId": scope.id, **chosen})


def _enable(scope: Scope) -> None:
    scope.request("enable_key" if scope.value("isEnabled") else "disable_key", {"KeyId": scope.id})


KEY: Final = Resource(
    token="aws:kms/key:Key",
    service="kms",
    inputs=(
        Input("description", computed=True),
        Input("keyUsage", default="ENCRYPT_DECRYPT", replaces=True),
        Input("customerMasterKeySpec", "KeySpec", default="SYMMETRIC_DEFAULT", replaces=True),
        Input("multiRegion", replaces=True, computed=True),
        Input("policy", kind=Kind.POLICY, computed=True),
        Input("bypassPolicyLockoutSafetyCheck", default=False, stored=True),
        Input("deletionWindowInDays", stored=True),
        Input("enableKeyRotation", "Rotation.KeyRotationEnabled", default=False),
        Input("rotationPeriodInDays", computed=True, stored=True),
        Input("isEnabled", "Enabled", default=True),
    ),
    outputs=(Output("arn"), Output("keyId")),
    create=Create(
        call(
            "create_key",
            "description keyUsage customerMasterKeySpec multiRegion policy bypassPolicyLockoutSafetyCheck",
        ),
        at="KeyMetadata.KeyId",
        tags="Tags",
    ),
    read=Read(
        call("describe_key", KeyId="$id"),
        at="KeyMetadata",
        gone=GONE,
        absent="KeyState == 'PendingDeletion'",
        details=(
            Detail(
                "Rotation",
                call("get_key_rotation_status", KeyId="$id"),
                none=("UnsupportedOperationException",),
            ),
            Detail("Policy", call("get_key_policy", KeyId="$id", PolicyName="default"), "Policy"),
            Detail("Tags", call("list_resource_tags", KeyId="$id"), "Tags"),
        ),
    ),
    settings=(
        setting("enableKeyRotation rotationPeriodInDays", _rotate, born=False),
        setting("isEnabled", _enable, born=True),
        setting(
            "description",
            call("update_key_description", KeyId="$id", Description="$description"),
            on_create=False,
        ),
        setting(
            "policy",
            call("put_key_policy", KeyId="$id", PolicyName="default", Policy="$policy"),
            on_create=False,
        ),
    ),
    delete=Delete(
        (call("schedule_key_deletion", KeyId="$id", PendingWindowInDays="$deletionWindowInDays"),), gone=DYING
    ),
    tags=Tags(
        add=call("tag_resource", KeyId="$id", Tags="$new_tags"),
        remove=call("untag_resource", KeyId="$id", TagKeys="$gone_keys"),
        form=TagForm.KMS,
    ),
)


def _read_alias(scope: Scope) -> LiveObject | None:
    found = Read(call("list_aliases"), at=f"Aliases[?AliasName=='{scope.id}'] | [0]", gone=GONE)(scope)
    if found is None:
        return None
    return {
        **found,
        "TargetKeyArn": scope.format(f"arn:{{partition}}:kms:{{region}}:{{account}}:key/{found['TargetKeyId']}"),
    }


ALIAS: Final = Resource(
    token="aws:kms/alias:Alias",
    service="kms",
    inputs=(
        Input("name", "AliasName", replaces=True, autoname=256, autoname_prefix="alias/"),
        Input("namePrefix", replaces=True, stored=True),
        Input("targetKeyId", kind=Kind.REFERENCE, required=True),
    ),
    outputs=(
        Output("arn", "AliasArn"),
        Output("targetKeyArn"),
    ),
    create=Create(call("create_alias", "name targetKeyId"), text="{name}"),
    read=_read_alias,
    settings=(
        setting("targetKeyId", call("update_alias", AliasName="$id", TargetKeyId="$targetKeyId"), on_create=False),
    ),
    delete=Delete((call("delete_alias", AliasName="$id"),), gone=GONE),
    identity=("name",),
)

RESOURCES: Final = (KEY, ALIAS)

GAPS: Final = (Gap(KEY.token, "rotationPeriodInDays", "get_key_rotation_status does not tell it"),)
