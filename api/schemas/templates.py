"""Templates, and manifests made from them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from cloud_core.answers.parts import Finding
from cloud_core.answers.templates import Template


class TemplateText(Template):
    """A template, and the file as it is written."""

    text: str


class DraftedManifest(BaseModel):
    """Nothing of it is stored; the id in it may be taken by the time that it is used."""

    manifest: dict[str, Any]
    layers: list[list[str]]
    warnings: list[Finding]
