"""Whether the platform is well, as it tells everybody: how its parts are, without their details."""

from __future__ import annotations

from cloud_core.adapters.rest.client import RestClient
from cloud_core.domain.errors import InvalidInput
from cloud_core.services.health import Check, CheckStatus, HealthReport


class RemoteHealth:
    """As `services.health`."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def run(self, names: tuple[str, ...] = ()) -> HealthReport:
        """These checks, or all; InvalidInput for a name that there is not."""
        told = self._client.get_open("health")
        known = {name: CheckStatus(status) for name, status in told["services"].items()}
        for name in names:
            if name not in known:
                raise InvalidInput(f"there is no check {name!r}: there are {', '.join(known)}", field="check")
        where = f"at {self._client.address}"
        checks = tuple(Check(name, known[name], where) for name in names or known)
        return HealthReport(told["version"], told["timestamp"], checks)
