"""The tables of the records as one Pulumi component, made from their one definition."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from cloud_core.domain.tables import TABLES, TAGS, TTL_ATTRIBUTE, TableDefinition


class RecordTables(pulumi.ComponentResource):
    """Every table of the platform's records; `names` and `arns` map the name of each definition to the table's own,
    `made` to the table.

    `prefix` is the setting `aws.table_prefix` of whoever uses them. With `protect` neither the engine nor AWS deletes
    them.
    """

    names: pulumi.Output[dict[str, str]]
    arns: pulumi.Output[dict[str, str]]
    made: dict[str, aws.dynamodb.Table]

    def __init__(
        self, name: str, prefix: str, *, protect: bool = True, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("cloud:records:Tables", name, None, opts)
        self.made = made = {table.name: self._table(name, prefix, table, protect) for table in TABLES}
        self.names = pulumi.Output.all(**{one: table.name for one, table in made.items()})
        self.arns = pulumi.Output.all(**{one: table.arn for one, table in made.items()})
        self.register_outputs({"names": self.names, "arns": self.arns})

    def _table(self, name: str, prefix: str, table: TableDefinition, protect: bool) -> aws.dynamodb.Table:
        return aws.dynamodb.Table(
            f"{name}-{table.name}",
            name=prefix + table.name,
            attributes=[aws.dynamodb.TableAttributeArgs(name=one, type="S") for one in table.attributes],
            hash_key=table.hash_key,
            range_key=table.range_key,
            billing_mode="PAY_PER_REQUEST",
            global_secondary_indexes=[
                aws.dynamodb.TableGlobalSecondaryIndexArgs(
                    name=one.name,
                    key_schemas=[
                        aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(attribute_name=key, key_type=kind)
                        for key, kind in ((one.hash_key, "HASH"), (one.range_key, "RANGE"))
                    ],
                    projection_type="ALL",
                )
                for one in table.indexes
            ],
            deletion_protection_enabled=protect,
            server_side_encryption=aws.dynamodb.TableServerSideEncryptionArgs(enabled=True),
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=True),
            ttl=aws.dynamodb.TableTtlArgs(attribute_name=TTL_ATTRIBUTE, enabled=True) if table.expires else None,
            tags=dict(TAGS),
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )
