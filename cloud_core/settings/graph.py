"""GraphQL: what may be asked at once, and what is told about the schema."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class GraphQLSettings(BaseModel):
    """Limits are of one request; those of subscriptions of one socket."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    introspection: bool | None = Field(
        default=None, description="Whether the schema can be asked for; only in the sandbox when not set."
    )
    max_depth: int = Field(default=8, ge=2, description="Levels of fields that a document may have.")
    max_cost: int = Field(
        default=2000,
        gt=0,
        description="Cost that a document may have: 1 for each field, its limit for each list, 100 for what reads all.",
    )
    max_tokens: int = Field(default=2000, gt=0, description="Words and signs that a document may have.")
    max_subscriptions: int = Field(default=20, gt=0, description="Subscriptions that a socket may have at once.")
    appsync_url: str | None = Field(
        default=None,
        description="Address of AppSync's API, whose subscribers `python -m realtime.broadcasting` tells what happens.",
    )
    poll_seconds: float = Field(
        default=5.0,
        gt=0,
        description="Seconds after which a subscription looks by itself for what no event tells of; events are told at "
        "once.",
    )
