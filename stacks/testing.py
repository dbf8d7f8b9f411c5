"""Draws what a stack program describes, without an engine: for tests of programs, ours and the workspace's.

    picture = draw(registry.load("network", {}, sample_target("network")))
    assert picture.one("Vpc").inputs["cidrBlock"] == "10.0.0.0/16"

In a preview, what AWS would compute is unknown; in an update it is made up: ids are `<name>-id`, ARNs
`arn:aws:test:::<type>/<name>`.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.proto import provider_pb2, resource_pb2
from pulumi.runtime.settings import ROOT, Settings, configure
from pulumi.runtime.stack import run_in_stack

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN, SecretValue, Value
from cloud_core.ports.engine import InlineProgram, StackTarget
from stacks.testing_told import blocks, completed, told

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"

_ANSWERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "aws:eks/getAddonVersion:getAddonVersion": {"version": "v1.2.3-eksbuild.4"},
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": ["eu-test-1a", "eu-test-1b", "eu-test-1c"]},
    "aws:index/getDefaultTags:getDefaultTags": {"tags": {"Project": "Web Shop"}},
    "aws:index/getPartition:getPartition": {"partition": "aws"},
    "aws:secretsmanager/getRandomPassword:getRandomPassword": {"randomPassword": "drawn-password"},
}


@dataclass(frozen=True)
class DrawnResource:
    """A resource as the program asked for it; secrets wrapped, unknowns `UNKNOWN`. `token` is the engine's type, such
    as `aws:ec2/vpc:Vpc`, `type` its last part; `depends_on` holds the names of resources that must be there first,
    `depends_on_types` their types."""

    token: str
    type: str
    name: str
    inputs: dict[str, Value]
    protect: bool
    ignore_changes: list[str]
    depends_on: set[str]
    depends_on_types: set[str]


@dataclass
class Picture:
    """Everything that a program described."""

    resources: list[DrawnResource] = field(default_factory=list)
    outputs: dict[str, Value] = field(default_factory=dict)

    def of(self, kind: str) -> list[DrawnResource]:
        """The resources of a type, by name."""
        return sorted((item for item in self.resources if item.type == kind), key=lambda item: item.name)

    def one(self, kind: str, name: str | None = None) -> DrawnResource:
        """The only resource of the type (with the name); LookupError when there are more or none."""
        found = [item for item in self.of(kind) if name in (None, item.name)]
        if len(found) != 1:
            raise LookupError(f"{len(found)} resources {kind} {name or ''}; there are {sorted(self.names())}")
        return found[0]

    def names(self) -> list[tuple[str, str]]:
        return [(item.type, item.name) for item in self.resources]


def sample_target(stack: str, environment: EnvironmentName = EnvironmentName.DEV) -> StackTarget:
    """A stack of a made-up deployment."""
    return StackTarget(
        deployment_id="D1BRV40",
        stack=stack,
        environment=environment,
        organization="CompanyA",
        project="Web Shop",
        region="eu-central-1",
        account="410000000017",
    )


def draw(
    program: InlineProgram, *, preview: bool = False, answers: Mapping[str, Mapping[str, Any]] | None = None
) -> Picture:
    """Run the program in a thread, an event loop and a context of its own: nothing of an earlier one is met.

    `answers` maps tokens of the provider's functions to their results, on top of the usual ones.
    """
    picture = Picture()
    monitor = _Monitor(picture, {**_ANSWERS, **(answers or {})}, preview)

    async def run() -> None:
        configure(Settings("project", "stack", monitor, MockEngine(None), dry_run=preview, organization="o"))
        await run_in_stack(program)

    def in_own_context() -> None:
        ROOT.set(None)
        asyncio.run(run())

    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(contextvars.copy_context().run, in_own_context).result()
    return picture


class _Monitor:
    """The engine's side of the conversation with a program: writes down what is asked and makes up what AWS answers.

    Method names are the engine's.
    """

    def __init__(self, picture: Picture, answers: Mapping[str, Mapping[str, Any]], preview: bool) -> None:
        self._picture = picture
        self._answers = answers
        self._preview = preview

    def SupportsFeature(self, request: Any) -> Any:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id != "outputValues")

    def RegisterResource(self, request: Any) -> Any:
        kind = _short(request.type)
        urn = f"urn:pulumi:stack::project::{request.type}::{request.name}"
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        self._picture.resources.append(
            DrawnResource(
                token=request.type,
                type=kind,
                name=request.name,
                inputs=_opened(MessageToDict(request.object)),
                protect=request.protect,
                ignore_changes=list(request.ignoreChanges),
                depends_on={_short(dependency) for dependency in request.dependencies},
                depends_on_types={_short(dependency.rpartition("::")[0]) for dependency in request.dependencies},
            )
        )
        given, computed = MessageToDict(request.object), told(kind, request.name)
        if self._preview:
            unknown = {name: dict.fromkeys(value, rpc.UNKNOWN) for name, value in blocks(computed).items()}
            return resource_pb2.RegisterResourceResponse(urn=urn, object=_struct(completed(given, unknown)))
        state = _struct({**computed, **completed(given, computed)})
        return resource_pb2.RegisterResourceResponse(urn=urn, id=f"{request.name}-id", object=state)

    def RegisterResourceOutputs(self, request: Any) -> Any:
        self._picture.outputs.update(_opened(MessageToDict(request.outputs)))
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:
        if request.tok not in self._answers:
            raise LookupError(f"no answer for the provider's function {request.tok}")
        return provider_pb2.InvokeResponse(**{"return": _struct(self._answers[request.tok])})

    def SignalAndWaitForShutdown(self, request: Any) -> Any:
        return empty_pb2.Empty()


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def _short(kind: str) -> str:
    return kind.rpartition(":")[2]


def _opened(value: Any) -> Any:
    """The engine's wire form as our values: secrets wrapped, unknowns named, whole numbers as integers."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return SecretValue(_opened(value["value"]))
        return {key: _opened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_opened(item) for item in value]
    if value == rpc.UNKNOWN:
        return UNKNOWN
    return int(value) if isinstance(value, float) and value.is_integer() else value
