"""Secrets Manager: secrets and their versions."""

from __future__ import annotations

import base64
from typing import Any, Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.language import (
    Call,
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

GONE: Final = ("ResourceNotFoundException",)
CURRENT: Final = "AWSCURRENT"


_describe: Final = Read(
    call("describe_secret", SecretId="$id"),
    at="@",
    gone=GONE,
    absent="DeletedDate",
    details=(
        Detail(
            "Policy", call("get_resource_policy", SecretId="$id"), "ResourcePolicy", none=("InvalidRequestException",)
        ),
    ),
)


def _read_secret(scope: Scope) -> LiveObject | None:
    """With its replicas as the program writes them: a key of their own only where it names one."""
    live = _describe(scope)
    if live is None:
        return None
    named = {one["region"] for one in scope.value("replicas") or () if one.get("kmsKeyId")}
    replicas = [
        {"region": one["Region"], **({"kmsKeyId": one["KmsKeyId"]} if one["Region"] in named else {})}
        for one in live.get("ReplicationStatus") or ()
    ]
    return {**live, "Replicas": replicas}


def _replicas(scope: Scope) -> list[dict[str, Any]]:
    return [
        {"Region": one["region"], **({"KmsKeyId": one["kmsKeyId"]} if one.get("kmsKeyId") else {})}
        for one in scope.value("replicas") or []
    ]


def _replicate(scope: Scope) -> None:
    """Regions that go first, then those that come."""
    before = {one["region"] for one in scope.old.get("replicas") or []}
    wanted = _replicas(scope)
    gone = sorted(before - {one["Region"] for one in wanted})
    new = [one for one in wanted if one["Region"] not in before]
    if gone:
        scope.request("remove_regions_from_replication", {"SecretId": scope.id, "RemoveReplicaRegions": gone})
    if new:
        scope.request(
            "replicate_secret_to_regions",
            {
                "SecretId": scope.id,
                "AddReplicaRegions": new,
                "ForceOverwriteReplicaSecret": bool(scope.value("forceOverwriteReplicaSecret")),
            },
        )


def _delete_secret(scope: Scope) -> None:
    """A window of no days deletes at once and frees the name."""
    days = scope.value("recoveryWindowInDays")
    how = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    regions = [one["region"] for one in scope.value("replicas") or []]
    if regions:
        scope.request("remove_regions_from_replication", {"SecretId": scope.id, "RemoveReplicaRegions": regions})
    Delete((Call("delete_secret", parameters={"SecretId": "$id", **how}),), gone=GONE)(scope)


SECRET: Final = Resource(
    token="aws:secretsmanager/secret:Secret",
    service="secretsmanager",
    inputs=(
        Input("name", replaces=True, autoname=512),
        Input("namePrefix", replaces=True, stored=True),
        Input("description"),
        Input("kmsKeyId", kind=Kind.REFERENCE),
        Input("policy", kind=Kind.POLICY, computed=True),
        Input("recoveryWindowInDays", default=30, stored=True),
        Input("forceOverwriteReplicaSecret", default=False, stored=True),
        Input("replicas", kind=Kind.SET, computed=True),
    ),
    outputs=(Output("arn", "ARN"),),
    create=Create(call("create_secret", "name description kmsKeyId"), at="ARN", tags="Tags"),
    read=_read_secret,
    settings=(
        setting(
            "description kmsKeyId",
            lambda scope: scope.request(
                "update_secret",
                {
                    "SecretId": scope.id,
                    "Description": scope.value("description") or "",
                    **({"KmsKeyId": scope.value("kmsKeyId")} if scope.value("kmsKeyId") else {}),
                },
            ),
            on_create=False,
        ),
        setting(
            "policy",
            call("put_resource_policy", SecretId="$id", ResourcePolicy="$policy"),
            clear=call("delete_resource_policy", SecretId="$id"),
        ),
        setting("replicas", _replicate),
    ),
    delete=_delete_secret,
    tags=Tags(
        add=call("tag_resource", SecretId="$id", Tags="$new_tags"),
        remove=call("untag_resource", SecretId="$id", TagKeys="$gone_keys"),
    ),
    identity=("name",),
)


def _put_version(scope: Scope) -> str:
    text = scope.value("secretString")
    written = (scope.wanted or {}).get("secretStringWo") if text is None else text
    value: dict[str, Any] = {"SecretString": written}
    if scope.value("secretBinary") is not None:
        value = {"SecretBinary": base64.b64decode(scope.value("secretBinary"))}
    asked = Call("put_secret_value", ("versionStages",), {"SecretId": "$secretId"})
    answer = scope.run(asked, value)
    return f"{answer['ARN']}|{answer['VersionId']}"


def _read_version(scope: Scope) -> LiveObject | None:
    arn, _, version = scope.id.rpartition("|")
    asked = Call("get_secret_value", parameters={"SecretId": arn, "VersionId": version})
    live = Read(asked, at="@", gone=(*GONE, "InvalidRequestException"))(scope)
    if live is None:
        return None
    hidden = scope.value("secretStringWoVersion") is not None
    binary = live.get("SecretBinary")
    return {
        **live,
        "SecretString": None if hidden else live.get("SecretString"),
        "SecretBinary": base64.b64encode(binary).decode() if binary is not None else None,
        "HasSecretStringWo": hidden,
    }


def _stage(scope: Scope) -> None:
    """Labels move: to take one AWS has to know which version has it now."""
    arn, _, version = scope.id.rpartition("|")
    holders = {
        label: holder
        for holder, labels in scope.request("describe_secret", {"SecretId": arn})["VersionIdsToStages"].items()
        for label in labels
    }
    for label in scope.added("versionStages"):
        source = {"RemoveFromVersionId": holders[label]} if holders.get(label, version) != version else {}
        moved = {"SecretId": arn, "VersionStage": label, "MoveToVersionId": version, **source}
        scope.request("update_secret_version_stage", moved)
    for label in scope.removed("versionStages"):
        _unstage(scope, arn, version, label)


def _unstage(scope: Scope, arn: str, version: str, label: str) -> None:
    removed = {"SecretId": arn, "VersionStage": label, "RemoveFromVersionId": version}
    try:
        scope.request("update_secret_version_stage", removed)
    except AwsRefused as error:
        if error.aws_code not in (*GONE, "InvalidParameterException", "InvalidRequestException"):
            raise


def _delete_version(scope: Scope) -> None:
    """AWS has no such call: a version without labels is as good as deleted, and the current one stays."""
    live = _read_version(scope)
    arn, _, version = scope.id.rpartition("|")
    for label in (live or {}).get("VersionStages") or ():
        if label != CURRENT:
            _unstage(scope, arn, version, label)


SECRET_VERSION: Final = Resource(
    token="aws:secretsmanager/secretVersion:SecretVersion",
    service="secretsmanager",
    inputs=(
        Input("secretId", required=True, replaces=True, stored=True),
        Input("secretString", secret=True, replaces=True),
        Input("secretBinary", secret=True, replaces=True),
        Input("secretStringWo", secret=True, write_only=True),
        Input("secretStringWoVersion", replaces=True, stored=True),
        Input("versionStages", kind=Kind.SET, computed=True),
    ),
    outputs=(
        Output("arn", "ARN"),
        Output("secretArn", "ARN"),
        Output("versionId"),
        Output("hasSecretStringWo"),
    ),
    create=_put_version,
    read=_read_version,
    settings=(setting("versionStages", _stage, on_create=False),),
    delete=_delete_version,
    imports=r"(?P<secretId>[^|]+)\|.+",
)

RESOURCES: Final = (SECRET, SECRET_VERSION)
