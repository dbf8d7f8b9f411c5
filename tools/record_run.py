"""Keep a deployment's run as test data: `python tools/record_run.py D1BRV40 > tests/unit/recordings/NAME.jsonl`.

The items of the tables that are about it, as DynamoDB gives them back, one a line; in the sandbox of the folder that
`CLOUD_WORKSPACE` names, or wherever the settings lead. What is masked in records is masked here, too. Of the lines of
its log only some are kept: they repeat what the events tell.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any, Final

from boto3.dynamodb.conditions import Key

from cloud_core.adapters.dynamodb.table import PATIENCE_SECONDS, Query, Table
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.tables import DEPLOYMENTS, LOGS, STACKS
from cloud_core.settings import load_settings

_LINE: Final = "TIMESTAMP#"
_LINES: Final = 20


def items(services: EdgeServices, deployment_id: str) -> Iterator[dict[str, Any]]:
    lines = count()
    query = Query(Key("PK").eq(f"DEPLOYMENT#{deployment_id}"), newest_first=False)
    for definition in (DEPLOYMENTS, STACKS, LOGS):
        name = services.settings.aws.table_prefix + definition.name
        table, start = Table(services.records_client, name, services.clock, PATIENCE_SECONDS), None
        while True:
            found, start = table.query(query, start=start)
            yield from (item for item in found if not item["SK"].startswith(_LINE) or next(lines) < _LINES)
            if start is None:
                break


def plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"no item holds a {type(value).__name__}")


def main() -> None:
    (deployment_id,) = sys.argv[1:]
    for item in items(EdgeServices(load_settings()), deployment_id):
        print(json.dumps(item, default=plain))


if __name__ == "__main__":
    main()
