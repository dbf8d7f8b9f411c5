"""Many at once: of the changes that were made from one version one wins, and of the same request one is begun."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.testing.calls import deploy_dev
from cloud_core.domain.names import EnvironmentName
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


def test_a_status_tells_what_was_written_before_it_was_asked_for_however_many_ask(make_api: Any) -> None:
    api = make_api(rate_readonly="1000000/minute")
    deploy_dev(api.edge)
    stacks, client, over = api.edge.world.records.stacks, api.reader(), threading.Event()
    asked = f"{D}/status?environment=dev"

    def keep_asking(_: int) -> set[int]:
        codes = set()
        while not over.is_set():
            codes.add(client.get(asked).status_code)
        return codes

    with ThreadPoolExecutor(8) as pool:
        others = pool.map(keep_asking, range(8))
        try:
            for number in range(2, 40):
                network = stacks.get_stack(DEPLOYMENT_ID, "network", EnvironmentName.DEV)
                stacks.update(network.model_copy(update={"resource_count": number}))
                assert client.get(asked).json()["stacks"]["network"]["resource_count"] == number
        finally:
            over.set()
        assert set().union(*others) == {200}


def test_who_may_not_see_a_deployment_is_told_nothing_by_the_look_of_another(api: Any) -> None:
    client = api.reader()
    ours = client.token
    theirs = api.as_("ReadOnly", "org:Other").token
    asked = f"{D}/status?environment=dev"

    def ask(number: int) -> tuple[bool, int]:
        token = theirs if number % 2 else ours
        return token == ours, client.call("GET", asked, headers={"Authorization": f"Bearer {token}"}).status_code

    assert set(at_once(ask)) == {(True, 200), (False, 403)}
