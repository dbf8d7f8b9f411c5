"""Stands in for a function's own code until the pipeline brings it: it does nothing and loses nothing."""

from __future__ import annotations

import json
from typing import Any


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Messages of a queue are handed back, so that they wait, and end with the dead letters if nobody comes for them.
    Other callers hear that there is no code yet."""
    records = event.get("Records", []) if isinstance(event, dict) else []
    messages = [record["messageId"] for record in records if "messageId" in record]
    if messages:
        return {"batchItemFailures": [{"itemIdentifier": message} for message in messages]}
    return {"statusCode": 501, "body": json.dumps({"message": "this function has no code yet"})}
