"""The user pool that signs the tokens of people and programs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CognitoSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str = Field(default="us-east-1", description="Region of the user pool.")
    user_pool_id: str | None = Field(default=None, description="Id of the user pool.")
    client_id: str | None = Field(default=None, description="Id of the app client whose tokens are accepted.")
    jwks_url: str | None = Field(default=None, description="Address of the pool's public keys, when not AWS's own.")
    keys_seconds: float = Field(
        default=3600.0, gt=0, description="Seconds after which the pool's public keys are read again."
    )
    refetch_seconds: float = Field(
        default=10.0, gt=0, description="Seconds between two readings of the keys, however many unknown ones are named."
    )
    clock_skew_seconds: int = Field(
        default=30, ge=0, description="Seconds that a token may come from the future; it never lives longer for it."
    )

    @property
    def issuer(self) -> str:
        """Who signs the tokens: the pool's own address in AWS, wherever its keys are read."""
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.user_pool_id}"

    @property
    def keys_url(self) -> str:
        return self.jwks_url or f"{self.issuer}/.well-known/jwks.json"
