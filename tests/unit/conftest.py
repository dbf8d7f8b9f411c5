"""The command line and the API over fakes."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.testing.calling import ApiClient, calling
from api.testing.issuer import TokenIssuer
from cli.answers.testing import check_document
from cli.main import run
from cloud_core.domain.records import Deployment
from cloud_core.settings import Settings
from cloud_core.settings.api import ApiSettings
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.edge import CHAIN, FakeEdge


class Cli:
    """The program over fakes: `code`, `out` and `err` are those of the last run."""

    def __init__(self, edge: FakeEdge, capsys: pytest.CaptureFixture[str]) -> None:
        self.edge = edge
        self._capsys = capsys
        self.code, self.out, self.err = 0, "", ""

    def __call__(self, *arguments: str) -> Cli:
        self.code = run(arguments, lambda settings: self.edge)
        self.out, self.err = self._capsys.readouterr()
        return self

    def json(self, *arguments: str) -> Any:
        """The one document, which is what the shipped schema says."""
        document = json.loads(self(*arguments, "--json").out)
        check_document(arguments, document)
        return document


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    for name in ("CLOUD_DEPLOYMENT", "CLOUD_ENVIRONMENT", "CLOUD_CONFIG", "LOG_LEVEL", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return Cli(FakeEdge(tmp_path), capsys)


class Keyboard(io.StringIO):
    """A terminal at which somebody types these lines."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Any:
    def type_lines(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", Keyboard("".join(f"{line}\n" for line in lines)))

    return type_lines


@pytest.fixture(scope="session")
def issuer() -> Iterator[TokenIssuer]:
    """One key for all tests: making it takes longer than a test."""
    with TokenIssuer().serving() as serving:
        yield serving


class Api:
    """The API over fakes. `as_` says who calls from then on; organisations are told apart by `org:Acme`."""

    def __init__(self, edge: FakeEdge, issuer: TokenIssuer, clock: FakeClock, client: ApiClient) -> None:
        self.edge, self.issuer, self.clock, self.client = edge, issuer, clock, client

    def as_(self, *groups: str, user: str = "ann", use: str = "access") -> ApiClient:
        claims = self.issuer.claims(self.clock, user, use, groups)
        self.client.token = self.issuer.token(claims)
        return self.client

    def another(self, deployment_id: str, organization: str = "Acme") -> Deployment:
        """One more deployment, which has a record and no folder."""
        records = self.edge.world.records.deployments
        known = records.get_by_id(DEPLOYMENT_ID)
        changes = {"deployment_id": deployment_id, "organization": organization}
        return records.create(known.model_copy(update=changes))

    def admin(self) -> ApiClient:
        return self.as_("Administrators", "org:Acme", user="ada")

    def developer(self) -> ApiClient:
        return self.as_("Developers", "org:Acme", user="dev")

    def reader(self) -> ApiClient:
        return self.as_("ReadOnly", "org:Acme", user="rob")


MakeApi = Callable[..., Api]


@pytest.fixture
def make_api(tmp_path: Path, issuer: TokenIssuer) -> Iterator[MakeApi]:
    """An API with these settings of its own."""
    with ExitStack() as open_now:

        def make(stacks: Mapping[str, Mapping[str, Any]] = CHAIN, **settings: Any) -> Api:
            edge, clock = FakeEdge(tmp_path, stacks), FakeClock()
            app = create_app(Settings(api=ApiSettings(**settings), cognito=issuer.settings), edge, clock)
            return Api(edge, issuer, clock, open_now.enter_context(calling(app)))

        yield make


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api()
