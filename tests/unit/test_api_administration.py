"""What administrators do over HTTP: approvals, rollbacks, promotions, schedules, freed environments, states."""

from __future__ import annotations

from typing import Any

import pytest

from api.testing.calls import BY_NAME, DEV, STACK, D, changed_manifest, deploy_dev, prepared, wish
from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseOwner, ProcessIdentity
from cloud_core.domain.statuses import Action
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.flows import FakeFlowRunner

BACK = {"environment": "dev", "to_version": 1}


@pytest.fixture
def world(api: Any) -> Any:
    """The API with dev deployed, and nothing running."""
    api.deployed = deploy_dev(api.edge)
    return api


class TestApprovals:
    @pytest.fixture
    def waiting(self, api: Any) -> str:
        api.edge.world.gate.rules = ApprovalRules(frozenset({EnvironmentName.DEV}))
        return f"{D}/operations/{api.admin().post(f'{D}/deploy').json()['operation_id']}"

    def test_nobody_approves_their_own(self, api: Any, waiting: str) -> None:
        answer = api.admin().post(f"{waiting}/approve")
        assert (answer.status_code, answer.json()["error_code"]) == (403, "AUTHZ_FORBIDDEN")
        assert api.client.get(waiting).json()["status"] == "awaiting_approval"

    def test_a_rehearsal_tells_whether_it_holds(self, api: Any, waiting: str) -> None:
        other = api.as_("Administrators", "org:Acme", user="eve")
        answer = other.post(f"{waiting}/approve", json={"dry_run": True})
        assert (answer.status_code, answer.json()["lapsed"]) == (200, [])
        assert other.post(f"{waiting}/approve", json={"comment": "fine"}).status_code == 202
        again = other.post(f"{waiting}/approve")
        assert (again.status_code, again.json()["error_code"]) == (409, "RESOURCE_CONFLICT")

    def test_what_was_rejected_stays_so(self, api: Any, waiting: str) -> None:
        assert api.admin().post(f"{waiting}/reject", json={"comment": "no"}).json()["message"] == "rejected by ada: no"
        assert api.client.post(f"{waiting}/reject").status_code == 409


class TestRollback:
    @pytest.fixture
    def moved_on(self, world: Any) -> Any:
        world.edge.recorded_manifests.replace(ID, changed_manifest(world.edge))
        return world.admin()

    def test_it_is_previewed_and_then_done(self, moved_on: Any) -> None:
        told = moved_on.post(f"{D}/rollback", json={**BACK, "dry_run": True}).json()
        assert (told["from_version"], told["to_version"]) == (2, 1)
        assert any("deployment.description" in change for change in told["changes"])
        plan = moved_on.post(f"{D}/rollback", json={**BACK, "preview": True}).json()["operation_id"]
        key = {"Idempotency-Key": "back-1"}
        done = [moved_on.post(f"{D}/rollback", json={**BACK, "plan_id": plan}, headers=key) for _ in range(2)]
        assert [one.status_code for one in done] == [202, 202]
        assert len({one.json()["operation_id"] for one in done}) == 1
        assert (done[0].json()["back_to_version"], done[0].json()["plan_id"]) == (1, plan)
        assert moved_on.get(f"{D}/manifest").json()["version"] == 3

    def test_without_its_preview_nothing_goes_back(self, moved_on: Any) -> None:
        answer = moved_on.post(f"{D}/rollback", json=BACK)
        assert (answer.status_code, answer.json()["details"]["field"]) == (422, "plan_id")
        assert moved_on.get(f"{D}/manifest").json()["version"] == 2

    def test_a_plan_of_something_else_is_a_conflict(self, moved_on: Any) -> None:
        plan = moved_on.post(f"{D}/plan", json=DEV).json()["operation_id"]
        answer = moved_on.post(f"{D}/rollback", json={**BACK, "plan_id": plan})
        assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_CONFLICT")
        assert moved_on.get(f"{D}/manifest").json()["version"] == 2

    def test_the_record_stays_while_an_operation_runs(self, world: Any, moved_on: Any) -> None:
        plan = moved_on.post(f"{D}/rollback", json={**BACK, "preview": True}).json()["operation_id"]
        world.edge.world.flows = FakeFlowRunner()
        world.edge.operations.start(wish(Action.DEPLOY, skip_unchanged=False))
        answer = moved_on.post(f"{D}/rollback", json={**BACK, "plan_id": plan})
        assert (answer.status_code, answer.json()["error_code"]) == (409, "OPERATION_IN_PROGRESS")
        assert moved_on.get(f"{D}/manifest").json()["version"] == 2

    def test_one_stack_goes_back_as_it_was_previewed(self, world: Any) -> None:
        client = world.admin()
        client.call("PUT", f"{D}/config/size", params={"stack": "dns"}, json={"value": 3})
        of_dns = {**BACK, "stack": "dns"}
        assert client.post(f"{D}/rollback", json=of_dns).json()["details"]["field"] == "plan_id"
        plan = client.post(f"{D}/rollback", json={**of_dns, "preview": True}).json()["operation_id"]
        assert client.get(f"{D}/operations/{plan}/plan").json()["confined_to"] == ["dns"]
        of_all = client.post(f"{D}/rollback", json={**BACK, "plan_id": plan})
        assert (of_all.status_code, of_all.json()["error_code"]) == (409, "RESOURCE_CONFLICT")
        answer = client.post(f"{D}/rollback", json={**of_dns, "plan_id": plan})
        assert (answer.status_code, answer.json()["total_stacks"]) == (202, 1)
        assert (answer.json()["back_to_version"], answer.json()["plan_id"]) == (1, plan)

    def test_a_stack_that_can_not_be_deployed_is_not_previewed(self, world: Any) -> None:
        client = world.admin()
        client.call("PUT", f"{D}/config/size", params={"stack": "security"}, json={"value": 3})
        client.call("DELETE", D, params=DEV)
        world.edge.clock.advance(1)
        before = client.get(f"{D}/operations").json()["operations"]
        answer = client.post(f"{D}/rollback", json={**BACK, "stack": "security", "preview": True})
        assert (answer.status_code, "not deployed" in answer.json()["detail"]) == (422, True)
        assert client.get(f"{D}/operations").json()["operations"] == before

    def test_to_what_is_there_it_does_not_go(self, world: Any) -> None:
        assert world.admin().post(f"{D}/rollback", json={**BACK, "dry_run": True}).status_code == 422


class TestPromotion:
    def test_a_rehearsal_begins_nothing(self, world: Any) -> None:
        body = {"source": "dev", "target": "prod", "dry_run": True}
        answer = world.admin().post(f"{D}/promote", json=body)
        assert (answer.status_code, answer.json()["total_stacks"]) == (200, 4)

    def test_only_what_succeeded_is_promoted(self, api: Any) -> None:
        answer = api.admin().post(f"{D}/promote", json={"source": "dev", "target": "prod"})
        assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_CONFLICT")
        assert answer.json()["details"]["reasons"] == ["dev is initialized, not deployed"]

    def test_the_same_key_gives_the_same_operation(self, world: Any) -> None:
        body, key = {"source": "dev", "target": "prod"}, {"Idempotency-Key": "go-1"}
        done = [world.admin().post(f"{D}/promote", json=body, headers=key) for _ in range(2)]
        assert {one.status_code for one in done} == {202}
        assert len({one.json()["operation_id"] for one in done}) == 1


class TestConfiguration:
    def test_whose_value_it_is_has_to_be_said(self, api: Any) -> None:
        answer = api.admin().get(f"{D}/config/size")
        assert (answer.status_code, answer.json()["error_code"]) == (422, "VALIDATION_INVALID_FORMAT")
        assert api.client.get(f"{D}/config").json()["values"] == []

    def test_a_change_is_made_from_one_version(self, api: Any) -> None:
        client, where = api.developer(), {"stack": "network"}
        told = client.call("PUT", f"{D}/config/size", params=where, json={"value": 3, "dry_run": True}).json()
        assert (told["changed"], told["new"], told["version"]) == (True, 3, 1)
        answer = client.call("PUT", f"{D}/config/size", {"If-Match": '"1"'}, params=where, json={"value": 3})
        assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
        stale = client.call("PUT", f"{D}/config/size", {"If-Match": '"1"'}, params=where, json={"value": 4})
        assert (stale.status_code, stale.json()["error_code"]) == (412, "PRECONDITION_FAILED")
        same = client.call("PUT", f"{D}/config/size", params=where, json={"value": 3}).json()
        assert (same["changed"], same["version"]) == (False, 2)

    def test_what_breaks_a_rule_is_not_stored(self, api: Any) -> None:
        answer = api.developer().call("PUT", f"{D}/config/size", params={"stack": "network"}, json={"value": "big"})
        assert (answer.status_code, answer.json()["error_code"]) == (422, "VALIDATION_INVALID_MANIFEST")
        assert api.client.get(f"{D}/manifest").json()["version"] == 1

    def test_a_secret_in_clear_is_refused_without_its_value(self, api: Any) -> None:
        body = {"value": "hunter2", "secret": True}
        answer = api.developer().call("PUT", f"{D}/config/size", params={"stack": "network"}, json=body)
        assert answer.status_code == 422
        assert "hunter2" not in answer.text

    def test_placeholders_are_looked_up_in_an_environment(self, api: Any) -> None:
        assert api.admin().get(f"{D}/config", params={"resolved": True}).status_code == 422
        assert api.reader().get(f"{D}/config", params={"resolved": True, **DEV}).status_code == 403
        assert api.developer().get(f"{D}/config", params={"resolved": True, **DEV}).status_code == 200


class TestSchedules:
    def test_a_rehearsal_tells_the_times(self, api: Any) -> None:
        body = {"cron": "0 3 * * *", "dry_run": True}
        answer = api.admin().call("PUT", f"{D}/schedules/dev/deploy", json=body)
        assert (answer.status_code, len(answer.json()["next_runs"])) == (200, 3)
        assert api.client.get(f"{D}/schedules").json()["total"] == 0

    def test_prod_is_never_deployed_so(self, api: Any) -> None:
        answer = api.admin().call("PUT", f"{D}/schedules/prod/deploy", json={"cron": "@daily"})
        assert answer.status_code == 422

    @pytest.mark.parametrize(("method", "word"), [("POST", "/pause"), ("POST", "/resume"), ("DELETE", "")], ids=str)
    def test_what_is_not_there_is_not_found(self, api: Any, method: str, word: str) -> None:
        assert api.admin().call(method, f"{D}/schedules/dev/drift{word}").status_code == 404


class TestUnlocking:
    def test_an_owner_that_is_gone_is_removed(self, api: Any) -> None:
        processes = api.edge.world.processes
        gone = LeaseOwner(
            operation_id="op-gone",
            host=processes.host(),
            flow_process=ProcessIdentity(pid=999_999, started=1.0),
        )
        api.edge.world.records.leases.acquire(ID, EnvironmentName.DEV, gone)
        told = api.admin().post(f"{D}/environments/dev/unlock", json={"dry_run": True}).json()
        assert (told["freed"], told["operation_id"], told["proven_dead"]) == (False, "op-gone", True)
        assert api.client.post(f"{D}/environments/dev/unlock").json()["freed"] is True
        assert api.client.post(f"{D}/environments/dev/unlock").json()["operation_id"] is None


class TestComparing:
    def test_where_nothing_is_deployed_there_is_nothing_to_compare(self, api: Any) -> None:
        answer = api.developer().post(f"{D}/drift")
        assert (answer.status_code, answer.json()["drift_detected"]) == (200, False)

    def test_the_same_key_gives_the_same_comparison(self, world: Any) -> None:
        key = {"Idempotency-Key": "look-1"}
        done = [world.developer().post(f"{D}/drift", headers=key).json()["operation_id"] for _ in range(2)]
        assert done[0] == done[1]

    def test_only_comparisons_that_have_ended_have_found_something(self, world: Any) -> None:
        assert world.reader().get(f"{D}/operations/{world.deployed}/findings").status_code == 422
        world.edge.world.flows = FakeFlowRunner()
        running = world.edge.operations.start(wish(Action.DRIFT)).operation_id
        answer = world.client.get(f"{D}/operations/{running}/findings")
        assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_CONFLICT")


class TestStates:
    def test_a_rehearsal_keeps_the_state(self, world: Any) -> None:
        call = prepared(world.edge, BY_NAME["import_stack"], "")
        answer = call.send(world.admin(), json={**call.json, "dry_run": True})
        assert (answer.status_code, answer.json()["imported"], answer.json()["backup"]) == (200, False, None)
        done = call.send(world.client)
        assert done.status_code == 200
        assert "/" not in (done.json()["backup"] or "")

    def test_what_is_no_state_is_refused(self, world: Any) -> None:
        answer = world.admin().post("stacks/dns/import", params=STACK, json={"state": {}})
        assert (answer.status_code, answer.json()["error_code"]) == (422, "VALIDATION_INVALID_FORMAT")


@pytest.mark.parametrize(("format", "begin"), [("mermaid", "graph"), ("svg", "<svg")], ids=str)
def test_a_graph_is_drawn(world: Any, format: str, begin: str) -> None:
    answer = world.reader().get(f"{D}/graph", params={**DEV, "format": format})
    assert answer.status_code == 200
    assert begin in answer.text.splitlines()[0] or begin in answer.text
    assert answer.headers["Content-Type"].startswith(("text/vnd.mermaid", "image/svg+xml"))
