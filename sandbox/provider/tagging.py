"""How the services write tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any


class TagForm(Enum):
    """How an API writes tags."""

    PAIRS = "pairs"  # [{"Key": k, "Value": v}]
    LOWER = "lower"  # [{"key": k, "value": v}]
    KMS = "kms"  # [{"TagKey": k, "TagValue": v}]
    MAP = "map"  # {k: v}
    EC2 = "ec2"  # on create [{"ResourceType": …, "Tags": pairs}], else pairs


def write_tags(tags: Mapping[str, str], form: TagForm) -> Any:
    """Tags as the API takes them."""
    match form:
        case TagForm.MAP:
            return dict(tags)
        case TagForm.KMS:
            return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
        case TagForm.LOWER:
            return [{"key": key, "value": value} for key, value in tags.items()]
        case _:
            return [{"Key": key, "Value": value} for key, value in tags.items()]


def read_tags(tags: Any) -> dict[str, str]:
    """Tags as any API tells them; AWS's own `aws:` tags are left out."""
    pairs: Iterable[tuple[str, str]] = tags.items() if isinstance(tags, Mapping) else map(_pair, tags or ())
    return {key: value for key, value in pairs if not key.startswith("aws:")}


def _pair(tag: Mapping[str, str]) -> tuple[str, str]:
    key = next(name for name in ("Key", "TagKey", "key") if name in tag)
    return tag[key], tag.get(key.replace("Key", "Value").replace("key", "value"), "")
