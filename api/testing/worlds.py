"""The API over one world after another: an application is made once, and each test has a world of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

from api.app import create_app
from api.testing.calling import ApiClient, calling
from api.testing.calls import Call, deploy_dev, prepared
from api.testing.faults import FaultyRecords
from api.testing.issuer import TokenIssuer
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.access.users import Group
from cloud_core.ports.records import Records
from cloud_core.settings import Settings
from cloud_core.settings.api import ApiSettings
from cloud_core.testing.clock import FakeClock, ScriptedClock
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.records import InMemoryRecords

ROLES: Final[Mapping[str, tuple[Group, str]]] = {
    "admin": (Group.ADMINISTRATORS, "ada"),
    "developer": (Group.DEVELOPERS, "dev"),
    "reader": (Group.READ_ONLY, "rob"),
}
"""Each role with its group, and somebody who has it."""
_ENDLESS: Final = "1000000000/minute"


class Worlds:
    """The services of whichever world there is now; in each, dev is deployed and nothing runs.

    `fault` is called before any service is given, `faulty.fault` before the records do anything.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self.fault: Callable[[], object] | None = None
        self.fresh()

    def __getattr__(self, name: str) -> Any:
        if self.fault is not None:
            self.fault()
        return getattr(self.edge, name)

    def fresh(self) -> None:
        """The next world."""
        self._made += 1
        clock = ScriptedClock()
        self.fault = None
        self.faulty = FaultyRecords(InMemoryRecords(clock))
        self.edge = FakeEdge(self._folder / str(self._made), records=cast(Records, self.faulty), clock=clock)
        self.deployed = deploy_dev(self.edge)

    def prepared(self, call: Call) -> Call:
        """The call, as it can be made in a new world."""
        self.fresh()
        return prepared(self.edge, call, self.deployed)


class ApiOverWorlds:
    """`as_role` says who calls from then on."""

    def __init__(self, worlds: Worlds, client: ApiClient, issuer: TokenIssuer, clock: FakeClock) -> None:
        self.worlds, self.client, self.clock = worlds, client, clock
        self._issuer = issuer
        self._tokens = {role: self.token(role) for role in ROLES}

    def token(self, role: str, *groups: str, user: str | None = None, **claims: Any) -> str:
        """Of somebody with the role, in Acme unless `groups` say otherwise."""
        group, usual = ROLES[role]
        made = self._issuer.claims(self.clock, user or usual, "access", groups or (group, "org:Acme"))
        return self._issuer.token({**made, **claims})

    def as_role(self, role: str) -> ApiClient:
        self.client.token = self._tokens[role]
        return self.client


@contextmanager
def over_worlds(folder: Path, issuer: TokenIssuer, **settings: Any) -> Iterator[ApiOverWorlds]:
    """Nobody is held up by a rate, unless the settings say so."""
    rates = {f"rate_{who}": _ENDLESS for who in ("administrators", "developers", "readonly", "anonymous")}
    worlds, clock = Worlds(folder), FakeClock()
    api = ApiSettings(**{**rates, **settings})
    app = create_app(Settings(api=api, cognito=issuer.settings), cast(EdgeServices, worlds), clock)
    with calling(app) as client:
        try:
            yield ApiOverWorlds(worlds, client, issuer, clock)
        finally:
            worlds.fresh()  # at its end the application writes its counts: no fault of the last test may meet that
