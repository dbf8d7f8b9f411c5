"""Many at once: of the changes that were made from one version one wins, and of the same request one is begun."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cloud_core.testing.builders import DEPLOYMENT_ID

D = f"deployments/{DEPLOYMENT_ID}"
AT_ONCE = 32


def at_once(ask: Any) -> list[Any]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, range(AT_ONCE)))


def test_of_changes_that_were_made_from_one_version_one_wins(api: Any) -> None:
    client = api.admin()
    given = client.get(f"{D}/manifest").json()["manifest"]

    def put(number: int) -> Any:
        document = {**given, "deployment": {**given["deployment"], "description": f"from {number}"}}
        return client.call("PUT", f"{D}/manifest", json={"manifest": document, "version": 1})

    answers = at_once(put)
    won = [one for one in answers if one.status_code == 200]
    lost = [one for one in answers if one.status_code != 200]
    assert len(won) == 1
    assert {(one.status_code, one.json()["error_code"]) for one in lost} == {(409, "VERSION_CONFLICT")}
    now = client.get(f"{D}/manifest").json()
    assert now["version"] == 2
    assert now["manifest"]["deployment"]["description"] in won[0].json()["changes"][0]


def test_of_the_same_request_one_is_begun(api: Any) -> None:
    api.edge.world.flows.run = lambda operation: None
    client = api.developer()
    answers = at_once(lambda _: client.post(f"{D}/deploy", headers={"Idempotency-Key": "release-7"}))
    assert {one.status_code for one in answers} == {202}
    assert len({one.json()["operation_id"] for one in answers}) == 1
    assert len(client.get(f"{D}/operations").json()["operations"]) == 1


def test_of_requests_without_a_key_one_is_begun(api: Any) -> None:
    api.edge.world.flows.run = lambda operation: None
    client = api.developer()
    answers = at_once(lambda _: client.post(f"{D}/deploy"))
    accepted = [one.json()["operation_id"] for one in answers if one.status_code == 202]
    assert len(accepted) == 1
    assert {one.json()["details"]["operation_id"] for one in answers if one.status_code == 409} == set(accepted)
