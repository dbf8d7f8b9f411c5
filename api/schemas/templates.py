"""Templates, and manifests made from them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from cloud_core.answers.parts import Finding
from cloud_core.answers.templates import TemplateParts


class TemplateEnvironment(BaseModel):
    """Its region comes with the deployment: a template has none."""

    enabled: bool


class TemplateText(TemplateParts):
    """A template, and the file as it is written; `default_config` is the configuration of each stack by its name."""

    environments: dict[str, TemplateEnvironment]
    default_config: dict[str, dict[str, Any]]
    text: str


class DraftedManifest(BaseModel):
    """Nothing of it is stored; the id in it may be taken by the time that it is used."""

    manifest: dict[str, Any]
    layers: list[list[str]]
    warnings: list[Finding]
