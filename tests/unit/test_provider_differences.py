"""Diff: exactly what changed, and whether that needs a new object."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.values import UNKNOWN, SecretValue
from sandbox.provider.differences import Difference, Versions, compare
from sandbox.provider.language import Input, Kind
from sandbox.provider.registry import resource
from sandbox.provider.sameness import same

VPC = "aws:ec2/vpc:Vpc"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


def diff(token: str, old: dict[str, Any], new: dict[str, Any], **more: Any) -> Difference:
    defaults = more.pop("default_tags", {})
    state = {"region": "us-east-1", "tagsAll": {**defaults, **old.get("tags", {})}, **old, **more.pop("state", {})}
    versions = Versions(old, state, new, more.pop("region", "us-east-1"), defaults)
    return compare(resource(token), versions, **more)


def test_nothing_changed() -> None:
    inputs = {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}}
    assert diff(VPC, inputs, inputs).changes == ()
    assert diff(VPC, {"tags": {}}, {}).changes == ()


def test_an_update_names_the_smallest_parts() -> None:
    found = diff(VPC, {"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1", "b": "3", "c d": "4"}})
    paths = {path: how for change in found.changes for path, how in change.paths.items()}
    assert paths == {
        "tags.b": "update",
        'tags["c d"]': "add",
        "tagsAll.b": "update",
        'tagsAll["c d"]': "add",
    }
    assert found.replaces == ()
    assert not found.delete_first


def test_a_fixed_property_replaces() -> None:
    found = diff(VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.1.0.0/16"})
    assert found.replaces == ("cidrBlock",)
    assert not found.delete_first


def test_an_object_that_keeps_its_name_goes_first() -> None:
    old = {"name": "logs", "logGroupClass": "STANDARD"}
    assert diff(LOGS, old, {**old, "logGroupClass": "DELIVERY"}).delete_first
    assert not diff(LOGS, old, {"name": "other", "logGroupClass": "DELIVERY"}).delete_first
    assert not diff(LOGS, old, {**old, "name": UNKNOWN}).delete_first
    assert not diff(LOGS, old, {**old, "__defaults": ["name"], "logGroupClass": "DELIVERY"}).delete_first
    assert not diff(LOGS, old, old, region="eu-west-1").delete_first


def test_the_region_comes_from_the_resource_or_the_provider() -> None:
    assert diff(VPC, {}, {}, region="eu-west-1").replaces == ("region",)
    assert diff(VPC, {}, {"region": "eu-west-1"}).replaces == ("region",)
    assert diff(VPC, {}, {"region": "us-east-1"}, region="eu-west-1").changes == ()
    assert diff("aws:iam/policy:Policy", {}, {}, region="eu-west-1").changes == ()


def test_an_unknown_value_counts_as_a_change() -> None:
    assert diff(VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": UNKNOWN}).replaces == ("cidrBlock",)
    assert diff(VPC, {"tags": {"a": "1"}}, {"tags": UNKNOWN}).names == {"tags", "tagsAll"}


def test_a_secret_is_compared_by_its_value() -> None:
    assert diff(VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": SecretValue("10.0.0.0/16")}).changes == ()
    found = diff(VPC, {"tags": {"a": SecretValue("1")}}, {"tags": {"a": SecretValue("2")}})
    assert found.names == {"tags", "tagsAll"}


def test_what_aws_chose_may_be_left_out_or_written_down() -> None:
    old = {"vpcId": "v", "securityGroupIds": ["sg-1", "sg-2"]}
    assert diff(ENDPOINT, old, {"vpcId": "v"}).changes == ()
    chosen = {"state": {"securityGroupIds": ["sg-1"]}}
    assert diff(ENDPOINT, {"vpcId": "v"}, {"vpcId": "v", "securityGroupIds": ["sg-1"]}, **chosen).changes == ()
    assert diff(ENDPOINT, old, {"vpcId": "v", "securityGroupIds": ["sg-2", "sg-1"]}).changes == ()
    changed = diff(ENDPOINT, old, {"vpcId": "v", "securityGroupIds": ["sg-3"]})
    assert [change.paths for change in changed.changes] == [{"securityGroupIds": "update"}]


def test_default_tags_are_compared_with_what_the_object_has() -> None:
    tagged = {"tags": {"a": "1"}}
    found = diff(VPC, tagged, tagged, default_tags={"Project": "new"}, state={"tagsAll": {"a": "1", "Project": "old"}})
    assert [(change.name, change.paths, change.of_input) for change in found.changes] == [
        ("tagsAll", {"tagsAll.Project": "update"}, False)
    ]


def test_ignored_properties_are_no_changes() -> None:
    found = diff(VPC, {"tags": {"a": "1"}}, {"tags": {"a": "2"}}, ignored=("tags", "tagsAll"))
    assert found.changes == ()


ONE = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "a:b", "Resource": ["y", "x"]}}
OTHER = {"Statement": [{"Resource": ["x", "y"], "Action": ["a:b"], "Effect": "Allow"}], "Version": "2012-10-17"}


@pytest.mark.parametrize(
    ("kind", "one", "other", "expected"),
    [
        (Kind.POLICY, json.dumps(ONE), json.dumps(OTHER, indent=2), True),
        (Kind.POLICY, json.dumps(ONE), json.dumps({**OTHER, "Version": "2008-10-17"}), False),
        (Kind.POLICY, "not json", "not json", True),
        (Kind.SET, ["a", "b"], ["b", "a"], True),
        (Kind.SET, ["a"], ["a", "a"], False),
        (Kind.PLAIN, ["a", "b"], ["b", "a"], False),
        (Kind.PLAIN, None, "", True),
        (Kind.PLAIN, None, 0, False),
        (Kind.PLAIN, None, False, False),
        (Kind.DOMAIN, "Example.com.", "example.com", True),
        (Kind.DOMAIN, "\\052.example.com.", "*.example.com", True),
        (Kind.REFERENCE, "arn:aws:kms:us-east-1:1:key/abc", "abc", True),
        (Kind.REFERENCE, "arn:aws:kms:us-east-1:1:key/abc", "abd", False),
        (Kind.MAP, {"a": None}, {}, True),
    ],
)
def test_sameness(kind: Kind, one: Any, other: Any, expected: bool) -> None:
    assert same(one, other, Input("it", kind=kind)) is expected
    assert same(other, one, Input("it", kind=kind)) is expected
