"""Every endpoint: what it answers, who may ask, and what it refuses. A route without a call fails by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from api.app import create_app
from api.middleware.authentication import needs_token
from api.routers import ROUTERS
from api.testing.calls import ACCOUNT, BY_NAME, CALLS, DEV, STACK, Call, D, deploy_dev, prepared, wish
from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.errors import AwsAccessFailed, Unavailable
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.settings import Settings
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.edge import CHAIN

ID = DEPLOYMENT_ID
ABOUT_ONE = [one for one in CALLS if ID in one.path or ID in str(one.params)]


@pytest.fixture
def world(api: Any) -> Any:
    """The API with dev deployed, and nothing running."""
    api.deployed = deploy_dev(api.edge)
    return api


def at(data: Any, path: str) -> Any:
    for part in path.split("."):
        data = len(data) if part == "#" else data[int(part)] if isinstance(data, list) else data[part]
    return data


def routes() -> list[APIRoute]:
    """Those that need a token."""
    found = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return [route for route in found if needs_token(route.path)]


def test_every_endpoint_has_a_call() -> None:
    assert {route.name for route in routes()} == {call.name for call in CALLS}


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_it_answers_those_who_may(world: Any, call: Call) -> None:
    asked = prepared(world.edge, call, world.deployed)
    for who in sorted({"admin", "developer", "reader"} - set(call.who)):
        answer = asked.send(getattr(world, who)())
        assert (answer.status_code, answer.json()["error_code"]) == (403, "AUTHZ_FORBIDDEN"), who
    # What changes something can be done once: by the weakest who may.
    for who in call.who if call.method == "GET" else call.who[-1:]:
        answer = asked.send(getattr(world, who)())
        assert answer.status_code == asked.status, (who, answer.text)
        assert {path: at(answer.json(), path) for path in asked.finds} == asked.finds


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_nobody_is_let_in_without_a_token_or_a_group(world: Any, call: Call) -> None:
    asked = replace(call, path=call.path.format(operation="op-1"))
    world.client.token = None
    assert asked.send(world.client).status_code == 401
    assert asked.send(world.as_("org:Acme")).status_code == 403


@pytest.mark.parametrize("call", ABOUT_ONE, ids=str)
def test_deployments_of_others_and_unknown_ones_are_kept_apart(world: Any, call: Call) -> None:
    asked = replace(call, path=call.path.format(operation="op-1"))
    answer = asked.send(world.as_("Administrators", "org:Birchway"))
    assert (answer.status_code, answer.json()["error_code"]) == (403, "AUTHZ_ORGANIZATION_MISMATCH")
    assert "Acme" not in answer.text
    unknown = {name: str(value).replace(ID, "D999999") for name, value in call.params.items()}
    body = {"json": {"deployment_id": "D999999"}} if ID in str(call.json) else {}
    answer = replace(asked, path=asked.path.replace(ID, "D999999"), params=unknown).send(world.admin(), **body)
    assert (answer.status_code, answer.json()["details"]["resource_type"]) == (404, "deployment")


PROD_CALLS: list[tuple[str, str, dict[str, Any], Any]] = [
    ("POST", f"{D}/deploy", {}, {"environment": "prod"}),
    ("POST", f"{D}/plan", {}, {"environment": "prod"}),
    ("DELETE", D, {"environment": "prod"}, None),
    ("POST", f"{D}/environments/prod/disable", {}, None),
    ("POST", f"{D}/drift", {}, {"environment": "prod"}),
    ("POST", f"{D}/refresh", {}, {"environment": "prod"}),
    ("PUT", f"{D}/config/size", {"environment": "prod"}, {"value": 3}),
    ("DELETE", f"{D}/config/size", {"environment": "prod"}, None),
    ("GET", f"{D}/config", {"environment": "prod", "resolved": True}, None),
    ("POST", "stacks/dns/deploy", {**STACK, "environment": "prod"}, {}),
    ("POST", "stacks/dns/refresh", {**STACK, "environment": "prod"}, None),
    ("DELETE", "stacks/dns", {**STACK, "environment": "prod"}, None),
    ("GET", "stacks/dns/export", {**STACK, "environment": "prod"}, None),
    ("GET", f"{D}/validation", {"level": "full", "environment": "prod"}, None),
]


@pytest.mark.parametrize(("method", "path", "params", "json"), PROD_CALLS, ids=str)
def test_prod_is_for_administrators(api: Any, method: str, path: str, params: dict[str, Any], json: Any) -> None:
    body = {} if json is None else {"json": json}
    answer = api.developer().call(method, path, params=params, **body)
    assert (answer.status_code, answer.json()["error_code"]) == (403, "AUTHZ_FORBIDDEN")
    assert api.admin().call(method, path, params=params, **body).status_code != 403


def test_who_may_not_is_not_told_what_is_wrong_with_the_request(api: Any) -> None:
    answer = api.reader().call("POST", f"{D}/deploy", content="{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error_code"]) == (403, "AUTHZ_FORBIDDEN")
    answer = api.reader().call("POST", "deployments/no-such-id/deploy")
    assert (answer.status_code, answer.json()["error_code"]) == (403, "AUTHZ_FORBIDDEN")


def test_aws_is_asked_about_every_environment_that_is_enabled(api: Any) -> None:
    path, full = f"{D}/validation", {"level": "full"}
    assert api.developer().get(path, params={**full, "environment": "dev"}).status_code == 200
    assert api.client.get(path, params=full).status_code == 403
    assert api.client.get(path, params={"level": "config"}).status_code == 200
    assert api.admin().post(f"{D}/environments/prod/disable").status_code == 200
    assert api.developer().get(path, params=full).status_code == 200


def test_a_line_break_in_an_address_is_a_character_as_any_other(api: Any) -> None:
    asked = {"path": f"{D}/config/a%0Ab", "params": {"stack": "network"}, "json": {"value": 1}}
    assert api.reader().call("PUT", **asked).status_code == 403
    assert (answer := api.admin().call("PUT", **asked)).status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["path.key"]


def test_developers_may_destroy_what_is_not_prod_when_they_are_let(make_api: Any) -> None:
    client = make_api(developers_may_destroy=True).developer()
    assert client.call("DELETE", D, params=DEV).status_code == 200
    assert client.call("DELETE", D, params={"environment": "prod"}).status_code == 403
    assert make_api(developers_may_destroy=True).reader().call("DELETE", D, params=DEV).status_code == 403


def test_organisations_are_not_told_apart_when_that_is_switched_off(make_api: Any) -> None:
    api = make_api(organization_isolation=False)
    assert api.as_("ReadOnly").get(f"{D}/status").status_code == 200


def put(api: Any, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
    """Replace the manifest by itself with these changes of its section `deployment`."""
    given = api.admin().get(f"{D}/manifest").json()["manifest"]
    document = {**given, "deployment": {**given["deployment"], **changes}}
    answer: httpx.Response = api.client.call("PUT", f"{D}/manifest", json=document, headers=headers)
    return answer


class TestManifest:
    def test_the_version_is_the_etag(self, api: Any) -> None:
        answer = api.reader().get(f"{D}/manifest")
        assert answer.headers["ETag"] == '"1"'
        changed = put(api, {"If-Match": answer.headers["ETag"]}, description="new")
        assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
        assert changed.json()["updated_by"] == "ada"
        assert [line.split(":")[0] for line in changed.json()["changes"]] == ["+ deployment.description"]

    def test_it_is_told_in_the_flat_dialect_which_put_takes_as_well(self, api: Any) -> None:
        nested = api.reader().get(f"{D}/manifest").json()
        answer = api.client.get(f"{D}/manifest", params={"format": "flat"})
        told = answer.json()
        assert answer.headers["ETag"] == '"1"'
        assert (told["manifest"]["deployment_id"], told["manifest"]["organization"]) == (ID, "Acme")
        assert told["manifest"]["environments"]["dev"]["account_id"] == "123456789012"
        assert "deployment" not in told["manifest"]
        assert {**told, "manifest": None} == {**nested, "manifest": None}
        again = api.admin().call("PUT", f"{D}/manifest", json=told["manifest"])
        assert (again.status_code, again.json()["version"], again.json()["changes"]) == (200, 1, [])

    def test_there_are_two_spellings(self, api: Any) -> None:
        answer = api.reader().get(f"{D}/manifest", params={"format": "yaml"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.format")

    @pytest.mark.parametrize("tag", ['"2"', "2", '"0"', "W/xyz"])
    def test_another_etag_is_a_failed_precondition(self, api: Any, tag: str) -> None:
        answer = put(api, {"If-Match": tag}, description="new")
        assert (answer.status_code, answer.json()["error_code"]) == (412, "PRECONDITION_FAILED")
        assert api.client.get(f"{D}/manifest").headers["ETag"] == '"1"'

    def test_any_version_will_do_with_a_star(self, api: Any) -> None:
        assert put(api, {"If-Match": "*"}, description="new").status_code == 200

    def test_another_version_in_the_body_is_a_conflict(self, api: Any) -> None:
        given = api.admin().get(f"{D}/manifest").json()["manifest"]
        answer = api.client.call("PUT", f"{D}/manifest", json={"manifest": given, "version": 7})
        assert (answer.status_code, answer.json()["error_code"]) == (409, "VERSION_CONFLICT")

    def test_the_same_again_changes_nothing(self, api: Any) -> None:
        answer = put(api)
        assert (answer.status_code, answer.json()["version"], answer.json()["changes"]) == (200, 1, [])

    @pytest.mark.parametrize("changes", [{"org": "Birchway"}, {"project": "blog"}, {"id": "D000001"}], ids=str)
    def test_what_a_deployment_is_cannot_be_changed(self, api: Any, changes: dict[str, str]) -> None:
        answer = put(api, **changes)
        assert (answer.status_code, answer.json()["error_code"]) == (422, "VALIDATION_INVALID_MANIFEST")

    @pytest.mark.parametrize("body", [[], "text", {"manifest": "text"}, {"manifest": {}, "odd": 1}], ids=str)
    def test_what_is_no_manifest_breaks_a_rule(self, api: Any, body: Any) -> None:
        answer = api.admin().call("PUT", f"{D}/manifest", json=body)
        assert answer.status_code == 422

    def test_not_while_an_operation_works_with_it(self, api: Any) -> None:
        api.edge.world.flows.run = lambda operation: None
        api.edge.operations.start(wish(Action.DEPLOY))
        answer = put(api, description="new")
        assert (answer.status_code, answer.json()["error_code"]) == (409, "OPERATION_IN_PROGRESS")

    def test_a_cycle_is_refused_with_its_path(self, api: Any) -> None:
        given = api.admin().get(f"{D}/manifest").json()["manifest"]
        given["stacks"]["network"]["dependencies"] = ["secrets"]
        answer = api.client.call("PUT", f"{D}/manifest", json=given)
        assert answer.status_code == 422
        assert "CIRCULAR_DEPENDENCY" in {one["type"] for one in answer.json()["errors"]}


class TestEnvironments:
    def test_one_that_is_deployed_is_not_switched_off(self, world: Any) -> None:
        answer = world.admin().post(f"{D}/environments/dev/disable")
        assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_CONFLICT")

    def test_a_stale_etag_is_a_failed_precondition(self, api: Any) -> None:
        answer = api.admin().post(f"{D}/environments/stage/enable", headers={"If-Match": '"9"'})
        assert answer.status_code == 412

    def test_an_unknown_one_breaks_a_rule(self, api: Any) -> None:
        assert api.admin().post(f"{D}/environments/staging/enable").status_code == 422


class TestLists:
    @pytest.mark.parametrize("by", ["created_at", "updated_at", "deployment_id"])
    def test_they_are_sorted_either_way(self, api: Any, by: str) -> None:
        api.another("D000002")
        asked = [{"sort_by": by, "sort_order": order} for order in ("asc", "desc")]
        up, down = (
            [one["deployment_id"] for one in api.reader().get("deployments", params=one).json()["deployments"]]
            for one in asked
        )
        assert up == down[::-1] == sorted(up)

    def test_a_state_is_exported_as_yaml(self, world: Any) -> None:
        answer = world.developer().get("stacks/dns/export", params={**STACK, "format": "yaml"})
        assert answer.headers["Content-Type"].startswith("application/yaml")
        assert "stack_name: dns" in answer.text


class TestDestroying:
    def test_a_rehearsal_tells_what_would_go(self, world: Any) -> None:
        answer = world.admin().call("DELETE", D, params={**DEV, "preview": True})
        assert (answer.status_code, answer.json()["total_stacks"]) == (200, 4)
        assert [one["name"] for one in answer.json()["layers"][0]["stacks"]] == ["dns", "secrets"]

    def test_the_same_key_gives_the_same_operation(self, world: Any) -> None:
        key = {"Idempotency-Key": "gone-7"}
        answers = [world.admin().call("DELETE", D, params=DEV, headers=key) for _ in range(2)]
        assert {one.status_code for one in answers} == {202}
        assert len({one.json()["operation_id"] for one in answers}) == 1

    def test_where_nothing_is_there_is_nothing_to_destroy(self, api: Any) -> None:
        answer = api.admin().call("DELETE", D, params=DEV)
        assert (answer.status_code, answer.json()["status"]) == (200, "destroyed")

    def test_the_environment_has_to_be_named(self, world: Any) -> None:
        assert world.admin().call("DELETE", D).status_code == 422

    def test_a_record_is_purged_once_nothing_is_left(self, world: Any) -> None:
        def purge(**more: Any) -> Any:
            return world.client.call("DELETE", D, params={"purge": True, **more})

        world.admin()
        refused = purge()
        assert (refused.status_code, refused.json()["error_code"]) == (409, "DEPLOYMENT_HAS_ACTIVE_STACKS")
        assert refused.json()["details"]["active_stacks"] == ["dns", "network", "secrets", "security"]
        assert refused.json()["details"]["environments"] == ["dev"]
        assert purge(**DEV).status_code == 422
        assert world.client.call("DELETE", D, params=DEV).status_code == 202
        answer = purge()
        assert (answer.status_code, answer.json()) == (200, {"deployment_id": ID, "status": "purged"})
        assert world.client.get(f"{D}/status").status_code == 404

    def test_who_may_destroy_dev_may_not_purge(self, make_api: Any) -> None:
        client = make_api(developers_may_destroy=True).developer()
        assert client.call("DELETE", D, params={"purge": True}).status_code == 403

    def test_a_stack_that_others_need_stays(self, world: Any) -> None:
        answer = world.admin().call("DELETE", "stacks/network", params=STACK)
        assert (answer.status_code, answer.json()["error_code"]) == (409, "DEPENDENTS_EXIST")
        assert answer.json()["details"]["dependents"] == ["secrets", "security"]
        assert world.client.call("DELETE", "stacks/network", params={**STACK, "force": True}).status_code == 202


class TestStacks:
    @pytest.mark.parametrize("path", ["status", "outputs", "resources", "export"])
    def test_an_unknown_stack_is_not_found(self, world: Any, path: str) -> None:
        answer = world.admin().get(f"stacks/nothing/{path}", params=STACK)
        assert (answer.status_code, answer.json()["details"]["resource_type"]) == (404, "stack")

    def test_one_that_is_not_deployed_has_no_outputs(self, api: Any) -> None:
        assert api.admin().get("stacks/dns/outputs", params=STACK).status_code == 404

    def test_what_it_needs_must_be_deployed(self, api: Any) -> None:
        answer = api.admin().post("stacks/secrets/deploy", params=STACK)
        assert (answer.status_code, answer.json()["details"]["missing"]) == (422, ["security"])
        told = api.client.post("stacks/secrets/deploy", params=STACK, json={"skip_dependencies": True, "dry_run": True})
        assert (told.status_code, told.json()["total_stacks"]) == (200, 1)

    @pytest.mark.parametrize("params", [{}, {"deployment_id": ID}, {"environment": "dev"}], ids=str)
    def test_it_is_never_unregistered(self, world: Any, params: dict[str, str]) -> None:
        assert world.admin().call("DELETE", "stacks/dns", params=params).status_code == 422


class TestOperations:
    def test_nothing_is_left_of_a_success(self, world: Any) -> None:
        answer = world.admin().post(f"{D}/operations/{world.deployed}/retry")
        assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_CONFLICT")

    def test_an_operation_that_runs_is_not_retried(self, world: Any) -> None:
        asked = prepared(world.edge, BY_NAME["cancel_operation"], world.deployed)
        answer = world.admin().post(asked.path.replace("cancel", "retry"))
        assert (answer.status_code, answer.json()["error_code"]) == (409, "OPERATION_IN_PROGRESS")

    def test_a_deploy_can_be_confined_to_a_plan(self, api: Any) -> None:
        client = api.admin()
        plan = client.post(f"{D}/plan", json={"stacks": ["network"]}).json()["operation_id"]
        api.edge.clock.advance(1)
        answer = client.post(f"{D}/deploy", json={"plan_id": plan})
        assert (answer.status_code, answer.json()["plan_id"], answer.json()["total_stacks"]) == (202, plan, 1)

    def test_a_plan_of_another_manifest_is_a_conflict(self, api: Any) -> None:
        plan = api.admin().post(f"{D}/plan").json()["operation_id"]
        put(api, description="new")
        answer = api.client.post(f"{D}/deploy", json={"plan_id": plan})
        assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_CONFLICT")

    def test_a_plan_of_another_environment_breaks_a_rule(self, api: Any) -> None:
        plan = api.admin().post(f"{D}/plan").json()["operation_id"]
        assert api.client.post(f"{D}/deploy", json={"plan_id": plan, "environment": "prod"}).status_code == 422

    def test_one_that_waits_for_an_approval_ends_when_it_is_cancelled(self, api: Any) -> None:
        api.edge.world.gate.rules = ApprovalRules(frozenset({EnvironmentName.DEV}))
        waiting = api.admin().post(f"{D}/deploy").json()
        assert waiting["status"] == "awaiting_approval"
        answer = api.client.post(f"{D}/operations/{waiting['operation_id']}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")

    def test_they_come_in_pages(self, world: Any) -> None:
        client = world.developer()
        for _ in range(6):
            world.edge.clock.advance(1)
            client.post(f"{D}/plan")
        whole = client.get(f"{D}/operations").json()
        assert whole["next_page_token"] is None
        told, token = [], None
        for _ in range(3):
            params = {"limit": 3, **({"page_token": token} if token else {})}
            page = client.get(f"{D}/operations", params=params).json()
            told += page["operations"]
            token = page["next_page_token"]
        assert token is None
        assert told == whole["operations"]
        wrong = client.get(f"{D}/operations", params={"page_token": "x"})
        assert (wrong.status_code, wrong.json()["details"]["field"]) == (422, "page_token")
        assert wrong.json()["suggestion"] == "start again without page_token"

    def test_only_previews_have_a_plan(self, world: Any) -> None:
        assert world.admin().get(f"{D}/operations/{world.deployed}/plan").status_code == 422


class TestValidation:
    def test_a_cycle_is_an_answer(self, api: Any) -> None:
        stacks = {"a": {"dependencies": ["b"]}, "b": {"dependencies": ["a"]}}
        told = api.reader().post("validate/dependencies", json={"stacks": stacks}).json()
        assert (told["valid"], told["layers"]) == (False, [])
        assert told["cycle"][0] == told["cycle"][-1]

    def test_a_missing_stack_is_an_answer(self, api: Any) -> None:
        told = api.reader().post("validate/dependencies", json={"stacks": {"a": {"dependencies": ["b"]}}}).json()
        assert not told["valid"]
        assert "b" in told["errors"][0]

    @pytest.mark.parametrize("body", [{}, {"deployment_id": ID, "stacks": {}}, {"stacks": {"A": {}}}], ids=str)
    def test_what_is_asked_must_be_clear(self, api: Any, body: dict[str, Any]) -> None:
        assert api.reader().post("validate/dependencies", json=body).status_code == 422

    def test_a_recorded_manifest_is_valid(self, api: Any) -> None:
        given = api.reader().get(f"{D}/manifest").json()["manifest"]
        told = api.client.post("validate/manifest", json=given).json()
        assert (told["valid"], told["info"]["totalStacks"]) == (True, len(CHAIN))
        levelled = api.client.post("validate/manifest", json={"manifest": given, "level": "schema"}).json()
        assert levelled["level"] == "schema"

    def test_aws_is_not_asked_by_whoever_may_only_look(self, api: Any) -> None:
        assert api.reader().post("validate/manifest", json={"manifest": {}, "level": "full"}).status_code == 422

    def test_only_what_is_asked_for_is_checked(self, api: Any) -> None:
        told = api.developer().post("validate/aws", json={**ACCOUNT, "checks": ["credentials"]}).json()
        assert told["checks"]["credentials"]["account_id"] == ACCOUNT["account_id"]
        assert (told["checks"]["permissions"], api.edge.aws.calls) == (None, ["caller_identity"])

    def test_refused_credentials_are_an_answer(self, api: Any) -> None:
        api.edge.aws.failure = AwsAccessFailed("the credentials are refused")
        told = api.developer().post("validate/aws", json=ACCOUNT).json()
        assert (told["valid"], told["checks"]["credentials"]["message"]) == (False, "the credentials are refused")

    def test_aws_that_is_away_is_an_error(self, api: Any) -> None:
        api.edge.aws.failure = Unavailable("AWS can't be reached")
        assert api.developer().post("validate/aws", json=ACCOUNT).status_code == 503

    @pytest.mark.parametrize("change", [{"checks": ["quotas"]}, {"checks": []}, {"account_id": "1"}], ids=str)
    def test_other_checks_are_refused(self, api: Any, change: dict[str, Any]) -> None:
        assert api.developer().post("validate/aws", json={**ACCOUNT, **change}).status_code == 422


class TestMonitoring:
    def test_lines_come_newest_first(self, world: Any) -> None:
        times = [
            line["timestamp"]
            for line in world.reader()
            .get(f"monitoring/deployments/{ID}/logs", params={**DEV, "since": "1h"})
            .json()["logs"]
        ]
        assert times == sorted(times, reverse=True)

    def test_pages_follow_each_other_without_a_gap(self, world: Any) -> None:
        path, client = f"monitoring/deployments/{ID}/logs", world.reader()
        for asked in (DEV, {**DEV, "since": "1h"}, {**DEV, "operation_id": world.deployed}):
            whole = client.get(path, params=asked).json()
            assert whole["next_token"] is None
            token, lines = {}, []
            while token is not None:
                page = client.get(path, params={**asked, "limit": 2, **token}).json()
                lines += page["logs"]
                token = {"next_token": page["next_token"]} if page["next_token"] else None
            assert lines == whole["logs"]
            assert len(lines) > 2

    def test_without_an_environment_it_is_about_all_of_them(self, world: Any) -> None:
        path, client = f"monitoring/{D}/logs", world.admin()
        assert client.get(path).json()["operation_id"] == world.deployed
        world.edge.clock.advance(1)
        newer = client.post(f"{D}/deploy", json={"environment": "prod"}).json()["operation_id"]
        told = client.get(path).json()
        assert (told["environment"], told["operation_id"]) == (None, newer)
        assert {line["environment"] for line in told["logs"]} == {"prod"}
        everything = client.get(path, params={"since": "1h"}).json()["logs"]
        assert {line["environment"] for line in everything} == {"dev", "prod"}
        assert client.get(path, params={"type": "destroy"}).json()["logs"] == []

    def test_a_token_of_other_filters_breaks_a_rule(self, world: Any) -> None:
        path, client = f"monitoring/deployments/{ID}/logs", world.reader()
        token = client.get(path, params={**DEV, "limit": 1}).json()["next_token"]
        for asked in ({**DEV, "level": "error", "next_token": token}, {**DEV, "next_token": "x"}):
            refused = client.get(path, params=asked).json()
            assert refused["error_code"] == "VALIDATION_INVALID_FORMAT"
            assert refused["detail"].startswith("next_token is none of this list's: pass it on exactly")

    def test_lines_that_say_something_until_a_time(self, world: Any) -> None:
        path, client = f"monitoring/deployments/{ID}/logs", world.reader()
        said = client.get(path, params=DEV).json()["logs"][0]["message"]
        found = client.get(path, params={**DEV, "search": said}).json()["logs"]
        assert {line["message"] for line in found} == {said}
        assert client.get(path, params={**DEV, "until": "1h"}).json()["logs"] == []

    @pytest.mark.parametrize("since", ["yesterday", "2x", "0h", "2026-01-01"])
    def test_a_time_that_is_none_breaks_a_rule(self, api: Any, since: str) -> None:
        answer = api.reader().get(f"monitoring/deployments/{ID}/logs", params={**DEV, "since": since})
        assert answer.status_code == 422

    def test_other_organisations_are_not_counted(self, world: Any) -> None:
        told = world.as_("ReadOnly", "org:Birchway").get("monitoring/metrics").json()
        assert told["metrics"]["deployments_started"] == 0
        answer = world.client.get("monitoring/metrics", params={"deployment_id": ID})
        assert answer.status_code == 403

    def test_one_deployment_is_counted(self, world: Any) -> None:
        told = world.reader().get("monitoring/metrics", params={"deployment_id": ID, **DEV}).json()
        assert told["metrics"]["deployments_completed"] == 1
        prod = world.client.get("monitoring/metrics", params={"deployment_id": ID, "environment": "prod"}).json()
        assert prod["metrics"]["deployments_started"] == 0

    def test_older_ones_are_not_counted(self, world: Any) -> None:
        world.edge.clock.advance(3601)
        told = world.reader().get("monitoring/metrics", params={"period": "1h"}).json()
        assert told["metrics"]["deployments_started"] == 0
        assert (
            world.client.get("monitoring/metrics", params={"period": "24h"}).json()["metrics"]["stacks_deployed"] == 4
        )


def test_documents_name_the_permission_of_every_route() -> None:
    paths = create_app(Settings()).openapi()["paths"]
    guarded = {path: methods for path, methods in paths.items() if needs_token(path)}
    operations = [one for methods in guarded.values() for one in methods.values()]
    assert len(operations) == len(CALLS)
    assert all(one["x-permission"] and "401" in one["responses"] for one in operations)
