"""Port to the flow service: operations go in as ids, what only the service knows comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from cloud_core.domain.records import Operation

_ENDED: Final = frozenset({"completed", "failed", "cancelled", "crashed"})


@dataclass(frozen=True)
class FlowRun:
    """A run as the flow service sees it; its state is for display, never proof. `name` tells more than the state: a
    scheduled run may be `late`."""

    flow_run_id: str
    state: str
    url: str | None
    name: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether the service says that the run is over."""
        return self.state in _ENDED


class FlowRunner(Protocol):
    """Raises FlowServiceUnreachable when the service does not answer."""

    def submit(self, operation: Operation) -> FlowRun:
        """Start the operation's flow run; the same operation gives the same run."""

    def get(self, flow_run_id: str) -> FlowRun | None: ...

    def register_environment(self, deployment_id: str, environment: str) -> None:
        """Make (or refresh) the service's own deployment `<id>-<env>`, so that operators find it in the UI."""

    def check(self) -> str:
        """The service's version; FlowServiceUnreachable also when our flows are not registered with it."""
