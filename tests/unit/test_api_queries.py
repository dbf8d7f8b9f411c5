"""A query says what the contract names, and that once: the rest would be passed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.testing.calls import CALLS, DEV, Call, D
from api.testing.contract import operations
from api.testing.issuer import TokenIssuer
from api.testing.worlds import ROLES, ApiOverWorlds, over_worlds
from cloud_core.testing.builders import DEPLOYMENT_ID as ID


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory, issuer: TokenIssuer) -> Iterator[ApiOverWorlds]:
    with over_worlds(tmp_path_factory.mktemp("worlds"), issuer) as made:
        yield made


def test_what_looks_like_a_rehearsal_is_none_that_is_passed_over(api: Any) -> None:
    answer = api.admin().call("DELETE", D, params={**DEV, "dry_run": "true"})
    assert (answer.status_code, answer.json()["error_code"]) == (422, "VALIDATION_INVALID_FORMAT")
    assert [one["field"] for one in answer.json()["errors"]] == ["query.dry_run"]
    answer = api.client.post(f"{D}/deploy", params={"environment": "prod", "dry_run": "true"})
    assert [one["field"] for one in answer.json()["errors"]] == ["query.environment", "query.dry_run"]
    assert api.client.get(f"{D}/operations").json()["operations"] == []


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_no_endpoint_takes_another_name(worlds: ApiOverWorlds, call: Call) -> None:
    asked = worlds.worlds.prepared(call)
    answer = asked.send(worlds.as_role(call.who[-1]), params={**asked.params, "odd": "1"})
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, ["query.odd"])
    for who in [who for who, (group, _) in ROLES.items() if not operations()[call.name].may(group)]:
        assert asked.send(worlds.as_role(who), params={**asked.params, "odd": "1"}).status_code == 403


@pytest.mark.parametrize("call", [call for call in CALLS if call.params], ids=str)
def test_no_endpoint_takes_a_name_twice(worlds: ApiOverWorlds, call: Call) -> None:
    asked = worlds.worlds.prepared(call)
    name, value = next(iter(asked.params.items()))
    twice = [*asked.params.items(), (name, value)]
    answer = asked.send(worlds.as_role("admin"), params=twice)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"query.{name}")


def test_every_name_of_the_contract_is_taken(worlds: ApiOverWorlds) -> None:
    for call in CALLS:
        named = [
            one["name"] for one in operations()[call.name].definition.get("parameters", ()) if one["in"] == "query"
        ]
        asked = worlds.worlds.prepared(call)
        answer = asked.send(worlds.as_role("admin"), params={**dict.fromkeys(named, ""), **asked.params})
        refused = [one["type"] for one in answer.json().get("errors", ()) if one.get("type") == "extra_forbidden"]
        assert refused == [], (call.name, answer.text)


def test_very_many_names_are_told_shortly(api: Any) -> None:
    answer = api.reader().get("deployments", params=[(f"n{number % 900}", "1") for number in range(5000)])
    assert (answer.status_code, len(answer.json()["errors"]), answer.json()["details"]) == (422, 100, {"findings": 900})


def test_nobody_learns_names_who_may_not_ask(api: Any) -> None:
    assert api.reader().call("DELETE", D, params={"odd": "1"}).json()["errors"] == []
    assert ID not in api.as_("org:Acme").get("deployments", params={"odd": "1"}).text
