"""Every type of the sandbox, with as many inputs as it takes, through the real engine against a real AWS server.

The programs are in `provider_cases/`, one file per service or family.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.automation import Stack
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from sandbox.provider import wire
from sandbox.provider.gaps import Gap
from sandbox.provider.instances import Instance
from sandbox.provider.registry import gaps, service_modules
from sandbox.provider.testing import Case, Clients, Engine
from sandbox.provider.testing.cases import CANARY, REGION, cases

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

TAGS = json.dumps({"tags": {"Project": "shop"}})
CONFIG = {"aws:region": REGION, "aws:defaultTags": TAGS}
CASES = dict(cases(Path(__file__).parent / "provider_cases"))
PROBES = {known: probe for case in CASES.values() for known, probe in case.probes.items()}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.fixture
def instance(endpoint: str) -> Iterator[Instance]:
    started = Instance.start(endpoint)
    yield started
    started.stop()


@pytest.fixture
def engine(tmp_path: Path, instance: Instance) -> Engine:
    return Engine(tmp_path, instance)


def test_every_type_has_its_case() -> None:
    assert Counter(module for case in CASES.values() for module in case.modules) == Counter(service_modules())


def stack_of(engine: Engine, case: Case, later: bool = False) -> Stack:
    return engine.stack(lambda: case.program(later), config=CONFIG)


def deployed(stack: Stack) -> list[dict[str, Any]]:
    """The state's resources of the sandbox's types."""
    found = stack.export_stack().deployment.get("resources", [])
    return [one for one in found if one["type"].startswith("aws:")]


def updated(engine: Engine) -> set[str]:
    """The types of which the last update changed something: their modification is newer than their creation."""
    (file,) = (engine.folder / "state").rglob("test.json")
    resources = json.loads(file.read_text("utf-8"))["checkpoint"]["latest"]["resources"]
    return {one["type"] for one in resources if one["modified"] > one["created"]}


def assert_settled(stack: Stack) -> None:
    """The program, the state and AWS agree."""
    for answer in (stack.up(), stack.refresh(), stack.up()):
        assert set(answer.summary.resource_changes or {}) == {"same"}


@each_case
def test_a_whole_life(case: Case, engine: Engine, instance: Instance, endpoint: str) -> None:
    """Preview, create, nothing to do, import, change in place, nothing to do, delete, nothing left."""
    before = case.left(Clients(endpoint))
    stack = stack_of(engine, case)
    foreseen = stack.preview()
    assert stack.up().summary.resource_changes == foreseen.change_summary
    assert_settled(stack)
    made = deployed(stack)
    assert {one["type"] for one in made} >= case.tokens
    assert CANARY not in engine.state_text()
    assert base64.b64encode(CANARY.encode()).decode() not in engine.state_text()
    assert_imported_as_made(case, made, instance)

    if case.constant < case.tokens:
        changed = stack_of(engine, case, later=True)
        foreseen = changed.preview()
        answer = changed.up()
        assert answer.summary.resource_changes == foreseen.change_summary
        assert set(answer.summary.resource_changes or {}) == {"same", "update"}
        assert updated(engine) & case.tokens == case.tokens - case.constant
        assert_settled(changed)

    destroyed = stack.destroy()
    assert set(destroyed.summary.resource_changes or {}) == {"delete"}
    assert case.left(Clients(endpoint)) == before


def assert_imported_as_made(case: Case, made: list[dict[str, Any]], instance: Instance) -> None:
    """An import by the id tells what the state knows."""
    imported = [one for one in made if one["type"] in case.tokens - case.not_importable]
    with grpc.insecure_channel(f"127.0.0.1:{instance.port}") as channel:
        provider: Any = ResourceProviderStub(channel)
        provider.Handshake(provider_pb2.ProviderHandshakeRequest())
        provider.Configure(provider_pb2.ConfigureRequest(args=wire.encode({"region": REGION, "defaultTags": TAGS})))
        differing = {one["urn"]: unlike(case, one, provider) for one in imported}
    assert {urn: found for urn, found in differing.items() if found} == {}


def unlike(case: Case, one: Mapping[str, Any], provider: Any) -> dict[str, Any]:
    """Properties that an import tells otherwise than the state: what it tells, what the state has."""
    named = case.import_ids.get(one["type"], lambda known: str(known["id"]))({**one["outputs"], "id": one["id"]})
    answer = provider.Read(provider_pb2.ReadRequest(id=named, urn=one["urn"]))
    untold = case.untold | {gap.property for gap in case.gaps if gap.token == one["type"]}
    told = comparable(wire.decode(answer.properties), untold) | {"id": answer.id}
    known = comparable(one["outputs"], untold) | {"id": one["id"]}
    pairs = {name: (told.get(name), known.get(name)) for name in {*told, *known}}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def comparable(values: Mapping[str, Any], untold: frozenset[str]) -> dict[str, Any]:
    """Without empty values and what an import can't know; documents, sets and names in one spelling."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name in untold or value in (None, "", [], {}, False) or (name == "name" and "fqdn" in values):
            continue
        if isinstance(value, str) and value.startswith(("{", "[")):
            value = json.loads(value)
        elif isinstance(value, str):
            value = value.rpartition(":key/")[2]
        found[name] = sorted(value, key=partial(json.dumps, sort_keys=True)) if isinstance(value, list) else value
    return dict(json.loads(json.dumps(found).lower()))


@pytest.mark.parametrize("gap", gaps(), ids=lambda gap: f"{gap.token.rpartition(':')[2]}.{gap.property}")
def test_the_server_still_lacks_it(gap: Gap, endpoint: str) -> None:
    assert PROBES[gap.token, gap.property](Clients(endpoint)), f"the server has learnt {gap.property}: remove the gap"
