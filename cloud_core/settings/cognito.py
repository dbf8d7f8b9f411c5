"""The user pool that signs the tokens of people and programs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CognitoSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str = Field(default="us-east-1", description="Region of the user pool.")
    user_pool_id: str | None = Field(default=None, description="Id of the user pool.")
    client_id: str | None = Field(default=None, description="Id of the app client whose tokens are accepted.")
    jwks_url: str | None = Field(default=None, description="Address of the pool's public keys, when not AWS's own.")
