"""A destroy that would meet a protected resource, on the real engine and an AWS server: everything stays."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pytest

from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.domain.errors import ProtectedResources
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.engine import StackRun
from cloud_core.testing.engine_host import TARGET
from sandbox.provider.testing import Clients


@pytest.fixture
def clients(endpoint: str) -> Clients:
    return Clients(endpoint, TARGET.region)


def run(protect: bool) -> StackRun:
    """A stack of two queues, one of which may be protected and is needed by the other."""

    def program() -> None:
        vault = aws.sqs.Queue("vault", name="vault", opts=pulumi.ResourceOptions(protect=protect))
        aws.sqs.Queue("loose", name="loose", opts=pulumi.ResourceOptions(depends_on=[vault]))

    return StackRun(TARGET, "op-1", program, lambda processes: None, StopSignal())


def queues(clients: Clients) -> set[str]:
    return {url.rpartition("/")[2] for url in clients.sqs.list_queues().get("QueueUrls", [])}


def test_nothing_is_deleted_until_the_protection_is_taken_off(engine: PulumiEngine, clients: Clients) -> None:
    engine.up(run(protect=True), lambda event: None)
    (urn,) = engine.protected(TARGET)
    assert urn.endswith("aws:sqs/queue:Queue::vault")

    with pytest.raises(ProtectedResources, match="aws:sqs/queue:Queue 'vault' of stack 'waits'"):
        engine.destroy(run(protect=True), lambda event: None)

    assert queues(clients) == {"vault", "loose"}
    assert engine.up(run(protect=True), lambda event: None).changes.keys() == {"same"}

    engine.up(run(protect=False), lambda event: None)
    assert engine.protected(TARGET) == []
    engine.destroy(run(protect=False), lambda event: None)
    assert queues(clients) == set()
