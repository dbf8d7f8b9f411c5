"""What is asked of an operation besides its action: to repair what another one left, or to take it back."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RollbackWish(BaseModel):
    """What a rollback takes back of the operation `of`: `destroys` are the stacks that it had made, `left` maps what
    stays as it is to the reason. The operation's other stacks are put back to the manifest's `version`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: str
    version: int | None = None
    destroys: list[str] = Field(default_factory=list)
    left: dict[str, str] = Field(default_factory=dict)


class RepairWish(BaseModel):
    """What somebody said about that which an interrupted run left behind.

    `allowed` lets prod be repaired, the others are anyway. `adopt` maps the URN of a resource, whose creation never
    ended, to its id in AWS; `forget` lists URNs of which nothing is there. `break_locks` names stacks whose engine
    lock goes although its owner can't be proven dead.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    allowed: bool = False
    adopt: dict[str, str] = Field(default_factory=dict)
    forget: list[str] = Field(default_factory=list)
    break_locks: list[str] = Field(default_factory=list)
