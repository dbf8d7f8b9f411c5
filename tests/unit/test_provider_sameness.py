"""When two values are the same for AWS, and when an object is as the program wants it."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.values import UNKNOWN, SecretValue
from sandbox.provider.differences import Difference, Versions, compare
from sandbox.provider.language import Create, Input, Kind, Read, Resource, call
from sandbox.provider.rendering import with_told
from sandbox.provider.sameness import agrees, completed, same

CLUSTER = Input(
    "vpcConfig",
    kind=Kind.BLOCK,
    unordered=("subnetIds",),
    partial=True,
    told=("vpcId",),
    replacing=("subnetIds",),
)
CONTAINERS = Input("containerDefinitions", kind=Kind.JSON, partial=True, unordered=("environment",))


def test_lists_inside_a_block_have_an_order_unless_it_means_nothing() -> None:
    one = {"subnetIds": ["a", "b"], "cidrs": ["c", "d"]}
    assert same(one, {**one, "subnetIds": ["b", "a"]}, CLUSTER)
    assert not same(one, {**one, "cidrs": ["d", "c"]}, CLUSTER)


def test_json_is_the_same_when_it_says_the_same() -> None:
    assert same('{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1}', CONTAINERS)
    assert not same('{"b": [1, 2]}', '{"b": [2, 1]}', CONTAINERS)


def test_an_asset_is_the_same_when_its_content_is() -> None:
    code = Input("code", kind=Kind.ASSET)
    assert same({"hash": "1", "path": "/a"}, {"hash": "1", "path": "/b"}, code)
    assert not same({"hash": "1"}, {"hash": "2"}, code)


@pytest.mark.parametrize(
    ("known", "live", "expected"),
    [
        ({"subnetIds": ["a"]}, {"subnetIds": ["a"], "vpcId": "v"}, True),
        ({"subnetIds": ["b", "a"]}, {"subnetIds": ["a", "b"], "vpcId": "v"}, True),
        ({"subnetIds": ["a"], "public": False}, {"subnetIds": ["a"]}, True),
        ({"subnetIds": ["a"], "public": True}, {"subnetIds": ["a"]}, False),
        ({"subnetIds": ["a"]}, {"subnetIds": ["a", "b"]}, False),
        ({"subnetIds": UNKNOWN}, {"subnetIds": ["a"]}, False),
        (SecretValue({"subnetIds": ["a"]}), {"subnetIds": ["a"], "vpcId": "v"}, True),
    ],
)
def test_what_aws_adds_inside_is_no_difference(known: Any, live: Any, expected: bool) -> None:
    assert agrees(known, live, CLUSTER) is expected


def test_items_that_aws_completes_are_found_in_any_order() -> None:
    known = '[{"name": "web", "environment": [{"name": "B"}, {"name": "A"}]}]'
    live = '[{"name": "web", "cpu": 0, "environment": [{"name": "A", "value": ""}, {"name": "B", "value": "1"}]}]'
    assert agrees(known, live, CONTAINERS)
    assert not agrees(known, live.replace('"B"', '"C"'), CONTAINERS)


def test_without_the_word_every_addition_is_drift() -> None:
    strict = Input("vpcConfig", kind=Kind.BLOCK)
    assert not agrees({"subnetIds": ["a"]}, {"subnetIds": ["a"], "vpcId": "v"}, strict)


def test_outputs_have_what_aws_added() -> None:
    assert completed({"a": [{"b": 1}]}, {"a": [{"b": "1", "c": 2}], "d": 3}) == {"a": [{"b": 1, "c": 2}], "d": 3}


def test_in_a_preview_the_parts_that_aws_tells_are_unknown_until_they_are_known() -> None:
    given = {"subnetIds": ["a"]}
    assert with_told(CLUSTER, given, {}) == {"subnetIds": ["a"], "vpcId": UNKNOWN}
    assert with_told(CLUSTER, given, {"vpcConfig": {"vpcId": "v"}}) == {"subnetIds": ["a"], "vpcId": "v"}
    assert with_told(CLUSTER, UNKNOWN, {}) is UNKNOWN
    assert with_told(Input("vpcConfig"), given, {}) == given


def difference(old: dict[str, Any], new: dict[str, Any]) -> Difference:
    cluster = Resource(
        token="aws:eks/cluster:Cluster",
        service="eks",
        regional=False,
        inputs=(CLUSTER,),
        create=Create(call("create_cluster", "vpcConfig"), text="x"),
        read=Read(call("describe_cluster"), at="cluster"),
        delete=lambda scope: None,
    )
    return compare(cluster, Versions({"vpcConfig": old}, {}, {"vpcConfig": new}, "us-east-1", {}))


def test_only_some_parts_of_a_block_make_a_new_object() -> None:
    old = {"subnetIds": ["a", "b"], "public": True}
    assert difference(old, {**old, "subnetIds": ["b", "a"]}).changes == ()
    moved = difference(old, {**old, "subnetIds": ["a", "c"]})
    assert moved.replaces == ("vpcConfig",)
    assert dict(moved.changes[0].paths) == {"vpcConfig.subnetIds": "update"}
    opened = difference(old, {"subnetIds": ["b", "a"], "public": False})
    assert opened.replaces == ()
    assert dict(opened.changes[0].paths) == {"vpcConfig.public": "update"}
