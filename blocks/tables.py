"""Where the records are."""

from __future__ import annotations

from typing import Any

from prefect.blocks.core import Block
from pydantic import Field


class RecordTables(Block):
    """Region and prefix of the DynamoDB tables."""

    _block_type_name = "Cloud Record Tables"
    _block_type_slug = "cloud-record-tables"
    _description = "The DynamoDB tables that hold deployments, stacks, operations, logs, events and metrics."
    _logo_url = "https://docs.aws.amazon.com/favicon.ico"  # type: ignore[assignment]
    _documentation_url = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"  # type: ignore[assignment]

    region: str = Field(default="us-east-1", description="Region of the tables.")
    table_prefix: str = Field(default="cloud-", description="Prefix of the tables' names.")

    def to_settings(self) -> dict[str, Any]:
        """The part `aws` of the settings that this block gives."""
        return {"aws": {"records_region": self.region, "table_prefix": self.table_prefix}}
