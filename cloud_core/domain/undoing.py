"""What was decided about a deploy that failed and was to be taken back then."""

from __future__ import annotations

from dataclasses import dataclass

from cloud_core.domain.wishes import RollbackWish


@dataclass(frozen=True)
class Undoing:
    """`operation_id` is promised to the operation that will do it; None when nothing will be done, and `words` say why.

    `stacks` are those of that operation: what goes, and what is put back to the manifest of then; `moves_manifest`
    says that this is another one than the record's.
    """

    words: str
    operation_id: str | None = None
    stacks: tuple[str, ...] = ()
    wish: RollbackWish | None = None
    moves_manifest: bool = False

    @classmethod
    def promised(
        cls, operation_id: str, stacks: tuple[str, ...], wish: RollbackWish, moves_manifest: bool, waits: bool
    ) -> Undoing:
        """`waits` says that somebody has to approve it first."""
        words = f"rolled back by {operation_id}"
        words = f"to be {words}, once that is approved" if waits else words
        return cls(words, operation_id, stacks, wish, moves_manifest)

    @classmethod
    def refused(cls, why: str) -> Undoing:
        return cls(f"not rolled back: {why}")
