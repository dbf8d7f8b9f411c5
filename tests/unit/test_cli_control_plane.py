"""`cloud control-plane` over an engine that is none."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.control_plane import ControlPlane, settings_of
from cloud_core.domain.errors import InvalidInput, StackFailed
from cloud_core.ports.control_plane import PlaneAction


@pytest.fixture(autouse=True)
def no_tables(cli: Any) -> None:
    cli.edge.record_tables.present = []


def test_deploy_tells_each_resource_and_the_settings(cli: Any) -> None:
    assert cli("control-plane", "deploy").code == 0
    assert "made  aws:cognito/userPool:UserPool users" in cli.err
    assert "The control plane cloud is deployed: 2 create, in 1.5 s" in cli.out
    assert "CLOUD_COGNITO__USER_POOL_ID" in cli.out
    assert cli("control-plane", "deploy").code == 0
    assert "nothing had changed" in cli.out
    assert cli.err == ""


def test_the_json_of_all_three(cli: Any) -> None:
    assert cli.json("control-plane", "deploy", "--dry-run")["data"]["changes"] == {"create": 2}
    assert cli.edge.plane_engine.made is None
    data = cli.json("control-plane", "deploy")["data"]
    assert (data["name"], data["deployed"], data["resources"]) == ("cloud", True, 2)
    assert data["settings"]["CLOUD_AWS__TABLE_PREFIX"] == "cloud-"
    assert cli.json("control-plane", "status")["data"]["outputs"] == data["outputs"]
    assert cli.json("control-plane", "destroy", "--dry-run")["data"]["changes"] == {"delete": 2}
    assert cli.edge.plane_engine.made is not None
    gone = cli.json("control-plane", "destroy", "--confirm", "cloud")["data"]
    assert (gone["deployed"], gone["changes"], gone["settings"]) == (False, {"delete": 2}, {})


def test_status_ends_with_6_when_there_is_none(cli: Any) -> None:
    assert cli("control-plane", "status").code == 6
    assert "Run 'cloud control-plane deploy'" in cli.out


def test_tables_of_somebody_else_are_not_taken_for_its_own(cli: Any) -> None:
    cli.edge.record_tables.create()
    for words in (("deploy",), ("deploy", "--dry-run")):
        assert cli("control-plane", *words).code == 5
        assert "cloud-deployments" in cli.err
        assert "CLOUD_AWS__TABLE_PREFIX" in cli.err
    assert PlaneAction.DEPLOY not in {action for action, _ in cli.edge.plane_engine.asked}


def test_destroy_asks_for_the_name(cli: Any, types: Any) -> None:
    cli("control-plane", "deploy")
    types("yes")
    assert cli("control-plane", "destroy").code == 1
    assert cli.edge.plane_engine.made
    types("cloud")
    assert cli("control-plane", "destroy").code == 0
    assert "The control plane cloud is gone: 2 delete." in cli.out


def test_destroying_what_is_not_there_asks_nothing(cli: Any) -> None:
    assert cli("control-plane", "destroy").code == 0
    assert "There was no control plane." in cli.out


def test_failures_and_interruptions_have_their_exit_codes(cli: Any) -> None:
    cli.edge.plane_engine.error = StackFailed("no", stack="control-plane", resource=None, diagnostics=[])
    assert cli("control-plane", "deploy").code == 1
    cli.edge.plane_engine.error = KeyboardInterrupt()
    assert cli("control-plane", "deploy").code == 130
    assert "Run the command again" in cli.err


class TestNames:
    @pytest.mark.parametrize("prefix", ["cloud-", "plane-2-", "a-"])
    def test_a_prefix_that_every_name_takes(self, prefix: str) -> None:
        plane = ControlPlane(prefix, "us-east-1")
        plane.require_nameable()
        assert plane.name + "-" == prefix

    @pytest.mark.parametrize("prefix", ["", "cloud", "Cloud-", "-", "a--", "2a-", "a.b-", "a" * 30 + "-"])
    def test_one_that_some_name_does_not_take(self, prefix: str) -> None:
        with pytest.raises(InvalidInput, match="the prefix") as refused:
            ControlPlane(prefix, "us-east-1").require_nameable()
        assert refused.value.context["field"] == "aws.table_prefix"

    def test_settings_are_of_what_is_known(self) -> None:
        assert settings_of({"userPoolId": "p", "somethingElse": "x"}) == {"CLOUD_COGNITO__USER_POOL_ID": "p"}
