"""The Pulumi engine: where it is, where its state lies, how long it may take."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class EngineSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    binary: Path | None = Field(default=None, description="The engine's binary; looked for when not set.")
    minimum_version: str = Field(default="3.255.0", description="Oldest engine that is accepted.")
    backend_url: str | None = Field(
        default=None,
        description="Backend of the engine's state: file://, s3:// or https://; set by the sandbox itself.",
    )
    secrets_provider: str | None = Field(
        default=None, description="awskms://... ; a passphrase from the environment when not set."
    )
    passphrase: SecretStr | None = Field(default=None, description="Passphrase of the engine's secrets.")
    digest_key: SecretStr | None = Field(
        default=None, description="Key of the digests of secret values in the records; the passphrase when not set."
    )
    stop_seconds: float = Field(
        default=600.0, gt=0, description="Seconds that a stopping engine may take before it is killed."
    )
