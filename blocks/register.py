"""Registers the block types with the flow service, and the documents that point at a sandbox.

    python -m blocks.register NAME BACKEND_URL

The documents get the name; flows find them by the setting `prefect.blocks`. Cognito's type is registered only: its
document needs a pool.
"""

from __future__ import annotations

import sys

from blocks import ALL_BLOCKS, AwsEnvironment, PulumiBackend, RecordTables
from cloud_core.settings import Settings, load_settings


def register(name: str, backend_url: str, settings: Settings) -> None:
    """Make the types known and save one document of each kind that flows use; saving again overwrites."""
    for kind in ALL_BLOCKS:
        kind.register_type_and_schema()
    aws = settings.aws
    AwsEnvironment(role_name=aws.role_name, credentials_profile=aws.credentials_profile).save(name, overwrite=True)
    PulumiBackend(backend_url=backend_url, secrets_provider=settings.engine.secrets_provider).save(name, overwrite=True)
    RecordTables(region=aws.records_region, table_prefix=aws.table_prefix).save(name, overwrite=True)


if __name__ == "__main__":
    register(sys.argv[1], sys.argv[2], load_settings())
