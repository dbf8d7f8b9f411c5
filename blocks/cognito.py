"""Who signs the tokens of people and programs."""

from __future__ import annotations

from typing import Any

from prefect.blocks.core import Block
from pydantic import Field


class CognitoPool(Block):
    """The user pool and the app client whose tokens are accepted."""

    _block_type_name = "Cloud Cognito Pool"
    _block_type_slug = "cloud-cognito-pool"
    _description = "The Cognito user pool that signs the tokens of people and programs."
    _logo_url = "https://docs.aws.amazon.com/favicon.ico"  # type: ignore[assignment]
    _documentation_url = "https://docs.aws.amazon.com/cognito/latest/developerguide/"  # type: ignore[assignment]

    region: str = Field(default="us-east-1", description="Region of the user pool.")
    user_pool_id: str = Field(description="Id of the user pool.")
    client_id: str = Field(description="Id of the app client.")
    jwks_url: str | None = Field(default=None, description="Address of the public keys, when not AWS's own.")

    def to_settings(self) -> dict[str, Any]:
        """The part `cognito` of the settings that this block gives."""
        return {
            "cognito": {
                "region": self.region,
                "user_pool_id": self.user_pool_id,
                "client_id": self.client_id,
                "jwks_url": self.jwks_url,
            }
        }
