"""Which AWS the platform talks to."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class AwsSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    credentials_profile: str | None = Field(
        default=None, description="Named profile of the AWS configuration; only with profile 'aws'."
    )
    role_name: str = Field(
        default="cloud-deployer",
        description="Role that is assumed in the environment's account before a stack is deployed.",
    )
    records_region: str = Field(default="us-east-1", description="Region of the records' tables.")
    table_prefix: str = Field(default="cloud-", description="Prefix of the tables' names.")
