"""How the services write tags, and the calls that change them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from sandbox.provider.language import Call

if TYPE_CHECKING:
    from sandbox.provider.scope import Scope


class TagForm(Enum):
    """How an API writes tags."""

    PAIRS = "pairs"  # [{"Key": k, "Value": v}]
    LOWER = "lower"  # [{"key": k, "value": v}]
    KMS = "kms"  # [{"TagKey": k, "TagValue": v}]
    MAP = "map"  # {k: v}
    EC2 = "ec2"  # on create [{"ResourceType": …, "Tags": pairs}], else pairs


@dataclass(frozen=True)
class Tags:
    """A service's way with tags: what adds `$new_tags` and removes `$gone_keys` (or `$gone_tags`).

    A service that takes only the whole set has `add` with `$all_tags`, and `remove=None`; `clear` is its call for
    an empty set where it has one. `form`: how `$new_tags` and `$all_tags` are written; `$gone_tags` is always
    `[{"Key": k}]`. `at`: path of the tags in the live object. `resource_type`: EC2's name of the type.
    `after_create`: the create call takes no tags, so that they are added once the object is there.
    """

    add: Call | Callable[[Scope], object]
    remove: Call | Callable[[Scope], object] | None
    form: TagForm = TagForm.PAIRS
    at: str = "Tags"
    resource_type: str = ""
    clear: Call | Callable[[Scope], object] | None = None
    after_create: bool = False


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
