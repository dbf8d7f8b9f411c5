"""Bucket policies as they concern callers in the sandbox, who all are the account itself and come by loopback.

By itself moto looks neither at conditions nor at who is meant: one statement with a condition, such as "deny what
comes without TLS" or "log delivery may write", locks everybody out of every object.
"""

from __future__ import annotations

import json
from typing import Any, Final

_EVERYBODY: Final = "*"


def read_bucket_policies_as_owner() -> None:
    """Make moto apply only the statements that hold for everybody, without conditions."""
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    def permission(bucket: Any, action: str, resource: str) -> Any:
        statements = _unconditional(bucket.policy)
        if not statements:
            return PermissionResult.NEUTRAL
        return IAMPolicy(json.dumps({"Statement": statements})).is_action_permitted(action, resource)

    buckets: Any = FakeBucket
    buckets.get_permission = permission


def _unconditional(policy: bytes | None) -> list[dict[str, Any]]:
    """None in a policy that is no JSON: moto takes any text for one."""
    try:
        found = json.loads(policy or "{}").get("Statement", [])
    except (ValueError, AttributeError):
        return []
    statements = [found] if isinstance(found, dict) else found
    return [one for one in statements if not one.get("Condition") and _is_everybody(one.get("Principal"))]


def _is_everybody(principal: Any) -> bool:
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    return _EVERYBODY in named if isinstance(named, list) else named == _EVERYBODY
