"""The command line and the API over fakes."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from api.app import create_app
from api.testing.calling import ApiClient, calling
from api.testing.issuer import TokenIssuer
from cli.answers.testing import check_document
from cli.main import run
from cli.starting import user_name
from cli.testing.scenes import Scene
from cloud_core.adapters.rest.address import Address
from cloud_core.adapters.rest.tokens import GivenToken
from cloud_core.domain.records import Deployment
from cloud_core.remote.services import RemoteServices
from cloud_core.settings import Settings
from cloud_core.settings.api import ApiSettings
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.edge import CHAIN, FakeEdge

_VARIABLES = (
    *("CLOUD_DEPLOYMENT", "CLOUD_ENVIRONMENT", "CLOUD_CONFIG", "CLOUD_REMOTE", "CLOUD_TOKEN"),
    *("LOG_LEVEL", "COLUMNS", "FORCE_COLOR"),
)


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
    for name in _VARIABLES:
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


class Serving:
    """A server of the API over whichever world is `edge`; `services` of a client of it."""

    def __init__(self, issuer: TokenIssuer, edge: FakeEdge) -> None:
        self.edge = edge
        self.clock = FakeClock()
        self.issuer = issuer
        self.url = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.edge, name)

    def token(self, *groups: str) -> str:
        claims = self.issuer.claims(self.clock, user_name(), groups=groups or ("Administrators", "org:Acme"))
        return self.issuer.token(claims)

    @contextmanager
    def running(self) -> Iterator[Serving]:
        limits = {"rate_administrators": "100000/second", "rate_readonly": "100000/second"}
        app = create_app(Settings(api=limits, cognito=self.issuer.settings), self, self.clock)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="on"))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                thread.join(0.01)
                assert thread.is_alive(), "the server has not come up"
            self.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            yield self
        finally:
            server.should_exit = True
            thread.join()


class OverFakes(RemoteServices):
    """A client whose own machine is a world, too: its workspace and its templates."""

    def __init__(self, edge: FakeEdge, address: Address, token: str) -> None:
        super().__init__(Settings, address, GivenToken(token), lambda: edge, edge.clock)
        self.edge = edge

    workspace = property(lambda self: self.edge.workspace)  # type: ignore[assignment]
    catalog = property(lambda self: self.edge.catalog)  # type: ignore[assignment]
    programs = property(lambda self: self.edge.programs)  # type: ignore[assignment]
    find_engine = property(lambda self: self.edge.find_engine)  # type: ignore[assignment]


class RemoteCli:
    """The program through the API: `code`, `out` and `err` are those of the last run."""

    def __init__(self, serving: Serving, capsys: pytest.CaptureFixture[str]) -> None:
        self.serving, self.token = serving, serving.token()
        self._capsys = capsys
        self.code, self.out, self.err = 0, "", ""

    def __call__(self, *arguments: str) -> RemoteCli:
        words = ["--remote", self.serving.url, *arguments]
        self.code = run(words, _nothing_local, lambda _, address: self.services(address))
        self.out, self.err = self._capsys.readouterr()
        return self

    @property
    def edge(self) -> FakeEdge:
        """The world behind the API."""
        return self.serving.edge

    def services(self, address: Address) -> Any:
        return OverFakes(self.serving.edge, address, self.token)


def _nothing_local(settings: Settings) -> Any:
    raise AssertionError("a service of this machine was asked")


@pytest.fixture(scope="module")
def serving(issuer: TokenIssuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with Serving(issuer, FakeEdge(tmp_path_factory.mktemp("first"))).running() as found:
        yield found


@pytest.fixture
def remote(serving: Serving, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> RemoteCli:
    caplog.set_level("CRITICAL", "api.access")
    return RemoteCli(serving, capsys)


@pytest.fixture
def worlds(cli: Any, remote: RemoteCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Begins two worlds that are the same: one for this machine, and one behind the API."""

    def begin(scene: Scene) -> None:
        made = []
        for name in ("here", "there"):
            (tmp_path / name).mkdir()
            monkeypatch.chdir(tmp_path / name)
            cli.edge = FakeEdge(tmp_path / name)
            scene.start(cli, scene.home)
            made.append(cli.edge)
        cli.edge, remote.serving.edge = made

    return begin
