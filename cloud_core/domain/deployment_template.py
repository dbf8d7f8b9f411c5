"""Deployment templates: which stacks a new deployment has, and what they are given.

The file `templates/default/<name>.yaml` (a workspace's own: `templates/custom/<name>.yaml`), after rendering:

    name: minimal
    description: ...
    version: "1.0.0"
    environments:
      dev: {enabled: true, config: {...}, tags: {...}}
      stage: {enabled: false}
    stacks:
      network:
        enabled: true
        config: {...}
        environments: {prod: {config: {...}}}

Dependencies and priorities are not there: they come from the stack templates.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.template_parsing import parse_template


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TemplateEnvironment(_Part):
    enabled: bool
    tags: dict[str, str] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)


class TemplateStackEnvironment(_Part):
    enabled: bool = True
    config: dict[str, Any] = Field(default_factory=dict)


class TemplateStack(_Part):
    enabled: bool = True
    protect: bool = False
    config: dict[str, Any] = Field(default_factory=dict)
    environments: dict[EnvironmentName, TemplateStackEnvironment] = Field(default_factory=dict)


class DeploymentTemplate(_Part):
    name: str
    display_name: str = ""
    description: str = ""
    version: str = "1.0.0"
    environments: dict[EnvironmentName, TemplateEnvironment]
    stacks: dict[str, TemplateStack] = Field(min_length=1)

    @field_validator("environments")
    @classmethod
    def _dev_is_there(
        cls, value: dict[EnvironmentName, TemplateEnvironment]
    ) -> dict[EnvironmentName, TemplateEnvironment]:
        if EnvironmentName.DEV not in value or not value[EnvironmentName.DEV].enabled:
            raise ValueError("dev must be there and enabled")
        return value


def parse_deployment_template(data: Any, source: str) -> DeploymentTemplate:
    """Read a rendered template's plain data; InvalidInput lists every broken field of the file `source`."""
    return parse_template(DeploymentTemplate, "deployment", data, source)
