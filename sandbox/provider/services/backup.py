"""AWS Backup: vaults, plans, and what a plan takes a backup of."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Final

from sandbox.provider.gaps import KEPT, WHOLE, Gap
from sandbox.provider.kept import Keeping, kept
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
)
from sandbox.provider.scope import Scope
from sandbox.provider.tagging import TagForm

GONE: Final = ("ResourceNotFoundException",)
VAULT_ARN: Final = "arn:{partition}:backup:{region}:{account}:backup-vault:{id}"


def _read_vault(scope: Scope) -> LiveObject | None:
    tags = call("list_tags", ResourceArn=scope.format(VAULT_ARN))
    return Read(
        call("describe_backup_vault", BackupVaultName="$id"), at="@", gone=GONE, details=(Detail("Tags", tags, "Tags"),)
    )(scope)


VAULT: Final = Resource(
    token="aws:backup/vault:Vault",
    service="backup",
    inputs=(
        Input("name", "BackupVaultName", replaces=True, autoname=50),
        Input("kmsKeyArn", "EncryptionKeyArn", replaces=True, computed=True),
        # The server makes no recovery points, so that there is none to delete.
        Input("forceDestroy", default=False, stored=True),
    ),
    outputs=(Output("arn", "BackupVaultArn"), Output("recoveryPoints", "NumberOfRecoveryPoints")),
    create=Create(call("create_backup_vault", "name kmsKeyArn"), text="{name}", tags="BackupVaultTags"),
    read=_read_vault,
    delete=Delete((call("delete_backup_vault", BackupVaultName="$id"),), gone=GONE),
    tags=Tags(
        add=call("tag_resource", ResourceArn="$arn", Tags="$new_tags"),
        remove=call("untag_resource", ResourceArn="$arn", TagKeyList="$gone_keys"),
        form=TagForm.MAP,
    ),
    identity=("name",),
)

LOCK: Final = Resource(
    token="aws:backup/vaultLockConfiguration:VaultLockConfiguration",
    service="backup",
    inputs=(
        Input("backupVaultName", required=True, replaces=True),
        Input("minRetentionDays", replaces=True),
        Input("maxRetentionDays", replaces=True),
        Input("changeableForDays", replaces=True, stored=True),
    ),
    outputs=(Output("backupVaultArn"),),
    create=Create(
        call(
            "put_backup_vault_lock_configuration",
            "backupVaultName minRetentionDays maxRetentionDays changeableForDays",
        ),
        text="{backupVaultName}",
    ),
    read=Read(call("describe_backup_vault", BackupVaultName="$id"), at="@", gone=GONE, absent="!Locked"),
    delete=Delete((call("delete_backup_vault_lock_configuration", BackupVaultName="$id"),), gone=GONE),
    identity=("backupVaultName",),
)

_plans: Final = Keeping("{planId}", drawn=lambda scope: {"planId": str(uuid.uuid4()), "version": uuid.uuid4().hex})
PLAN: Final = kept(
    "aws:backup/plan:Plan",
    "backup",
    _plans,
    inputs=(
        Input("name", replaces=True, autoname=50),
        Input("rules", kind=Kind.SET, required=True),
        Input("advancedBackupSettings", kind=Kind.SET),
    ),
    outputs=(Output("arn", text="arn:{partition}:backup:{region}:{account}:backup-plan:{id}"), Output("version")),
    tagged=True,
)


def _plan(scope: Scope) -> LiveObject | None:
    return _plans.read(replace(scope, resource=PLAN, id=str(scope.value("planId"))))


_selections: Final = Keeping("{selectionId}", parent=_plan, drawn=lambda scope: {"selectionId": str(uuid.uuid4())})


def _read_selection(scope: Scope) -> LiveObject | None:
    """An import names the plan before it."""
    return _selections.read(replace(scope, id=scope.id.rpartition("|")[2]))


_selection: Final = kept(
    "aws:backup/selection:Selection",
    "backup",
    _selections,
    inputs=(
        Input("planId", required=True, replaces=True),
        Input("name", replaces=True, autoname=50),
        Input("iamRoleArn", required=True, replaces=True),
        Input("resources", kind=Kind.SET, replaces=True),
        Input("notResources", kind=Kind.SET, replaces=True),
        Input("selectionTags", kind=Kind.SET, replaces=True),
        Input("conditions", kind=Kind.SET, replaces=True),
    ),
    imports=r"(?P<planId>[^|]+)\|.+",
    id_at="selectionId",
)
SELECTION: Final = replace(_selection, read=_read_selection)

RESOURCES: Final = (VAULT, LOCK, PLAN, SELECTION)

GAPS: Final = (
    Gap(
        PLAN.token,
        WHOLE,
        "update_backup_plan has not been implemented, and the name of a deleted plan stays taken",
        KEPT,
    ),
    Gap(SELECTION.token, WHOLE, "create_backup_selection has not been implemented", KEPT),
    Gap(LOCK.token, "changeableForDays", "put_backup_vault_lock_configuration takes it, no call tells it"),
)
