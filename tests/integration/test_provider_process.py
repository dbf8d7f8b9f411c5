"""`python -m sandbox.provider`: one process, instances on request, a clean end, and nothing beyond this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from sandbox.provider import wire

WAIT = "urn:pulumi:test::sandbox::aws:sandbox/wait:Wait::wait"


class Process:
    """The provider's process and its control interface."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.ready = process.stdout.readline().strip()
        self.url = self.ready.rpartition(" ")[2]

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                content = answer.read()
                return answer.status, json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sandbox.provider", *arguments]


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[Process]:
    process = subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )
    with process:
        try:
            yield Process(process)
        finally:
            process.kill()


@contextmanager
def connected(port: int) -> Iterator[Any]:
    """A configured connection to an instance, as the engine makes it."""
    apart = [("grpc.use_local_subchannel_pool", 1)]  # like another engine: a connection of its own
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=apart) as channel:
        provider: Any = ResourceProviderStub(channel)
        provider.Handshake(provider_pb2.ProviderHandshakeRequest(), timeout=30)
        provider.Configure(provider_pb2.ConfigureRequest(args=wire.encode({"region": "us-east-1"})), timeout=30)
        yield provider


def waiting(provider: Any, seconds: float) -> Any:
    """A Create that takes its time, under way."""
    properties = wire.encode({"seconds": seconds, "value": "x", "fail": False})
    return provider.Create.future(provider_pb2.CreateRequest(urn=WAIT, properties=properties), timeout=60)


def test_instances_come_and_go(endpoint: str, tmp_path: Path) -> None:
    log = tmp_path / "provider.log"
    with started("--aws-endpoint", endpoint, "--log", str(log)) as process:
        assert process.ready.startswith("sandbox provider ready on http://127.0.0.1:")
        assert process.ask("GET", "/health") == (200, {"status": "ok", "instances": 0})
        status, one = process.ask("POST", "/instances")
        assert (status, set(one)) == (201, {"id", "port"})
        other = process.ask("POST", "/instances")[1]
        assert one["port"] != other["port"]
        assert process.ask("GET", "/health")[1]["instances"] == 2

        assert process.ask("DELETE", f"/instances/{one['id']}") == (204, None)
        assert process.ask("DELETE", f"/instances/{one['id']}")[0] == 404
        assert process.ask("GET", "/nothing")[0] == 404
        assert process.ask("GET", "/health")[1]["instances"] == 1
        with connected(other["port"]) as provider:
            assert provider.GetPluginInfo(Empty()).version.startswith("7.")
    assert "Configure the aws provider" in log.read_text()


def test_an_instance_may_work_in_another_aws_of_this_machine(endpoint: str) -> None:
    with started("--aws-endpoint", "http://127.0.0.1:9") as process:
        port = process.ask("POST", "/instances", {"endpoint": endpoint})[1]["port"]
        with connected(port) as provider:
            asked = provider_pb2.InvokeRequest(tok="aws:index/getCallerIdentity:getCallerIdentity")
            assert wire.decode(getattr(provider.Invoke(asked, timeout=30), "return"))["accountId"]
        status, refused = process.ask("POST", "/instances", {"endpoint": "http://aws.example.com"})
        assert status == 503
        assert "aws.example.com" in refused["error"]


def test_the_methods_around_resources(endpoint: str) -> None:
    with started("--aws-endpoint", endpoint) as process:
        port = process.ask("POST", "/instances")[1]["port"]
        with connected(port) as provider:
            assert provider.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1")) == Empty()
            assert json.loads(provider.GetSchema(provider_pb2.GetSchemaRequest()).schema)["name"] == "aws"
            told = wire.encode({"region": "us-east-1", "accessKey": "AKIA", "regoin": "x", "assumeRoles": "{"})
            checked = provider.CheckConfig(provider_pb2.CheckRequest(urn=WAIT, news=told))
            reasons = {failure.property: failure.reason for failure in checked.failures}
            assert set(reasons) == {"accessKey", "regoin", "assumeRoles"}
            assert "fixed credentials" in reasons["accessKey"]
            assert "AKIA" not in str(reasons)
            one, other = wire.encode({"region": "us-east-1"}), wire.encode({"region": "eu-west-1"})
            for news, changes in (
                (one, provider_pb2.DiffResponse.DIFF_NONE),
                (other, provider_pb2.DiffResponse.DIFF_SOME),
            ):
                answer = provider.DiffConfig(provider_pb2.DiffRequest(urn=WAIT, old_inputs=one, news=news))
                assert answer.changes == changes
                assert not answer.replaces
            with pytest.raises(grpc.RpcError) as raised:
                provider.Call(provider_pb2.CallRequest(tok="aws:x:y"))
            error: Any = raised.value
            assert error.code() is grpc.StatusCode.UNIMPLEMENTED


def test_stopping_one_instance_ends_its_waits_and_no_others(endpoint: str) -> None:
    with started("--aws-endpoint", endpoint) as process:
        one, other = (process.ask("POST", "/instances")[1] for _ in range(2))
        with connected(one["port"]) as stopped, connected(other["port"]) as going_on:
            long, short = waiting(stopped, 300), waiting(going_on, 2)
            assert process.ask("DELETE", f"/instances/{one['id']}")[0] == 204
            error = long.exception(30)
            assert error is not None
            assert error.code() is grpc.StatusCode.CANCELLED
            assert 'aws:sandbox/wait:Wait "wait": the run was cancelled' in error.details()
            assert wire.decode(short.result(30).properties)["value"] == "x"


def test_cancel_on_one_connection_reaches_that_one_alone(endpoint: str) -> None:
    with started("--aws-endpoint", endpoint) as process:
        port = process.ask("POST", "/instances")[1]["port"]
        with connected(port) as one, connected(port) as other:
            long, short = waiting(one, 300), waiting(other, 2)
            one.Cancel(Empty())
            assert long.exception(30).code() is grpc.StatusCode.CANCELLED
            assert short.result(30).id
            refused = waiting(one, 0).exception(30)
            assert refused.code() is grpc.StatusCode.CANCELLED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_even_while_something_waits(endpoint: str, number: signal.Signals) -> None:
    with started("--aws-endpoint", endpoint) as process:
        port = process.ask("POST", "/instances")[1]["port"]
        with connected(port) as provider:
            call = waiting(provider, 300)
            process.process.send_signal(number)
            assert process.process.wait(20) == 0
            assert call.exception(5) is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--aws-endpoint", "https://ec2.us-east-1.amazonaws.com"], "is not an http address of this machine"),
        (["--aws-endpoint", "http://10.1.2.3:5000"], "is not an http address of this machine"),
        (["--aws-endpoint", "http://127.0.0.1:5000", "--host", "0.0.0.0"], "the sandbox stays on it"),
    ],
)
def test_it_refuses_to_start_beyond_this_machine(arguments: list[str], message: str) -> None:
    ended = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert ended.stdout == ""


def test_a_busy_port_is_one_clear_line(endpoint: str) -> None:
    with started("--aws-endpoint", endpoint) as process:
        port = process.url.rpartition(":")[2]
        arguments = command("--aws-endpoint", endpoint, "--port", port)
        ended = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("sandbox provider: ")
    assert len(ended.stderr.splitlines()) == 1


def test_an_endpoint_that_does_not_answer_is_named() -> None:
    with started("--aws-endpoint", "http://127.0.0.1:9") as process:
        port = process.ask("POST", "/instances")[1]["port"]
        with pytest.raises(grpc.RpcError) as raised, connected(port):
            pass
    error: Any = raised.value
    assert "EndpointConnectionError" in error.details()
    assert "http://127.0.0.1:9" in error.details()
