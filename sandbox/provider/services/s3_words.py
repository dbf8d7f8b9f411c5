"""S3: what several types have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.provider.language import LiveObject
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import Shape


def with_lost(live: LiveObject | None, scope: Scope, shape: Shape, lost: Collection[str]) -> LiveObject | None:
    """The live object with those parts of its rules which the server loses as the program has them.

    Rules are found again by their ID; without IDs there is but one.
    """
    if live is None:
        return None
    known = {rule.get("ID"): rule for rule in shape.send(scope.value("rules") or [])}
    return {**live, "Rules": [_restored(rule, known.get(rule.get("ID"), {}), lost) for rule in live["Rules"]]}


def _restored(live: Mapping[str, Any], known: Mapping[str, Any], lost: Collection[str]) -> dict[str, Any]:
    found = dict(live)
    for key, item in known.items():
        if key in lost:
            found.setdefault(key, item)
        elif isinstance(item, Mapping) and (inner := _restored(live.get(key) or {}, item, lost)):
            found[key] = inner
    return found
