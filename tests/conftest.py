"""For all tests: nothing of the user's environment gets in, and nothing but this machine is reached."""

from __future__ import annotations

import gc
import os
import signal
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from urllib.request import Request, urlopen

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import HealthCheck, settings

_AMBIENT = ("AWS_", "CLOUD_", "PREFECT_", "PULUMI_", "WORKSPACE_ROOT", "COLUMNS", "NO_COLOR", "LOG_LEVEL")
# Where the engine is, is the machine's business, not the test's.
_KEPT = ("CLOUD_ENGINE__BINARY",)
# A folder whose files share servers that take long to start.
_TOGETHER = ("contract",)


def pytest_configure() -> None:
    """Hear Ctrl-C even if whoever started the tests ignores it: processes that tests interrupt would inherit that.

    Property tests judge what code does, never how fast a busy machine does it.
    """
    settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("untimed")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file stay on one worker, unless they name another group: what they share is made once."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            folder = item.path.parent.name
            item.add_marker(pytest.mark.xdist_group(folder if folder in _TOGETHER else item.path.stem))


def pytest_collection_finish() -> None:
    """Collect garbage seldom: walking through all of `pulumi_aws` again and again took a third of the time of the tests
    that draw stacks."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """What tests have counted, added up: each tells `record_property("tally", {what: {name: number}})`."""
    tallies: dict[str, Counter[str]] = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, told in getattr(report, "user_properties", ()):
            for what, numbers in told.items() if name == "tally" else ():
                tallies.setdefault(what, Counter()).update(numbers)
    for what, numbers in sorted(tallies.items()):
        terminalreporter.write_line(f"{what}: " + ", ".join(f"{number} {name}" for name, number in numbers.items()))


@pytest.fixture(scope="session")
def aws_of_worker() -> Iterator[str]:
    """One AWS server for all files that a worker takes: its start and the first call of each service are dear."""
    from sandbox.offline import aws_server  # unit tests do without it

    with aws_server() as url:
        yield url


@pytest.fixture(scope="module")
def endpoint(aws_of_worker: str) -> str:
    """The address of an AWS with nothing in it."""
    with urlopen(Request(f"{aws_of_worker}/moto-api/reset", method="POST")) as answer:
        assert answer.status == HTTPStatus.OK
    return aws_of_worker


@pytest.fixture(scope="session")
def flow_service() -> Iterator[None]:
    """One Prefect server for all files that a worker takes: it takes long to start."""
    from prefect.testing.utilities import prefect_test_harness  # unit tests do without it

    with prefect_test_harness(server_startup_timeout=90):
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, credentials and the terminal's width are what a test sets, nothing else."""
    for name in os.environ:
        if name.startswith(_AMBIENT) and name not in _KEPT:
            monkeypatch.delenv(name)
