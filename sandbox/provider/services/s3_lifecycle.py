"""S3: what becomes of a bucket's objects as they grow old."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final

from sandbox.provider.gaps import Gap
from sandbox.provider.language import Input, Kind, LiveObject
from sandbox.provider.scope import Scope
from sandbox.provider.services.s3_settings import asked, dropped, part, put
from sandbox.provider.services.s3_words import with_lost
from sandbox.provider.shapes import Shape, block, pairs

LOST: Final = frozenset({"NewerNoncurrentVersions", "ObjectSizeGreaterThan", "ObjectSizeLessThan"})


def _midnight(found: Any) -> str:
    return found if isinstance(found, str) else str(found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


NAMES: Final = block(
    {
        "date": ("Date", Shape(lambda given: given, _midnight)),
        "id": "ID",
        "tags": ("Tags", pairs("Key", "Value")),
    }
)
_ask: Final = asked("get_bucket_lifecycle_configuration", "@", "NoSuchLifecycleConfiguration")


def _read(scope: Scope) -> LiveObject | None:
    return with_lost(_ask(scope), scope, NAMES, LOST)


LIFECYCLE: Final = part(
    "LifecycleConfiguration",
    (
        Input("rules", kind=Kind.BLOCK, shape=NAMES, partial=True),
        Input("transitionDefaultMinimumObjectSize", default="all_storage_classes_128K", stored=True),
    ),
    put(
        "put_bucket_lifecycle_configuration",
        LifecycleConfiguration={"Rules": "$rules"},
        TransitionDefaultMinimumObjectSize="$transitionDefaultMinimumObjectSize",
    ),
    _read,
    dropped("delete_bucket_lifecycle"),
)

RESOURCES: Final = (LIFECYCLE,)

GAPS: Final = (
    Gap(
        LIFECYCLE.token,
        "rules",
        "get_bucket_lifecycle_configuration does not tell sizes of filters, nor how many newer versions stay",
        "these parts are kept in the state",
    ),
    Gap(
        LIFECYCLE.token,
        "transitionDefaultMinimumObjectSize",
        "get_bucket_lifecycle_configuration tells all_storage_classes_128K whatever was given",
    ),
)
