"""A real engine that runs out of something half-way: of credentials, of disk, of file descriptors.

The stack fails with the reason, its state stays valid, and the next run makes only what is missing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pulumi_aws as aws
import pytest

from cloud_core.domain.errors import StackFailed, TransientFailure
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.engine import ResourceEvent, StackRun
from cloud_core.testing.engine_host import TARGET, make_engine, waiting_run
from cloud_core.testing.flaky_proxy import FlakyProxy
from sandbox.provider.instances import Instance

GROUP = "/shop/expired"
EXPIRED = b'{"__type": "ExpiredTokenException", "message": "The security token included in the request is expired"}'
# A flow process in miniature, which may write no file beyond a size, or open no more than so many.
_STARVED = """
import resource, sys
from pathlib import Path
from cloud_core.domain.errors import CloudError
from cloud_core.testing.engine_host import make_engine, waiting_run
limit = int(sys.argv[4])
engine = make_engine(Path(sys.argv[1]), int(sys.argv[2]))
engine.probe()
resource.setrlimit(getattr(resource, sys.argv[3]), (limit, limit))
try:
    engine.up(waiting_run(0), lambda event: None)
    print("done")
except CloudError as error:
    print(type(error).__name__, error.message)
"""


def ignore(event: ResourceEvent) -> None:
    """Nobody watches."""


def program() -> None:
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.8.0.0/16")
    aws.cloudwatch.LogGroup("group", name=GROUP, tags={"vpc": vpc.id})


@pytest.fixture
def proxied(endpoint: str) -> Iterator[tuple[FlakyProxy, Instance]]:
    """A provider whose every call goes through a proxy."""
    with FlakyProxy(endpoint).serving() as proxy:
        started = Instance.start(proxy.url)
        yield proxy, started
        started.stop()


def test_credentials_that_expire_in_the_middle_fail_the_stack_and_lose_nothing(
    proxied: tuple[FlakyProxy, Instance], tmp_path: Path
) -> None:
    proxy, provider = proxied
    engine = make_engine(tmp_path, provider.port)
    run = StackRun(TARGET, "op-1", program, lambda processes: None, StopSignal())
    proxy.answer = lambda name, body: (400, EXPIRED) if name == "CreateLogGroup" else None

    with pytest.raises(StackFailed, match="token included in the request is expired") as caught:
        engine.up(run, ignore)

    assert not isinstance(caught.value, TransientFailure)
    assert engine.pending(TARGET) == []
    proxy.answer = lambda name, body: None
    assert engine.up(run, ignore).changes == {"create": 1, "same": 1}
    engine.destroy(run, ignore)


_WITHOUT_TEMPORARY_FILES = """
import sys, tempfile
from pathlib import Path
from cloud_core.testing.engine_host import TARGET, make_engine, waiting_run
engine = make_engine(Path(sys.argv[1]), int(sys.argv[2]))
gone = Path(tempfile.gettempdir())
gone.rmdir()
print(engine.up(waiting_run(0), lambda event: None).changes, engine.pending(TARGET), gone.exists())
"""


def starved(folder: Path, instance: Instance, limit: str, amount: int) -> str:
    """What the process told about its run."""
    arguments = [str(folder), str(instance.port), limit, str(amount)]
    command = [sys.executable, "-c", _STARVED, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stdout


def test_an_engine_that_can_write_no_more_fails_and_the_next_run_converges(instance: Instance, tmp_path: Path) -> None:
    told = starved(tmp_path, instance, "RLIMIT_FSIZE", 256)

    assert told.startswith("StackFailed"), told
    engine = make_engine(tmp_path, instance.port)
    engine.unlock(TARGET)
    assert engine.up(waiting_run(0), ignore).changes == {"create": 1}


def test_256_open_files_are_enough_for_an_engine(instance: Instance, tmp_path: Path) -> None:
    assert starved(tmp_path, instance, "RLIMIT_NOFILE", 256) == "done\n"


def test_the_folder_for_temporary_files_may_go_while_a_flow_runs(instance: Instance, tmp_path: Path) -> None:
    """As when something tidies it up: nothing of an engine's run lies there."""
    folder, state = tmp_path / "temporary", tmp_path / "state"
    for one in (folder, state):
        one.mkdir()
    command = [sys.executable, "-c", _WITHOUT_TEMPORARY_FILES, str(state), str(instance.port)]
    variables = {**os.environ, "TMPDIR": str(folder)}
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert ended.stdout == "{'create': 1} [] False\n", ended.stderr
