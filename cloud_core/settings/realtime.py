"""What is told live over sockets."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class RealtimeSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sockets: int = Field(default=1000, gt=0, description="Sockets that one process of the API holds at most.")
    idle_seconds: float = Field(
        default=600.0, gt=0, description="Seconds after which a socket is closed whose client sends nothing."
    )
    calls_per_second: float = Field(
        default=20.0,
        gt=0,
        description="Reads of logs, records and the flow service that one process makes for all of its sockets.",
    )
    queued_messages: int = Field(
        default=1000,
        gt=0,
        description="Messages that wait for one subscriber before the next are dropped, and told so.",
    )
    connections_key: SecretStr | None = Field(
        default=None,
        description="Key of `/ws/@connections`, over which other processes push to the API's sockets; not served "
        "when not set.",
    )
    functions: Path | None = Field(
        default=None,
        description="Archive of the Lambda functions, which then serve the API's sockets in a process of their own; "
        "for trying out what `cloud control-plane deploy` has built.",
    )
    endpoint: str | None = Field(
        default=None, description="Address of API Gateway's `@connections`, when it holds the sockets."
    )
