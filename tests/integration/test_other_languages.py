"""Stacks in other languages: the real engine runs their folder through the host of the language.

The language of these tests is "json": its host registers what `program.json` lists, and exports what it
was given.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.adapters.pulumi.access import Attachment, Backend
from cloud_core.adapters.pulumi.discovery import find_engine
from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.domain.errors import StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.engine import StackRun, StackTarget
from cloud_core.settings.engine import EngineSettings
from stacks.registry import StackRegistry

HOST = f"""#!{sys.executable}
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2, resource_pb2, resource_pb2_grpc


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="1.0.0")

    def GetRequiredPackages(self, request, context):
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, request, context):
        return language_pb2.GetRequiredPluginsResponse()

    def Run(self, request, context):
        wanted = json.loads((Path(request.info.program_directory) / "program.json").read_text())
        if isinstance(wanted, str):
            print(wanted, file=sys.stderr, flush=True)
            return language_pb2.RunResponse(bail=True)
        with grpc.insecure_channel(request.monitor_address) as channel:
            monitor = resource_pb2_grpc.ResourceMonitorStub(channel)
            root = "pulumi:pulumi:Stack"
            stack = monitor.RegisterResource(
                resource_pb2.RegisterResourceRequest(type=root, name=f"{{request.project}}-{{request.stack}}")
            )
            for name in wanted:
                thing = resource_pb2.RegisterResourceRequest(type="json:it:Thing", name=name, parent=stack.urn)
                made = monitor.RegisterResource(thing)
                monitor.RegisterResourceOutputs(resource_pb2.RegisterResourceOutputsRequest(urn=made.urn))
            given = {{key.rpartition(":")[2]: value for key, value in request.config.items()}}
            outputs = struct_pb2.Struct()
            outputs.update(given)
            monitor.RegisterResourceOutputs(
                resource_pb2.RegisterResourceOutputsRequest(urn=stack.urn, outputs=outputs)
            )
        return language_pb2.RunResponse()


server = grpc.server(ThreadPoolExecutor(4))
language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
threading.Event().wait()
"""


class WithPath:
    """No AWS, but a path on which hosts of languages lie."""

    def __init__(self, path: str) -> None:
        self._path = path

    def environment(self) -> dict[str, str]:
        return {"PATH": self._path, "HOME": "/nonexistent"}

    @contextmanager
    def attach(self, target: StackTarget) -> Iterator[Attachment]:
        yield Attachment(self.environment(), {"aws:region": target.region})


def engine(folder: Path, path: str) -> PulumiEngine:
    state = folder / "state"
    state.mkdir(exist_ok=True)
    secret = {"PULUMI_CONFIG_PASSPHRASE": "correct horse"}
    backend = Backend(f"file://{state}", folder / "runs", folder / "plugins", None, secret)
    return PulumiEngine(lambda: find_engine(EngineSettings()), backend, WithPath(path), LocalProcesses(), 20)


@pytest.fixture
def hosts(tmp_path: Path) -> str:
    """A path with the host of the language "json"."""
    host = tmp_path / "bin" / "pulumi-language-json"
    host.parent.mkdir()
    host.write_text(HOST)
    host.chmod(0o755)
    return f"{host.parent}{os.pathsep}{os.environ['PATH']}"


def stack_run(workspace: Path, **inputs: object) -> StackRun:
    """Of the workspace's stack `web`."""
    folder = workspace / "web"
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: anything\nruntime: json\ndescription: kept\n")
    (folder / "program.json").write_text(json.dumps(["one", "two"]))
    target = StackTarget("D1BRV40", "web", EnvironmentName.DEV, "Acme", "Web Shop", "us-east-1", "410000000017")
    program = StackRegistry([workspace]).load("web", inputs, target)
    return StackRun(target, "op-1", program, lambda _: None, StopSignal())


def test_it_is_deployed_previewed_and_destroyed_like_any_other(tmp_path: Path, hosts: str) -> None:
    run = stack_run(tmp_path, size=3, names=["a", "b"], nothing=None)
    runner = engine(tmp_path, hosts)
    assert runner.preview(run, lambda _: None).changes == {"create": 2}
    result = runner.up(run, lambda _: None)
    assert result.changes == {"create": 2}
    assert (result.outputs["size"], result.outputs["names"]) == ("3", '["a","b"]')
    assert (result.outputs["deploymentId"], result.outputs["environment"]) == ("D1BRV40", "dev")
    assert "nothing" not in result.outputs
    assert runner.outputs(run.target) == result.outputs
    assert runner.destroy(run, lambda _: None).changes == {"delete": 2}
    assert sorted(path.name for path in (tmp_path / "web").iterdir()) == ["Pulumi.yaml", "program.json"]


def test_what_its_program_says_when_it_fails_is_told(tmp_path: Path, hosts: str) -> None:
    run = stack_run(tmp_path)
    (tmp_path / "web" / "program.json").write_text(json.dumps("\033[31mno such thing\033[0m"))
    with pytest.raises(StackFailed, match="stack 'web' failed: no such thing"):
        engine(tmp_path, hosts).up(run, lambda _: None)


def test_without_the_host_of_its_language_it_says_which_one_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StackFailed, match=r"stack 'web' can't run: .* 'json', and pulumi-language-json is neither on"):
        engine(tmp_path, "/usr/bin").up(stack_run(tmp_path), lambda _: None)
    assert list((tmp_path / "state").rglob("*.json")) == []
