"""The state compared with AWS on the real engine: what was changed or deleted behind its back, told and left alone."""

from __future__ import annotations

import pulumi_aws as aws

from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.engine import StackRun
from cloud_core.testing.engine_host import TARGET
from sandbox.provider.testing import Clients


def program() -> None:
    for name in ("kept", "changed", "gone"):
        aws.sqs.Queue(name, name=name, visibility_timeout_seconds=30)


def test_what_differs_and_what_is_gone_is_counted_and_stays_so(engine: PulumiEngine, endpoint: str) -> None:
    run = StackRun(TARGET, "op-1", program, lambda processes: None, StopSignal())
    engine.up(run, lambda event: None)
    assert engine.compare(run, lambda event: None).changes == {"same": 3}

    sqs = Clients(endpoint, TARGET.region).sqs
    urls = {url.rpartition("/")[2]: url for url in sqs.list_queues()["QueueUrls"]}
    sqs.set_queue_attributes(QueueUrl=urls["changed"], Attributes={"VisibilityTimeout": "60"})
    sqs.delete_queue(QueueUrl=urls["gone"])

    for _ in range(2):
        assert engine.compare(run, lambda event: None).changes == {"same": 1, "update": 1, "delete": 1}
    engine.destroy(run, lambda event: None)
