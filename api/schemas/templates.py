"""Templates, and manifests made from them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from cloud_core.answers.parts import Finding


class DraftedManifest(BaseModel):
    """Nothing of it is stored; the id in it may be taken by the time that it is used."""

    manifest: dict[str, Any]
    layers: list[list[str]]
    warnings: list[Finding]
