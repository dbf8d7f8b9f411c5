"""A program whose engine died is left in the middle; when Python collects it, no other program may notice."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import ROOT, Settings, configure
from pulumi.runtime.stack import run_in_stack

from cloud_core.adapters.pulumi.outputs import capturing
from cloud_core.domain.values import Value
from stacks.testing import draw


class _DyingMonitor:
    """An engine's side that knows the stack, and then never answers in time."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.dead = threading.Event()

    def SupportsFeature(self, request: Any) -> Any:
        return resource_pb2.SupportsFeatureResponse(hasSupport=False)

    def RegisterResource(self, request: Any) -> Any:
        if request.custom:
            self.asked.set()
            self.dead.wait()
        return resource_pb2.RegisterResourceResponse(urn=f"urn:pulumi:stack::project::{request.type}::{request.name}")


def _make_network() -> None:
    pulumi.export("vpcId", aws.ec2.Vpc("abandoned", cidr_block="10.0.0.0/16").id)


def _abandon_a_program() -> None:
    """Start a program in a loop of its own, and leave both while it waits for its engine."""
    monitor, loop, executor = _DyingMonitor(), asyncio.new_event_loop(), ThreadPoolExecutor()
    loop.set_default_executor(executor)

    async def start() -> None:
        ROOT.set(None)
        configure(Settings("project", "abandoned", monitor, MockEngine(None), dry_run=False, organization="o"))
        loop.create_task(run_in_stack(capturing(_make_network, {})))
        await asyncio.to_thread(monitor.asked.wait)

    loop.run_until_complete(start())
    monitor.dead.set()
    executor.shutdown()


def test_collecting_an_abandoned_program_does_not_touch_the_running_one() -> None:
    """Its outputs went to the engine of the program that happened to run, which failed of it."""

    def program() -> None:
        gc.collect()
        pulumi.export("own", aws.ec2.Vpc("running", cidr_block="10.1.0.0/16").cidr_block)

    gc.disable()
    try:
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(contextvars.copy_context().run, _abandon_a_program).result()
        picture = draw(program)
    finally:
        gc.enable()
    assert picture.outputs == {"own": "10.1.0.0/16"}


def test_the_exports_of_a_program_are_captured_with_their_secrets() -> None:
    captured: dict[str, Value] = {}

    def program() -> None:
        pulumi.export("cidr", aws.ec2.Vpc("network", cidr_block="10.0.0.0/16").cidr_block)

    picture = draw(capturing(program, captured))
    assert captured == picture.outputs == {"cidr": "10.0.0.0/16"}
