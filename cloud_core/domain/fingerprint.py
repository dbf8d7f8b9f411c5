"""What a stack was deployed from, told in parts, so that a deploy that would change nothing need not run.

A fingerprint maps the name of each part to a digest: `program`, `plugins`, `template`, `configuration`, `environment`,
`dependencies`, and one part for each placeholder under its own text, `${network.vpcId}`, with the digest of its value.
Two equal ones mean the same program over the same inputs.
"""

from __future__ import annotations

from collections.abc import Mapping

from cloud_core.domain.digest import keyed_digest
from cloud_core.domain.values import Value, mask

Fingerprint = dict[str, str]


def value_digest(value: Value, key: bytes) -> str:
    """Digest of a value and of which parts of it are secret: one that becomes a secret has changed for its readers."""
    return keyed_digest({"value": value, "shown": mask(value)}, key)


def changed_parts(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Names of the parts that differ, are new, or are gone; sorted. Empty when nothing changed."""
    return sorted(part for part in before.keys() | now.keys() if before.get(part) != now.get(part))
