"""What of a manifest is told beside it: each environment and each stack in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# The manifest's names, and those that are told.
ENVIRONMENT_FIELDS: Final = {"enabled": "enabled", "region": "region", "account": "account_id"}
STACK_FIELDS: Final = {"enabled": "enabled", "dependencies": "dependencies", "layer": "layer", "priority": "priority"}


def outline(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`environments` and `stacks`, of canonical plain data; what the manifest does not say is left out."""
    return {
        "environments": _outline(manifest.get("environments"), ENVIRONMENT_FIELDS),
        "stacks": _outline(manifest.get("stacks"), STACK_FIELDS),
    }


def _outline(section: Any, fields: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(section, Mapping):
        return {}
    return {
        str(name): {told: entry[field] for field, told in fields.items() if field in entry}
        for name, entry in section.items()
        if isinstance(entry, Mapping)
    }
