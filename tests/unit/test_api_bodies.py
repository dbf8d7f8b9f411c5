"""What the bodies of answers say, field by field, where one call of each endpoint does not show it."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import Action
from cloud_core.services.operations.guards import StartOperation
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.flows import FakeFlowRunner
from realtime.filters import Filters, read_channel

AT = {"deployment_id": ID, "environment": "dev"}
CHAIN = ["network", "security", "secrets", "dns"]


def idle(api: Any) -> Any:
    """What is accepted from now on does not run."""
    api.edge.world.flows = FakeFlowRunner()
    return api


def deploy(edge: FakeEdge) -> None:
    edge.operations.start(StartOperation(ID, EnvironmentName.DEV, Action.DEPLOY, "ann", skip_unchanged=False))
    edge.clock.advance(1)


class TestAcceptedOperation:
    def test_names_the_channel_in_which_it_is_told(self, api: Any) -> None:
        told = api.developer().post(f"deployments/{ID}/deploy").json()
        wanted = (ID, Filters(operation_id=told["operation_id"]))
        assert read_channel(told["websocket_channel"], Filters()) == wanted

    def test_tells_what_it_is_about_to_do(self, api: Any) -> None:
        told = idle(api).developer().post(f"deployments/{ID}/deploy").json()
        assert sorted(one["name"] for one in told["stacks_to_deploy"]) == sorted(CHAIN)
        assert told["progress"]["pending_stacks"] == 4
        assert {layer["status"] for layer in told["layers"]} == {"pending"}
        assert told["estimated_duration"] is None

    def test_estimates_what_has_run_before(self, api: Any) -> None:
        deploy(api.edge)
        told = idle(api).developer().post(f"deployments/{ID}/deploy", json={"skip_unchanged": False}).json()
        assert [one["estimated_duration"] for one in told["stacks_to_deploy"]] == [0, 0, 0, 0]
        assert told["estimated_duration"] == 0

    def test_that_finds_all_unchanged_skips_all(self, api: Any) -> None:
        deploy(api.edge)
        told = api.developer().post(f"deployments/{ID}/deploy").json()
        assert sorted(one["name"] for one in told["stacks_skipped"]) == sorted(CHAIN)
        assert {one["reason"] for one in told["stacks_skipped"]} == {"unchanged"}
        assert all(one["last_deployed"] for one in told["stacks_skipped"])
        assert (told["stacks_to_deploy"], told["progress"]["percentage"]) == ([], 100)

    @pytest.mark.parametrize(
        ("method", "path"),
        [("POST", "stacks/dns/deploy"), ("POST", "stacks/dns/refresh"), ("DELETE", "stacks/dns")],
        ids=str,
    )
    def test_about_one_stack_names_it(self, api: Any, method: str, path: str) -> None:
        deploy(api.edge)
        told = api.admin().call(method, path, params=AT).json()
        assert told["stack_name"] == "dns"
        assert told["websocket_channel"].endswith(told["operation_id"])

    def test_to_destroy_names_what_goes(self, api: Any) -> None:
        deploy(api.edge)
        told = idle(api).admin().call("DELETE", f"deployments/{ID}", params={"environment": "dev"}).json()
        assert sorted(one["name"] for one in told["stacks_to_destroy"]) == sorted(CHAIN)
        assert told["stacks_to_deploy"] == []

    def test_tells_of_the_stacks_that_run(self, api: Any) -> None:
        client = idle(api).developer()
        accepted = client.post(f"deployments/{ID}/deploy").json()
        with api.edge.world.executions.running(ID, accepted["operation_id"]) as run:
            run.events.emit(EventName.STACK_DEPLOYING, "network", status="deploying", layer=1, dependencies=[])
            told = client.get(accepted["status_url"]).json()
        assert (told["progress"]["in_progress_stacks"], told["progress"]["pending_stacks"]) == (1, 3)
        assert {one["name"]: one["status"] for one in told["stacks_to_deploy"]}["network"] == "deploying"
        assert told["layers"][0]["status"] == "in_progress"


class TestStack:
    def test_says_who_deployed_it(self, api: Any) -> None:
        deploy(api.edge)
        told = api.reader().get("stacks/dns/status", params=AT).json()
        assert told["last_deployed_by"] == "ann"
        assert (told["resources"], told["progress"]) == (told["resource_count"], told["progress_percent"]) == (1, 100)
        assert told["deployment_duration"] == told["duration_seconds"]

    def test_that_was_never_deployed_says_so(self, api: Any) -> None:
        told = api.reader().get("stacks/dns/status", params=AT).json()
        assert (told["last_deployed_by"], told["resources"], told["deployment_duration"]) == (None, 0, None)

    def test_lists_its_resources_with_their_ids(self, api: Any) -> None:
        deploy(api.edge)
        [one] = api.reader().get("stacks/dns/resources", params=AT).json()["resources"]
        assert (one["id"], one["name"], one["status"]) == ("dns-1", "dns", "created")

    def test_of_an_earlier_version_has_resources_without_ids(self, api: Any) -> None:
        deploy(api.edge)
        stacks = api.edge.world.records.stacks
        stored = stacks.get_stack(ID, "dns", EnvironmentName.DEV)
        earlier = [{name: value for name, value in stored.resources[0].model_dump().items() if name != "id"}]
        stacks.update(StackRecord.model_validate({**stored.model_dump(), "resources": earlier}))
        [one] = api.reader().get("stacks/dns/resources", params=AT).json()["resources"]
        assert (one["id"], one["name"]) == (None, "dns")

    def test_keeps_the_ids_of_a_state_that_it_is_given(self, api: Any) -> None:
        deploy(api.edge)
        state = dict(api.edge.stack_exports.state(ID, "dns", EnvironmentName.DEV).content)
        assert api.admin().post("stacks/dns/import", params=AT, json={"state": state}).status_code == 200
        [one] = api.reader().get("stacks/dns/resources", params=AT).json()["resources"]
        assert (one["id"], one["status"]) == ("dns-1", "imported")
        assert api.client.get("stacks/dns/status", params=AT).json()["last_deployed_by"] == "ada"


def test_a_template_says_what_each_stack_and_parameter_is(api: Any) -> None:
    told = api.reader().get("templates/demo").json()
    assert {one["name"]: one["required"] for one in told["stacks"]} == {
        "network": True,
        "security": True,
        "secrets": False,
        "dns": False,
    }
    assert told["environments"]["dev"] == {"enabled": True}
    assert told["default_config"] == {one["name"]: one["config"] for one in told["stacks"]}
    kinds = {(one["type"], one["required"], one["default"] is None) for one in told["parameters"].values()}
    assert kinds <= {("string", True, True), ("string", False, False), ("integer", False, False)}


class TestDependencies:
    def test_what_is_said_twice_is_a_warning(self, api: Any) -> None:
        stacks = {"a": {"dependencies": ["c", "c"]}, "c": {}}
        told = api.reader().post("validate/dependencies", json={"stacks": stacks}).json()
        assert (told["valid"], told["layers"], told["warnings"]) == (True, [["c"], ["a"]], ["a names c twice"])

    def test_what_a_recorded_manifest_has_switched_off_is_a_warning(self, api: Any) -> None:
        chain = {"network": {"enabled": False}, "security": {"dependencies": ["network"]}}
        api.edge.world.put_manifest(chain)
        told = api.reader().post("validate/dependencies", json={"deployment_id": ID}).json()
        assert (told["valid"], told["warnings"]) == (True, ["security names network, which is switched off"])
