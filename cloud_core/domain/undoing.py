"""What was decided about a deploy that failed and was to be taken back then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud_core.domain.wishes import RollbackWish


@dataclass(frozen=True)
class Undoing:
    """`operation_id` is promised to the operation that will do it; None when nothing will be done, and `words` say why.

    `stacks` are those of that operation: what goes, and what is put back to the `manifest` of then (None: the manifest
    stays).
    """

    words: str
    operation_id: str | None = None
    stacks: tuple[str, ...] = ()
    wish: RollbackWish | None = None
    manifest: Mapping[str, Any] | None = field(default=None, repr=False)

    @classmethod
    def refused(cls, why: str) -> Undoing:
        return cls(f"not rolled back: {why}")
