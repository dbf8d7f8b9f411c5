"""Check: defaults, names, and what the sandbox refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.values import UNKNOWN, SecretValue
from sandbox.provider.checking import Checked, Naming, check
from sandbox.provider.registry import resource
from sandbox.provider.rendering import DEFAULTS

SEED = b"a seed of the engine"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
ROLE = "aws:iam/role:Role"


def checked(token: str, news: dict[str, Any], olds: dict[str, Any] | None = None, **naming: Any) -> Checked:
    return check(resource(token), olds or {}, news, Naming("web", **{"seed": SEED, **naming}))


def test_defaults_are_filled_in_and_remembered() -> None:
    found = checked("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": False})
    assert found.inputs["instanceTenancy"] == "default"
    assert found.inputs["enableDnsSupport"] is False
    assert found.inputs[DEFAULTS] == ["enableDnsHostnames", "enableNetworkAddressUsageMetrics", "instanceTenancy"]
    assert found.failures == []


def test_a_name_is_made_of_the_resources_name_and_the_engines_seed() -> None:
    one, again = checked(LOGS, {}).inputs["name"], checked(LOGS, {}).inputs["name"]
    assert one == again
    assert one.startswith("web-")
    assert len(one) == len("web-") + 7
    assert checked(LOGS, {}, seed=b"another").inputs["name"] != one


def test_a_made_up_name_stays_and_a_given_one_is_not_taken_for_one() -> None:
    first = checked(LOGS, {}).inputs
    assert checked(LOGS, {}, olds=first, seed=b"another").inputs["name"] == first["name"]
    given = checked(LOGS, {"name": "given"}).inputs
    assert checked(LOGS, {}, olds=given).inputs["name"] != "given"


def test_a_prefix_makes_the_name_and_a_new_prefix_a_new_one() -> None:
    first = checked(LOGS, {"namePrefix": "logs/"}).inputs
    assert first["name"].startswith("logs/")
    assert checked(LOGS, {"namePrefix": "logs/"}, olds=first, seed=b"x").inputs["name"] == first["name"]
    assert checked(LOGS, {"namePrefix": "other/"}, olds=first).inputs["name"].startswith("other/")
    assert checked(LOGS, {"namePrefix": UNKNOWN}).inputs["name"] is UNKNOWN


def test_names_keep_within_their_limit() -> None:
    found = check(resource(ROLE), {}, {"assumeRolePolicy": "{}"}, Naming("r" * 100, seed=SEED))
    assert len(found.inputs["name"]) == 64
    assert found.failures == []


def test_the_engines_way_of_naming_is_followed() -> None:
    assert checked(LOGS, {}, proposed="chosen", mode="enforce").inputs["name"] == "chosen"
    assert checked("aws:kms/alias:Alias", {"targetKeyId": "k"}, proposed="chosen").inputs["name"] == "alias/chosen"
    refused = checked(LOGS, {}, mode="disable")
    assert [name for name, _ in refused.failures] == ["name"]


def test_every_finding_comes_at_once() -> None:
    found = checked("aws:ec2/subnet:Subnet", {"ipv6Native": True, "outpostArn": "x"})
    assert {name for name, _ in found.failures} == {"vpcId", "ipv6Native", "outpostArn"}
    reasons = dict(found.failures)
    assert "does not support the input 'ipv6Native' of aws:ec2/subnet:Subnet" in reasons["ipv6Native"]
    assert reasons["vpcId"] == "Missing required property 'vpcId'"


POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "arn"}]}


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (POLICY, json.dumps(POLICY)),
        ({**POLICY, "Id": UNKNOWN}, UNKNOWN),
        ({**POLICY, "Id": SecretValue("one")}, SecretValue(json.dumps({**POLICY, "Id": "one"}))),
        (SecretValue(POLICY), SecretValue(json.dumps(POLICY))),
        (json.dumps(POLICY), json.dumps(POLICY)),
    ],
    ids=["map", "unknown inside", "secret inside", "secret map", "text"],
)
def test_a_policy_may_be_a_map(inside: Any, expected: Any) -> None:
    assert checked(ROLE, {"assumeRolePolicy": inside}).inputs["assumeRolePolicy"] == expected
