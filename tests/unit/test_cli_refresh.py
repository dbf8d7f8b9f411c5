"""`cloud refresh`, its comparison, and what `cloud status` shows of it afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action
from cloud_core.domain.steps import PropertyChange, Step
from cloud_core.domain.values import MASK
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.flows import FakeFlowRunner

DEV = EnvironmentName.DEV
URN = "urn:pulumi:x::y::aws:ec2/vpc:Vpc::vpc"
CHANGES = (PropertyChange("tags.Key", MASK, MASK), PropertyChange("tags.Owner", None, "shop"))
STEPS = (
    Step("update", URN, "aws:ec2/vpc:Vpc", "vpc", CHANGES),
    Step("delete", f"{URN}-nat", "aws:ec2/eip:Eip", "nat"),
)


@pytest.fixture
def drifted(cli: Any) -> Any:
    """A deployment in whose network AWS has two resources otherwise."""
    cli("deploy", ID, "--auto-approve")
    cli.edge.world.clock.advance(1)
    cli.edge.world.engine.drift_of["network"] = STEPS
    cli.edge.world.engine.ran.clear()
    return cli


def operations(cli: Any, action: Action) -> list[Operation]:
    found = cli.edge.world.records.operations.list_by_deployment(ID).items
    return [operation for operation in found if operation.type is action]


class TestThePreview:
    def test_shows_each_property_as_expected_and_as_it_is(self, drifted: Any) -> None:
        assert drifted("refresh", ID, "--preview").code == 0
        shown = drifted.out[: drifted.out.index("  see it")]
        assert shown.splitlines() == [
            f"Comparison of {ID} dev",
            "",
            "dns        no change",
            "network    2 resources differ",
            "  ~ aws:ec2/vpc:Vpc vpc",
            f"      tags.Key: expected {MASK}, actual {MASK}",
            "      tags.Owner: expected (none), actual shop",
            "  - aws:ec2/eip:Eip nat: gone from AWS",
            "security   no change",
            "secrets    no change",
            "",
            "Drift: 1 of 4 stacks, 2 resources differ from AWS",
        ]
        assert "✓ compared: 2 resources differ in 0.0 s" in drifted.err
        assert f"put it right: cloud deploy {ID} --environment dev" in drifted.err

    def test_says_so_when_all_is_as_it_should_be(self, cli: Any) -> None:
        cli("deploy", ID, "--auto-approve")
        assert cli("refresh", ID, "--preview", "--fail-on-drift").code == 0
        assert "No drift: 4 stacks as in AWS" in cli.out
        assert "put it right" not in cli.err

    def test_marks_the_stack_in_the_status(self, drifted: Any) -> None:
        drifted("refresh", ID, "--preview")
        assert "drifted: 2 resources, found 0 s ago" in drifted("status", ID).out
        dev = drifted.json("status", ID)["data"]["environments"]["dev"]
        assert dev["summary"]["drifted_stacks"] == 1
        network, dns = dev["stacks"]["network"], dev["stacks"]["dns"]
        assert (network["drift_detected"], network["drift"]["count"]) == (True, 2)
        assert (dns["drift_detected"], dns["drift"]) == (False, None)
        assert drifted("deploy", ID, "--auto-approve").code == 0
        assert "AWS differs from its state in 2 resources" in drifted.out
        assert "drifted" not in drifted("status", ID).out

    def test_is_one_document_with_json(self, drifted: Any) -> None:
        data = drifted.json("refresh", ID, "network", "--preview")["data"]
        assert (data["type"], data["status"], data["drift_detected"]) == ("drift", "success", True)
        (network,) = data["stacks"]
        assert network["changes"][1] == {
            "stack": "network",
            "type": "aws:ec2/vpc:Vpc",
            "resource": "vpc",
            "urn": URN,
            "action": "changed",
            "property": "tags.Owner",
            "expected": None,
            "actual": "shop",
        }
        assert drifted.err == ""

    @pytest.mark.parametrize("option", ["--fail-on-drift", "--exit-code"])
    def test_can_fail_for_ci(self, drifted: Any, option: str) -> None:
        assert drifted("refresh", ID, "--preview", option).code == 1
        assert "tags.Owner: expected (none), actual shop" in drifted.out
        assert "Error: Drift: 1 of 4 stacks" in drifted.err
        error = drifted.json("refresh", ID, "--preview", option)["error"]
        assert (drifted.code, error["code"]) == (1, "DRIFT_DETECTED")
        assert error["details"]["summary"]["drifted"] == 1

    def test_fails_for_ci_too_when_nothing_is_known(self, drifted: Any) -> None:
        world = drifted.edge.world
        fence = world.records.stacks.get_stack(ID, "dns", DEV).fence
        world.engine.during["dns"] = lambda: world.records.stacks.stamp(ID, DEV, fence + 1)
        assert drifted("refresh", ID, "dns", "--preview", "--fail-on-drift").code == 1
        assert "dns   ! not known: somebody was at work on the stack" in drifted.out
        assert "No drift: no stack that is known differs; 1 stack not known" in drifted.out

    def test_can_be_left_to_itself(self, drifted: Any) -> None:
        drifted.edge.world.flows = FakeFlowRunner()
        assert drifted("refresh", ID, "--preview", "--detach").code == 0
        assert f"what it finds  cloud status {ID} --environment dev" in drifted.out
        assert operations(drifted, Action.DRIFT)

    def test_has_an_older_name(self, drifted: Any) -> None:
        assert drifted("detect-drift", ID, "--parallel", "2", "--environment", "dev").code == 0
        assert "Drift: 1 of 4 stacks" in drifted.out
        (operation,) = operations(drifted, Action.DRIFT)
        assert operation.parallel == 2
        assert "detect-drift" not in drifted("--help").out
        assert drifted("detect-drift", ID, "--fail-on-drift").code == 1


class TestRefresh:
    def test_takes_what_is_there_into_the_state(self, drifted: Any) -> None:
        assert drifted("refresh", ID, "--parallel", "1").code == 0
        assert f"Refresh of {ID} dev" in drifted.out
        assert "Drift: 1 of 4 stacks, 2 resources differ from AWS, and are in the state now" in drifted.out
        assert f"what the next deploy puts right: cloud plan {ID} --environment dev" in drifted.err
        drifted.edge.world.clock.advance(1)
        assert "No drift: 4 stacks as in AWS" in drifted("refresh", ID).out
        assert [one.parallel for one in operations(drifted, Action.REFRESH)] == [8, 1]

    def test_is_one_document_with_json(self, drifted: Any) -> None:
        data = drifted.json("refresh", ID)["data"]
        network = {stack["stack_name"]: stack for stack in data["stacks"]}["network"]
        assert (network["status"], network["changes_detected"]) == ("refreshed", 2)
        assert network["refreshed_at"]

    def test_that_fails_ends_with_1_and_what_is_known(self, drifted: Any) -> None:
        drifted.edge.world.engine.outputs_of["security"] = StackFailed("no credentials", stack="security")
        assert drifted("refresh", ID).code == 1
        assert "network    2 resources differ" in drifted.out
        assert "security   ✗ failed: no credentials" in drifted.out
        assert "Log of security" in drifted.out
        assert f"cloud refresh {ID} --environment dev" in drifted.err
        assert drifted.json("refresh", ID)["error"]["code"] == "OPERATION_FAILED"

    def test_that_only_looked_and_failed_is_run_again_as_a_look(self, drifted: Any) -> None:
        drifted.edge.world.engine.outputs_of["security"] = StackFailed("no credentials", stack="security")
        assert drifted("refresh", ID, "--preview").code == 1
        assert f"cloud refresh --preview {ID} --environment dev" in drifted.err

    def test_of_prod_wants_the_id(self, drifted: Any) -> None:
        drifted("deploy", ID, "-e", "prod", "--confirm", ID)
        drifted.edge.world.clock.advance(1)
        assert drifted("refresh", ID, "-e", "prod").code == 2
        assert f"--confirm {ID}" in drifted.err
        assert drifted("refresh", ID, "-e", "prod", "--confirm", "D999999").code == 2
        assert drifted("refresh", ID, "-e", "prod", "--confirm", ID).code == 0
        assert drifted("refresh", ID, "-e", "prod", "--preview").code == 0

    def test_of_nothing_is_nothing(self, cli: Any) -> None:
        assert cli("refresh", ID).code == 0
        assert f"Nothing is deployed in {ID} dev." in cli.out
        assert cli.json("refresh", ID, "--preview")["data"]["stacks"] == []

    def test_of_what_is_not_deployed_says_what_is(self, drifted: Any) -> None:
        drifted("destroy-stack", ID, "dns", "--auto-approve")
        assert drifted("refresh", ID, "dns").code == 3
        assert "not deployed in dev" in drifted.err
        assert drifted("refresh", ID, "nope").code == 4

    def test_rehearsed_leaves_not_even_the_mark(self, drifted: Any) -> None:
        assert drifted("refresh", ID, "--dry-run").code == 0
        assert "Would compare 4 stacks with AWS: dns, network, security, secrets" in drifted.out
        assert drifted.json("refresh", ID, "--dry-run")["data"]["would_compare"]
        assert operations(drifted, Action.DRIFT) == operations(drifted, Action.REFRESH) == []

    @pytest.mark.parametrize(
        ("names", "stacks"), [((), []), (("network",), ["network"]), ((ID,), []), ((ID, "dns"), ["dns"])]
    )
    def test_takes_the_deployment_from_the_variable(
        self, drifted: Any, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], stacks: list[str]
    ) -> None:
        monkeypatch.setenv("CLOUD_DEPLOYMENT", ID)
        assert drifted("refresh", *names).code == 0
        assert operations(drifted, Action.REFRESH)[0].stacks == stacks

    @pytest.mark.parametrize("names", [(), ("network",), (ID, "dns", "network")])
    def test_of_unclear_names_is_a_usage_error(self, drifted: Any, names: tuple[str, ...]) -> None:
        assert drifted("refresh", *names).code == 2
