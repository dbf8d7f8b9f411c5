"""Where the engine keeps its state."""

from __future__ import annotations

from typing import Any

from prefect.blocks.core import Block
from pydantic import Field


class PulumiBackend(Block):
    """The engine's backend and secrets provider; a passphrase is never in here."""

    _block_type_name = "Cloud Pulumi Backend"
    _block_type_slug = "cloud-pulumi-backend"
    _description = "Where Pulumi keeps the state of the stacks, and what encrypts the secrets in it."
    _logo_url = "https://www.pulumi.com/favicon.ico"  # type: ignore[assignment]
    _documentation_url = "https://www.pulumi.com/docs/iac/concepts/state-and-backends/"  # type: ignore[assignment]

    backend_url: str = Field(description="file://, s3:// or https:// address of the state.")
    secrets_provider: str | None = Field(
        default=None, description="awskms://... ; a passphrase from the environment when not set."
    )

    def to_settings(self) -> dict[str, Any]:
        """The part `engine` of the settings that this block gives."""
        return {"engine": {"backend_url": self.backend_url, "secrets_provider": self.secrets_provider}}
