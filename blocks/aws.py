"""How flows reach an environment's AWS account."""

from __future__ import annotations

from typing import Any

from prefect.blocks.core import Block
from pydantic import Field


class AwsEnvironment(Block):
    """The profile that flows start from, and the role that they assume in an environment's account."""

    _block_type_name = "Cloud AWS Environment"
    _block_type_slug = "cloud-aws-environment"
    _description = "The role (or profile) that deployments use in an environment's AWS account."
    _logo_url = "https://docs.aws.amazon.com/favicon.ico"  # type: ignore[assignment]
    _documentation_url = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html"  # type: ignore[assignment]

    role_name: str = Field(default="cloud-deployer", description="Role assumed in the environment's account.")
    credentials_profile: str | None = Field(default=None, description="Named profile of the AWS configuration.")

    def to_settings(self) -> dict[str, Any]:
        """The part `aws` of the settings that this block gives."""
        return {"aws": {"role_name": self.role_name, "credentials_profile": self.credentials_profile}}
