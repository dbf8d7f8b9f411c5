"""Somebody else's agreement to an operation: what is asked for, and what was given."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Agreement(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ApprovalRequest(_Agreement):
    """What an operation waits for: an approval of these digests (`domain.approvals`), given before `until`."""

    digests: dict[str, str]
    until: str


class Approval(_Agreement):
    """Somebody's agreement to an operation; it holds for these digests only."""

    approved_by: str
    approved_at: str
    digests: dict[str, str]
    comment: str | None = None
