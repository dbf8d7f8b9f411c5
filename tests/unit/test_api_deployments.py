"""Deployments over HTTP: their list, new ones, how they stand, deploying them."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from cloud_core.testing.builders import DEPLOYMENT_ID

ID = DEPLOYMENT_ID
DEV = {"region": "us-east-1", "account_id": "123456789012"}
NEW: dict[str, Any] = {
    "organization": "Acme",
    "project": "blog",
    "domain": "blog.example",
    "template": "demo",
    "environments": {"dev": DEV},
}


class TestList:
    def test_deployments_are_listed_with_their_environments(self, api: Any) -> None:
        answer = api.reader().get("deployments")
        assert answer.status_code == 200
        [one] = answer.json()["deployments"]
        assert (one["deployment_id"], one["organization"], one["status"]) == (ID, "Acme", "initialized")
        assert one["environments"]["dev"] == {"enabled": True, "status": "ready"}

    def test_one_whose_manifest_can_t_be_read_takes_the_list_from_nobody(self, api: Any) -> None:
        """AppSync records manifests that are validated later only."""
        known = api.another("D000001")
        wrong = {**known.manifest, "stacks": {"network": {"enabled": "maybe"}}}
        api.edge.world.records.deployments.update(known.model_copy(update={"manifest": wrong}))
        for query, wanted in (("", {ID, "D000001"}), ("?environment=dev", {ID})):
            listed = api.reader().get(f"deployments{query}").json()["deployments"]
            assert {one["deployment_id"] for one in listed} == wanted

    def test_those_of_other_organisations_are_not_listed(self, api: Any) -> None:
        api.another("D000001", "Birchway")
        listed = api.reader().get("deployments").json()["deployments"]
        assert [one["deployment_id"] for one in listed] == [ID]
        both = api.as_("ReadOnly", "org:Acme", "org:Birchway").get("deployments").json()["deployments"]
        assert {one["deployment_id"] for one in both} == {ID, "D000001"}

    def test_asking_for_another_organisation_finds_nothing(self, api: Any) -> None:
        api.another("D000001", "Birchway")
        assert api.reader().get("deployments", params={"organization": "Birchway"}).json()["deployments"] == []

    def test_a_list_comes_page_by_page(self, api: Any) -> None:
        for number in range(1, 5):
            api.another(f"D00000{number}")
        answer = api.reader().get("deployments", params={"sort_by": "id", "limit": 2, "page": 2}).json()
        assert [one["deployment_id"] for one in answer["deployments"]] == ["D000003", "D000004"]
        assert answer["pagination"] == {
            "page": 2,
            "limit": 2,
            "total": 5,
            "total_pages": 3,
            "has_next": True,
            "has_prev": True,
            "next_page": 3,
            "prev_page": 1,
        }

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"project": "shop"}, 1),
            ({"project": "blog"}, 0),
            ({"status": "active"}, 0),
            ({"status": "initialized"}, 1),
            ({"environment": "stage"}, 0),
            ({"template": "minimal"}, 1),
            ({"template": "default"}, 0),
            ({"offset": 1}, 0),
        ],
        ids=str,
    )
    def test_a_list_can_be_confined(self, api: Any, query: dict[str, Any], found: int) -> None:
        assert len(api.reader().get("deployments", params=query).json()["deployments"]) == found

    @pytest.mark.parametrize(
        "query", [{"limit": 101}, {"page": 0}, {"status": "odd"}, {"environment": "staging"}], ids=str
    )
    def test_a_query_that_breaks_a_rule_is_refused(self, api: Any, query: dict[str, Any]) -> None:
        answer = api.reader().get("deployments", params=query)
        assert (answer.status_code, answer.json()["error_code"]) == (422, "VALIDATION_INVALID_FORMAT")
        assert answer.json()["errors"][0]["field"] == f"query.{next(iter(query))}"


class TestInit:
    def test_a_deployment_is_made(self, api: Any) -> None:
        answer = api.developer().post("deployments/init", json=NEW)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["organization"], made["template"], made["created_by"]) == ("Acme", "demo", "dev")
        assert {stack["name"] for stack in made["stacks"]} == {"network", "security", "secrets", "dns"}
        assert api.client.get(answer.headers["Location"]).json()["deployment_id"] == made["deployment_id"]

    def test_a_taken_id_is_a_conflict(self, api: Any) -> None:
        answer = api.developer().post("deployments/init", json={**NEW, "deployment_id": ID})
        assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_ALREADY_EXISTS")

    def test_an_unknown_template_is_not_found(self, api: Any) -> None:
        answer = api.developer().post("deployments/init", json={**NEW, "template": "nothing"})
        assert (answer.status_code, answer.json()["details"]["resource_type"]) == (404, "template")

    def test_another_organisation_is_refused(self, api: Any) -> None:
        answer = api.developer().post("deployments/init", json={**NEW, "organization": "Birchway"})
        assert (answer.status_code, answer.json()["error_code"]) == (403, "AUTHZ_ORGANIZATION_MISMATCH")
        assert len(api.edge.world.records.deployments.list_by_organization("Birchway").items) == 0

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"organization": "<script>alert(1)</script>"}, "body.organization"),
            ({"organization": ""}, "body.organization"),
            ({"deployment_id": "D1; DROP"}, "body.deployment_id"),
            ({"environments": {}}, "body"),
            ({"environments": {"dev": {**DEV, "region": "mars"}}}, "body.environments.dev.region"),
            ({"environments": {"dev": {**DEV, "account_id": "12"}}}, "body.environments.dev.account_id"),
            ({"webhook_url": "http://example.com"}, "body.webhook_url"),
        ],
        ids=str,
    )
    def test_a_body_that_breaks_a_rule_is_refused(self, api: Any, change: dict[str, Any], field: str) -> None:
        answer = api.developer().post("deployments/init", json={**NEW, **change})
        assert (answer.status_code, answer.json()["error_code"]) == (422, "VALIDATION_INVALID_FORMAT")
        assert [one["field"] for one in answer.json()["errors"]] == [field]


class TestStatus:
    def test_all_enabled_environments_are_told(self, api: Any) -> None:
        answer = api.reader().get(f"deployments/{ID}/status")
        assert answer.status_code == 200
        assert list(answer.json()["environments"]) == ["dev", "prod"]

    def test_one_environment_is_told_with_its_stacks(self, api: Any) -> None:
        api.edge.world.start()
        told = api.reader().get(f"deployments/{ID}/status", params={"environment": "dev"}).json()
        assert (told["environment"], told["status"], told["summary"]["deployed_stacks"]) == ("dev", "deployed", 4)
        assert told["stacks"]["security"]["dependencies"] == ["network"]

    def test_one_stack_is_told(self, api: Any) -> None:
        told = api.reader().get(f"deployments/{ID}/status", params={"environment": "dev", "stack": "dns"}).json()
        assert list(told["stacks"]) == ["dns"]

    def test_an_unknown_stack_is_not_found(self, api: Any) -> None:
        answer = api.reader().get(f"deployments/{ID}/status", params={"stack": "nothing"})
        assert (answer.status_code, answer.json()["details"]["resource_type"]) == (404, "stack")


class TestDeploy:
    def test_a_deploy_is_accepted_and_can_be_followed(self, api: Any) -> None:
        answer = api.developer().post(f"deployments/{ID}/deploy", json={"environment": "dev"})
        assert answer.status_code == 202, answer.text
        accepted = answer.json()
        assert (accepted["type"], accepted["environment"], accepted["started_by"]) == ("deploy", "dev", "dev")
        assert answer.headers["Location"] == accepted["status_url"]
        followed = api.client.get(answer.headers["Location"]).json()
        assert (followed["operation_id"], followed["status"]) == (accepted["operation_id"], "success")
        assert [one["operation_id"] for one in api.client.get(f"deployments/{ID}/operations").json()["operations"]] == [
            accepted["operation_id"]
        ]

    def test_what_is_deployed_already_is_skipped(self, api: Any) -> None:
        client = api.developer()
        client.post(f"deployments/{ID}/deploy")
        api.edge.clock.advance(1)
        assert client.post(f"deployments/{ID}/deploy").json()["skipped"] == 4

    def test_the_same_key_gives_the_same_operation(self, api: Any) -> None:
        client, key = api.developer(), {"Idempotency-Key": "release-7"}
        first = client.post(f"deployments/{ID}/deploy", headers=key).json()
        api.edge.clock.advance(1)
        client.post(f"deployments/{ID}/deploy")
        again = client.post(f"deployments/{ID}/deploy", headers=key)
        assert (again.status_code, again.json()["operation_id"]) == (202, first["operation_id"])

    def test_a_key_of_another_operation_is_a_conflict(self, api: Any) -> None:
        client, key = api.admin(), {"Idempotency-Key": "release-7"}
        client.post(f"deployments/{ID}/deploy", headers=key)
        answer = client.post(f"deployments/{ID}/deploy", json={"environment": "prod"}, headers=key)
        assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_CONFLICT")

    def test_a_rehearsal_tells_and_changes_nothing(self, api: Any) -> None:
        answer = api.developer().post(f"deployments/{ID}/deploy", json={"dry_run": True})
        assert (answer.status_code, answer.json()["total_stacks"]) == (200, 4)
        assert api.client.get(f"deployments/{ID}/operations").json()["operations"] == []

    def test_a_disabled_environment_is_refused(self, api: Any) -> None:
        answer = api.developer().post(f"deployments/{ID}/deploy", json={"environment": "stage"})
        assert (answer.status_code, answer.json()["error_code"]) == (422, "VALIDATION_INVALID_FORMAT")

    def test_a_second_one_at_the_same_time_is_refused(self, api: Any) -> None:
        api.edge.world.flows.run = lambda operation: None
        client = api.developer()
        first = client.post(f"deployments/{ID}/deploy").json()
        answer = client.post(f"deployments/{ID}/deploy")
        assert (answer.status_code, answer.json()["error_code"]) == (409, "OPERATION_IN_PROGRESS")
        assert answer.json()["details"]["operation_id"] == first["operation_id"]

    def test_every_finding_of_an_invalid_manifest_is_listed(self, api: Any) -> None:
        api.edge.world.put_manifest(
            {"network": {"dependencies": ["security"]}, "security": {"dependencies": ["network"]}}
        )
        answer = api.developer().post(f"deployments/{ID}/deploy")
        assert (answer.status_code, answer.json()["error_code"]) == (422, "VALIDATION_INVALID_MANIFEST")
        assert "CIRCULAR_DEPENDENCY" in {one["type"] for one in answer.json()["errors"]}
        assert api.client.get(f"deployments/{ID}/operations").json()["operations"] == []

    def test_what_the_workspace_holds_does_not_count(self, api: Any) -> None:
        """Whoever calls from elsewhere sees the record alone."""
        made = api.developer().post("deployments/init", json=NEW).json()
        api.edge.environments.enable(made["deployment_id"], EnvironmentName.STAGE)
        answer = api.client.post(f"deployments/{made['deployment_id']}/deploy")
        assert (answer.status_code, answer.json()["manifest_version"]) == (202, 1)


class TestCancel:
    def test_an_operation_is_asked_to_stop(self, api: Any) -> None:
        api.edge.world.flows.run = lambda operation: None
        client = api.developer()
        begun = client.post(f"deployments/{ID}/deploy").json()
        answer = client.post(f"deployments/{ID}/operations/{begun['operation_id']}/cancel", json={"level": "drain"})
        assert (answer.status_code, answer.json()["cancel_requested"], answer.json()["cancel_level"]) == (
            202,
            True,
            "drain",
        )

    def test_one_that_has_ended_is_a_conflict(self, api: Any) -> None:
        client = api.developer()
        done = client.post(f"deployments/{ID}/deploy").json()
        answer = client.post(f"deployments/{ID}/operations/{done['operation_id']}/cancel")
        assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_CONFLICT")

    def test_it_takes_the_right_to_start_it(self, api: Any) -> None:
        api.edge.world.flows.run = lambda operation: None
        begun = api.admin().post(f"deployments/{ID}/deploy", json={"environment": "prod"}).json()
        path = f"deployments/{ID}/operations/{begun['operation_id']}/cancel"
        assert api.developer().post(path).status_code == 403
        assert api.reader().post(path).status_code == 403
        assert api.admin().post(path).status_code == 202
