"""Answers about what a person sets: values of a deployment, its environments, the tool's own settings."""

from __future__ import annotations

from typing import Any

from cloud_core.answers.parts import Answer, Count, DeploymentId, Finding, Timestamp
from cloud_core.domain.names import EnvironmentName


class ChangedFile(Answer):
    """What a command left in the manifest's file: the warnings of its validation, errors that were there before, and
    how the file stands to the record (null when nothing was written)."""

    warnings: list[Finding]
    errors_left: list[Finding]
    file_state: str | None


class ChangedValue(ChangedFile):
    """`inherited` is what holds where the value is not set; `overridden_in` names stronger places that win."""

    deployment_id: DeploymentId
    stack: str | None
    environment: str | None
    key: str
    path: str
    tier: str
    changed: bool
    old: Any
    new: Any
    inherited: Any
    overridden_in: list[str]


class ToolSetting(Answer):
    """A setting of the tool itself, and the file that it stands in."""

    key: str
    value: Any
    file: str


class ToolSettingList(Answer):
    """In the order of their keys."""

    settings: list[ToolSetting]


class ChangedToolSetting(Answer):
    """`overridden_by` is a file that sets the key as well, and wins."""

    key: str
    old: Any
    new: Any
    file: str
    changed: bool
    overridden_by: str | None


class ConfigValue(Answer):
    """A value as a stack gets it; `unresolved` tells which placeholders have no value here, and why."""

    stack: str | None
    environment: str | None
    key: str
    value: Any
    origin: str
    place: str
    unresolved: list[str]


class OneConfigValue(ConfigValue):
    """`source` is the file, or the record where there is none."""

    deployment_id: DeploymentId
    source: str


class ConfigValueList(Answer):
    """By key; of every target, one after the other, when none was chosen."""

    deployment_id: DeploymentId
    source: str
    values: list[ConfigValue]


class Environment(Answer):
    """`enabled` is what the file says, `enabled_in_record` what runs (null without a record)."""

    environment: EnvironmentName
    status: str
    enabled: bool
    enabled_in_record: bool | None
    account: str | None
    region: str | None
    total_stacks: Count
    deployed_stacks: Count
    resource_count: Count
    last_deployed_at: Timestamp | None


class EnvironmentList(Answer):
    """In the order of promotion."""

    deployment_id: DeploymentId
    environments: list[Environment]


class SwitchedEnvironment(ChangedFile):
    """An environment that was switched on."""

    deployment_id: DeploymentId
    environment: EnvironmentName
    enabled: bool
    changed: bool


class DisabledEnvironment(SwitchedEnvironment):
    """An environment that was switched off; `destroyed` names the stacks that went first."""

    destroyed: list[str]
