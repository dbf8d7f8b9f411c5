"""What every command prints with `--json`: the shape of its `data`, as typed models.

Nothing is made of these models at run time: `templates/cloud.schema.json` is generated from them, and tests hold what
the commands really print against it. `ANSWERS` has each command, a group's with the group's name before it; where a
command has several answers, they are alternatives. `LINES` has the commands that print one object a line instead, when
they watch.
"""

from __future__ import annotations

from typing import Any, Final

from cli.answers.tool import (
    ControlPlane,
    Health,
    LoggedIn,
    LoggedOut,
    Migration,
    SandboxAddresses,
    SandboxEnded,
    SandboxOutlook,
    SandboxStatus,
    SandboxStopped,
    ServedApi,
    Tables,
    TablesCreated,
    TablesDeleted,
    Versions,
)
from cloud_core.answers.configuration import (
    ChangedToolSetting,
    ChangedValue,
    ConfigValueList,
    DisabledEnvironment,
    EnvironmentList,
    OneConfigValue,
    SwitchedEnvironment,
    ToolSetting,
    ToolSettingList,
)
from cloud_core.answers.deployments import (
    DeploymentList,
    DeploymentStatus,
    EnvironmentStatus,
    Log,
    LogLine,
    ManifestComparison,
    ManifestPulled,
    ManifestPushed,
    NewDeployment,
    NewDeploymentDraft,
    OneOutput,
    Outputs,
    Validation,
)
from cloud_core.answers.operating import (
    Comparison,
    ComparisonOutlook,
    FreedEnvironment,
    NothingToCompare,
    RemovedSchedule,
    RetryOutlook,
    Schedule,
    ScheduleList,
    ScheduleOutlook,
    ScheduleRehearsal,
)
from cloud_core.answers.operations import (
    AcceptedOperation,
    ApprovalOutlook,
    DeployOutlook,
    DestroyOutlook,
    History,
    Nothing,
    NothingToDestroy,
    Operation,
    Plan,
    RollbackOutlook,
)
from cloud_core.answers.stacks import (
    ExportedDescription,
    ExportedFile,
    ExportedState,
    Graph,
    Imported,
    StackBuilds,
    StackContract,
    StackContracts,
)
from cloud_core.answers.templates import Template, TemplateList, TemplateVerdict, TemplateVerdicts

_Deployed = AcceptedOperation | DeployOutlook | Plan
_Compared = Comparison | ComparisonOutlook | NothingToCompare | AcceptedOperation
_Destroyed = AcceptedOperation | DestroyOutlook | NothingToDestroy

ANSWERS: Final[dict[str, Any]] = {
    "init": NewDeployment | NewDeploymentDraft,
    "validate": Validation,
    "plan": Plan | DeployOutlook | DestroyOutlook,
    "deploy": _Deployed,
    "deploy-stack": _Deployed,
    "rollback": AcceptedOperation | RollbackOutlook,
    "promote": AcceptedOperation | DeployOutlook,
    "destroy": _Destroyed,
    "destroy-stack": _Destroyed,
    "manifest diff": ManifestComparison,
    "manifest pull": ManifestPulled,
    "manifest push": ManifestPushed,
    "manifest schema": dict[str, Any],
    "config-set": ChangedValue | ChangedToolSetting,
    "config-get": OneConfigValue | ToolSetting,
    "config-list": ConfigValueList | ToolSettingList,
    "environment list": EnvironmentList,
    "environment enable": SwitchedEnvironment,
    "environment disable": DisabledEnvironment | DestroyOutlook,
    "import-stack": Imported,
    "refresh": _Compared,
    "schedule set": Schedule | ScheduleOutlook,
    "schedule list": ScheduleList,
    "schedule pause": Schedule | ScheduleRehearsal,
    "schedule resume": Schedule | ScheduleRehearsal,
    "schedule remove": RemovedSchedule | ScheduleRehearsal,
    "retry": AcceptedOperation | Operation | RetryOutlook | Nothing,
    "unlock": FreedEnvironment,
    "approve": AcceptedOperation | ApprovalOutlook,
    "cancel": AcceptedOperation | Operation | Nothing,
    "list": DeploymentList,
    "status": DeploymentStatus | EnvironmentStatus,
    "logs": Log,
    "history": History | AcceptedOperation,
    "graph": Graph,
    "outputs": Outputs,
    "stack-outputs": Outputs | OneOutput,
    "export-stack": ExportedState | ExportedDescription | ExportedFile,
    "template-list": TemplateList,
    "template-show": Template,
    "template-validate": TemplateVerdict | TemplateVerdicts,
    "stack list": StackContracts,
    "stack show": StackContract,
    "stack build": StackBuilds,
    "sandbox start": SandboxAddresses | SandboxOutlook,
    "sandbox stop": SandboxStopped | SandboxOutlook,
    "sandbox status": SandboxStatus,
    "sandbox reset": SandboxAddresses | SandboxEnded | SandboxOutlook,
    "control-plane deploy": ControlPlane,
    "control-plane status": ControlPlane,
    "control-plane destroy": ControlPlane,
    "tables create": TablesCreated,
    "tables status": Tables,
    "tables delete": TablesDeleted,
    "serve": ServedApi,
    "login": LoggedIn,
    "logout": LoggedOut,
    "health": Health,
    "migrate": Migration,
    "version": Versions,
    "schema": dict[str, Any],
}

LINES: Final[dict[str, Any]] = {
    "status --watch": DeploymentStatus | EnvironmentStatus,
    "logs --follow": LogLine,
}
