"""What is told live over sockets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from cloud_core.domain.access.users import Group
from cloud_core.domain.errors import InvalidInput


class RealtimeSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sockets: int = Field(default=1000, gt=0, description="Sockets that one process of the API holds at most.")
    sockets_administrators: int = Field(default=100, gt=0, description="Sockets that each of the Administrators has.")
    sockets_developers: int = Field(default=10, gt=0, description="Sockets that each of the Developers has.")
    sockets_readonly: int = Field(default=2, gt=0, description="Sockets that everybody else who may read has.")
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

    @property
    def sockets_of(self) -> Mapping[Group, int]:
        """How many sockets a user of the group has at once."""
        return {
            Group.ADMINISTRATORS: self.sockets_administrators,
            Group.DEVELOPERS: self.sockets_developers,
            Group.READ_ONLY: self.sockets_readonly,
        }

    def require_way_back(self) -> None:
        """InvalidInput when functions that run apart could not push to the sockets of this process."""
        if self.endpoint is None or self.connections_key is None:
            raise InvalidInput(
                "the functions of CLOUD_REALTIME__FUNCTIONS could send nothing to the sockets",
                field="realtime.functions",
                suggestion="set CLOUD_REALTIME__ENDPOINT to this API's own /ws, such as http://127.0.0.1:8080/ws, and "
                "CLOUD_REALTIME__CONNECTIONS_KEY to any text that is hard to guess",
            )
