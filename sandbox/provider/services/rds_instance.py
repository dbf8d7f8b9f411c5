"""RDS: database instances and their read replicas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from sandbox.provider.errors import ProviderError
from sandbox.provider.gaps import REPLACED, Gap
from sandbox.provider.language import (
    Call,
    Delete,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Wait,
    call,
    setting,
)
from sandbox.provider.scope import EMPTY, Scope
from sandbox.provider.services.rds_groups import TAGS

GONE: Final = ("DBInstanceNotFound", "DBInstanceNotFoundFault")
HOURS: Final = 3600

# Inputs by the names that the calls have for them, where the description of an instance has others.
SENT_AS: Final = {
    "dbName": "DBName",
    "engine": "Engine",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "identifier": "DBInstanceIdentifier",
    "kmsKeyId": "KmsKeyId",
    "manageMasterUserPassword": "ManageMasterUserPassword",
    "masterUserSecretKmsKeyId": "MasterUserSecretKmsKeyId",
    "password": "MasterUserPassword",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "storageEncrypted": "StorageEncrypted",
    "username": "MasterUsername",
    "vpcSecurityGroupIds": "VpcSecurityGroupIds",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "parameterGroupName": "DBParameterGroupName",
    "port": "Port",
}
CHANGING: Final = (
    "allocatedStorage autoMinorVersionUpgrade backupRetentionPeriod backupWindow caCertIdentifier copyTagsToSnapshot "
    "databaseInsightsMode dbSubnetGroupName deletionProtection engineVersion iamDatabaseAuthenticationEnabled "
    "instanceClass iops maintenanceWindow maxAllocatedStorage monitoringInterval monitoringRoleArn multiAz "
    "parameterGroupName performanceInsightsEnabled performanceInsightsKmsKeyId performanceInsightsRetentionPeriod "
    "publiclyAccessible storageThroughput storageType vpcSecurityGroupIds"
)
PASSWORD: Final = "manageMasterUserPassword masterUserSecretKmsKeyId password"
LOGS: Final = "enabledCloudwatchLogsExports"
FIXED: Final = "availabilityZone dbName engine identifier kmsKeyId licenseModel port storageEncrypted username"
# What a new replica takes from its source, whatever the call says; it is set once the replica is there.
AFTERWARDS: Final = "backupRetentionPeriod backupWindow maintenanceWindow"
OF_THE_SOURCE: Final = (
    "allocatedStorage engine engineVersion dbName username storageEncrypted databaseInsightsMode "
    f"{PASSWORD} {AFTERWARDS}"
)


def _given(scope: Scope, names: str, but: str = "") -> dict[str, Any]:
    """The inputs as the calls take them; what the program says nothing of is left out."""
    properties, left_out = scope.resource.properties, but.split()
    sent = {SENT_AS.get(name, properties[name].parameter): name for name in names.split() if name not in left_out}
    values = {parameter: scope.value(name) for parameter, name in sent.items()}
    return {parameter: value for parameter, value in values.items() if value not in EMPTY}


def _create(scope: Scope) -> str:
    own = f"{CHANGING} {PASSWORD} {LOGS} {FIXED}"
    if scope.value("replicateSourceDb"):
        return _create_replica(scope, _given(scope, own, but=OF_THE_SOURCE))
    answer = scope.request("create_db_instance", {**_given(scope, own), **scope.tag_parameter("Tags")})
    return str(answer["DBInstance"]["DbiResourceId"])


def _create_replica(scope: Scope, asked: dict[str, Any]) -> str:
    source = {"SourceDBInstanceIdentifier": scope.value("replicateSourceDb")}
    answer = scope.request("create_db_instance_read_replica", {**asked, **source, **scope.tag_parameter("Tags")})
    made = answer["DBInstance"]
    scope.id = str(made["DbiResourceId"])
    no_growth = {} if scope.value("maxAllocatedStorage") else {"MaxAllocatedStorage": made["AllocatedStorage"]}
    own = {**_given(scope, AFTERWARDS), **no_growth}
    scope.patiently(lambda: _modify(scope, own), ("InvalidDBInstanceState",), HOURS)
    return scope.id


def _modify(scope: Scope, changes: dict[str, Any]) -> None:
    how = {"DBInstanceIdentifier": scope.value("identifier"), "ApplyImmediately": bool(scope.value("applyImmediately"))}
    if changes:
        scope.request("modify_db_instance", {**how, **changes})


def _change(scope: Scope) -> None:
    """Only what changed, in one call; storage that no longer grows by itself has its own size as the limit."""
    changed = [name for name in f"{CHANGING} {PASSWORD}".split() if name in scope.changed]
    changes = _given(scope, " ".join(changed))
    if "maxAllocatedStorage" in changed and not scope.value("maxAllocatedStorage"):
        changes["MaxAllocatedStorage"] = scope.value("allocatedStorage")
    if "monitoringRoleArn" in changed and not scope.value("monitoringRoleArn"):
        changes["MonitoringRoleArn"] = ""
    if "manageMasterUserPassword" in changed:
        changes["ManageMasterUserPassword"] = bool(scope.value("manageMasterUserPassword"))
    if "engineVersion" in changed:
        changes["AllowMajorVersionUpgrade"] = bool(scope.value("allowMajorVersionUpgrade"))
    if LOGS in scope.changed and not scope.value("replicateSourceDb"):
        logs = {"EnableLogTypes": scope.added(LOGS), "DisableLogTypes": scope.removed(LOGS)}
        changes["CloudwatchLogsExportConfiguration"] = logs
    _modify(scope, changes)


_describe: Final = Read(
    call("describe_db_instances", DBInstanceIdentifier="$identifier"), at="DBInstances[0]", gone=GONE
)


def _read(scope: Scope) -> LiveObject | None:
    """A version given as `16` stays so whatever minor one runs, and storage may have grown by itself.

    The server gives a replica its source's own list of logs, so a replica's is the one in the state.
    """
    live = _describe(scope)
    if live is None:
        return None
    version, size = scope.value("engineVersion"), scope.value("allocatedStorage")
    runs = str(live["EngineVersion"])
    grown = size and scope.value("maxAllocatedStorage") and live["AllocatedStorage"] > size
    return {
        **live,
        "EngineVersion": version if version and runs.startswith(f"{version}.") else runs,
        "Runs": runs,
        "AllocatedStorage": size if grown else live["AllocatedStorage"],
        "EnabledCloudwatchLogsExports": scope.value(LOGS)
        if scope.value("replicateSourceDb")
        else live.get("EnabledCloudwatchLogsExports"),
        "Managed": True if live.get("MasterUserSecret") else None,
    }


def _delete(scope: Scope) -> None:
    """AWS takes no snapshot of a replica, and of another one only under a name."""
    skip = bool(scope.value("skipFinalSnapshot")) or bool(scope.value("replicateSourceDb"))
    snapshot = scope.value("finalSnapshotIdentifier")
    if not skip and not snapshot:
        name = scope.value("identifier")
        raise ProviderError(f"{name} can't be deleted without a finalSnapshotIdentifier, or skipFinalSnapshot")
    parameters = {
        "DBInstanceIdentifier": "$identifier",
        "SkipFinalSnapshot": skip,
        "FinalDBSnapshotIdentifier": None if skip else snapshot,
        "DeleteAutomatedBackups": scope.value("deleteAutomatedBackups") is not False,
    }
    Delete((Call("delete_db_instance", parameters=parameters),), gone=GONE)(scope)


INSTANCE: Final = Resource(
    token="aws:rds/instance:Instance",
    service="rds",
    inputs=(
        Input("identifier", "DBInstanceIdentifier", replaces=True, autoname=63),
        Input("identifierPrefix", replaces=True, stored=True),
        Input("instanceClass", "DBInstanceClass", required=True),
        Input("engine", computed=True, replaces=True),
        Input("engineVersion", computed=True),
        Input("allowMajorVersionUpgrade", stored=True),
        Input("autoMinorVersionUpgrade", default=True),
        Input("applyImmediately", default=False, stored=True),
        Input("allocatedStorage", computed=True),
        Input("maxAllocatedStorage"),
        Input("storageType", computed=True),
        Input("storageEncrypted", computed=True, replaces=True),
        Input("storageThroughput", computed=True),
        Input("iops", computed=True),
        Input("kmsKeyId", kind=Kind.REFERENCE, computed=True, replaces=True),
        Input("dbName", "DBName", computed=True, replaces=True),
        Input("username", "MasterUsername", computed=True, replaces=True),
        Input("password", secret=True, stored=True),
        Input("manageMasterUserPassword", "Managed"),
        Input("masterUserSecretKmsKeyId", "MasterUserSecret.KmsKeyId", kind=Kind.REFERENCE, computed=True),
        Input("replicateSourceDb", "ReadReplicaSourceDBInstanceIdentifier", replaces=True),
        Input("dbSubnetGroupName", "DBSubnetGroup.DBSubnetGroupName", computed=True),
        Input("vpcSecurityGroupIds", "VpcSecurityGroups[].VpcSecurityGroupId", kind=Kind.SET, computed=True),
        Input("parameterGroupName", "DBParameterGroups[0].DBParameterGroupName", computed=True),
        Input("availabilityZone", computed=True, replaces=True),
        Input("multiAz", "MultiAZ", computed=True),
        Input("port", "Endpoint.Port", computed=True, replaces=True),
        Input("publiclyAccessible", default=False),
        Input("backupRetentionPeriod", computed=True),
        Input("backupWindow", "PreferredBackupWindow", computed=True),
        Input("maintenanceWindow", "PreferredMaintenanceWindow", computed=True),
        Input("copyTagsToSnapshot", default=False),
        Input("deletionProtection", default=False),
        Input("skipFinalSnapshot", default=False, stored=True),
        Input("finalSnapshotIdentifier", stored=True),
        Input("deleteAutomatedBackups", default=True, stored=True),
        Input("iamDatabaseAuthenticationEnabled", "IAMDatabaseAuthenticationEnabled", default=False),
        Input("caCertIdentifier", "CACertificateIdentifier", computed=True),
        Input("licenseModel", computed=True, replaces=True),
        Input("enabledCloudwatchLogsExports", kind=Kind.SET),
        Input("monitoringInterval", default=0),
        Input("monitoringRoleArn", computed=True),
        Input("performanceInsightsEnabled", default=False, stored=True),
        Input(
            "performanceInsightsKmsKeyId",
            "PerformanceInsightsKMSKeyId",
            kind=Kind.REFERENCE,
            computed=True,
            stored=True,
        ),
        Input("performanceInsightsRetentionPeriod", computed=True, stored=True),
        Input("databaseInsightsMode", computed=True, stored=True),
    ),
    outputs=(
        Output("arn", "DBInstanceArn"),
        Output("address", "Endpoint.Address"),
        Output("endpoint", "join(':', [Endpoint.Address, to_string(Endpoint.Port)])"),
        Output("hostedZoneId", "Endpoint.HostedZoneId"),
        Output("engineVersionActual", "Runs", volatile=True),
        Output("resourceId", "DbiResourceId"),
        Output("status", "DBInstanceStatus"),
        Output("masterUserSecrets", "MasterUserSecret && [MasterUserSecret]", kind=Kind.BLOCK),
    ),
    create=_create,
    read=_read,
    settings=(setting(f"{CHANGING} {PASSWORD} {LOGS}", _change, on_create=False),),
    delete=_delete,
    tags=replace(TAGS, at="TagList"),
    # The secret of a managed password is made beside the instance.
    ready=Wait(
        "(MasterUserSecret.SecretStatus == 'creating' && 'creating its secret') || DBInstanceStatus",
        ("available", "storage-optimization"),
        failed=("failed", "incompatible-network", "incompatible-parameters", "restore-error", "storage-full"),
        seconds=HOURS,
    ),
    vanishes=HOURS,
    identity=("identifier",),
    imports=r"(?P<identifier>.+)",
    id_at="DbiResourceId",
)

RESOURCES: Final = (INSTANCE,)

LOST: Final = "create_db_instance and modify_db_instance take it, describe_db_instances does not tell it"
GAPS: Final = (
    Gap(INSTANCE.token, "performanceInsightsEnabled", LOST),
    Gap(INSTANCE.token, "performanceInsightsKmsKeyId", LOST),
    Gap(INSTANCE.token, "performanceInsightsRetentionPeriod", LOST),
    Gap(INSTANCE.token, "databaseInsightsMode", "create_db_instance takes it, describe_db_instances does not tell it"),
    Gap(
        INSTANCE.token,
        LOGS,
        "a replica shares the list of its source, and changes it with its own",
        "a replica's list is kept in the state",
    ),
    Gap(INSTANCE.token, "port", "modify_db_instance answers success and leaves it as it was", REPLACED),
)
