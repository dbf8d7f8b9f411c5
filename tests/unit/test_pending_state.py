"""What an interrupted run left in a state, and the state that a repair makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi.automation.events import OpType, StepEventMetadata, StepEventStateMetadata

from cloud_core.adapters.pulumi.pending import found_in, pending_in, unread_again, with_creations, without_pending
from cloud_core.ports.engine import CREATING, LOOKED_UP, Found

PROVIDER = "urn:pulumi:s::p::pulumi:providers:aws::default"
BUCKET = "urn:pulumi:s::p::aws:s3/bucket:Bucket::logs"
NODES = "urn:pulumi:s::p::aws:eks/nodeGroup:NodeGroup::nodes"
TAGS = {"Stack": "network", "ManagedBy": "cloud"}


def resource(urn: str, **fields: Any) -> dict[str, Any]:
    return {"urn": urn, "type": urn.split("::")[2], "custom": True, "provider": f"{PROVIDER}::1", **fields}


def state(resources: list[dict[str, Any]], *pending: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    provider = resource(PROVIDER, id="1", inputs={"defaultTags": json.dumps({"tags": TAGS})})
    operations = [{"type": kind, "resource": one} for kind, one in pending]
    return {"version": 3, "deployment": {"resources": [provider, *resources], "pending_operations": operations}}


def test_a_state_without_a_deployment_has_nothing_pending() -> None:
    assert pending_in({}) == []


@pytest.mark.parametrize(
    ("urn", "inputs", "identity"),
    [
        (BUCKET, {"bucket": "shop-logs"}, "shop-logs"),
        (BUCKET, {}, None),
        (NODES, {"clusterName": "shop", "nodeGroupName": "a"}, "shop:a"),
        ("urn:pulumi:s::p::aws:ec2/vpc:Vpc::vpc", {"cidrBlock": "10.0.0.0/16"}, None),
    ],
)
def test_a_pending_creation_tells_its_id_where_a_name_is_one(
    urn: str, inputs: dict[str, str], identity: str | None
) -> None:
    (found,) = pending_in(state([], (CREATING, resource(urn, inputs=inputs))))
    assert (found.kind, found.urn, found.identity, found.is_overwritten) == (CREATING, urn, identity, False)


def test_settings_of_another_resource_are_overwritten() -> None:
    policy = resource("urn:pulumi:s::p::aws:s3/bucketPolicy:BucketPolicy::policy")
    (found,) = pending_in(state([], (CREATING, policy)))
    assert found.is_overwritten


def test_an_adopted_creation_is_entered_without_outputs_and_seen_as_unclear_until_it_is_read() -> None:
    before = state([], (CREATING, resource(BUCKET, inputs={"bucket": "shop-logs"})))
    after = without_pending(before, {BUCKET: "shop-logs"})
    assert after["deployment"]["pending_operations"] == []
    (found,) = pending_in(after)
    assert (found.kind, found.identity) == (LOOKED_UP, "shop-logs")
    assert without_pending(after, {})["deployment"]["resources"] == state([])["deployment"]["resources"]
    assert pending_in(before)[0].kind == CREATING


def lost(urn: str, **inputs: str) -> StepEventMetadata:
    kind = urn.split("::")[2]
    told = StepEventStateMetadata(kind, urn, "", "urn:parent", f"{PROVIDER}::1", custom=True, inputs=inputs)
    return StepEventMetadata(OpType.CREATE, urn, kind, f"{PROVIDER}::1", new=told)


def test_a_creation_whose_answer_was_lost_is_entered_to_be_looked_up() -> None:
    before = state([])
    after = with_creations(before, [lost(BUCKET, bucket="shop-logs"), lost(NODES)])
    seen = [(one.kind, one.urn, one.identity) for one in pending_in(after)]
    assert seen == [(LOOKED_UP, BUCKET, "shop-logs"), (LOOKED_UP, NODES, None)]
    _, entered = without_pending(after, {BUCKET: "shop-logs"})["deployment"]["resources"]
    assert (entered["id"], entered["parent"], entered["provider"]) == ("shop-logs", "urn:parent", f"{PROVIDER}::1")
    assert without_pending(after, {}) == before == state([])


def test_what_was_being_changed_stays_in_the_state() -> None:
    bucket = resource(BUCKET, id="shop-logs", outputs={"id": "shop-logs"})
    after = without_pending(state([bucket], ("updating", bucket)), {})
    assert after == state([bucket])


@pytest.mark.parametrize(
    ("outputs", "found"),
    [
        ({"tagsAll": {**TAGS, "Name": "x"}}, Found.OURS),
        ({"tagsAll": {"Stack": "dns"}}, Found.UNPROVEN),
        ({}, Found.UNPROVEN),
    ],
)
def test_ours_is_what_has_the_tags_of_its_provider(outputs: dict[str, Any], found: Found) -> None:
    read = state([resource(BUCKET, id="shop-logs", outputs=outputs)])
    assert found_in(read, BUCKET) is found


def test_what_a_refresh_dropped_is_absent() -> None:
    assert found_in(state([]), BUCKET) is Found.ABSENT


def test_a_provider_without_tags_proves_nothing() -> None:
    read = state([resource(BUCKET, id="shop-logs", outputs={"tagsAll": {}})])
    read["deployment"]["resources"][0]["inputs"] = {}
    assert found_in(read, BUCKET) is Found.UNPROVEN


def test_what_was_not_proven_is_unclear_again() -> None:
    read = state([resource(BUCKET, id="shop-logs", outputs={"arn": "x"})])
    assert pending_in(read) == []
    assert [one.kind for one in pending_in(unread_again(read, [BUCKET]))] == [LOOKED_UP]
