"""The control plane by its commands, on the real engine: made, seen with boto3, used, and gone."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from cli.main import run
from cloud_core.domain.tables import TABLES
from cloud_core.testing.sandbox_files import write_sandbox
from sandbox.provider.testing import Clients

PREFIX = "plane-"
Command = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, endpoint: str) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    write_sandbox(folder, endpoint)
    return folder


@pytest.fixture(scope="module")
def command(workspace: Path) -> Command:
    """`cloud control-plane …`, and the data that it prints."""

    def call(*words: str, code: int = 0) -> dict[str, Any]:
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as variables, redirect_stdout(printed):
            variables.setenv("CLOUD_WORKSPACE", str(workspace))
            variables.setenv("CLOUD_AWS__TABLE_PREFIX", PREFIX)
            found = run(["control-plane", *words, "--json"])
        assert found == code, printed.getvalue()
        document: dict[str, Any] = json.loads(printed.getvalue())
        return document.get("data") or document["error"]

    return call


@pytest.fixture(scope="module")
def deployed(command: Command) -> dict[str, Any]:
    assert command("status", code=6)["deployed"] is False
    return command("deploy")


def test_what_is_made_is_what_the_status_tells(command: Command, deployed: dict[str, Any]) -> None:
    again = command("deploy", "--dry-run")
    assert [action for action in again["changes"] if action != "same"] == []
    told = command("status")
    assert (told["outputs"], told["settings"]) == (deployed["outputs"], deployed["settings"])
    assert told["settings"]["CLOUD_AWS__TABLE_PREFIX"] == PREFIX


def test_the_tables_and_the_pool_are_in_aws(clients: Clients, deployed: dict[str, Any]) -> None:
    outputs = deployed["outputs"]
    for table in TABLES:
        found = clients.dynamodb.describe_table(TableName=PREFIX + table.name)["Table"]
        assert found["TableArn"] == outputs["tableArns"][table.name]
        assert found["DeletionProtectionEnabled"]
    pool = {"UserPoolId": outputs["userPoolId"]}
    groups = clients["cognito-idp"].list_groups(**pool)["Groups"]
    assert {one["GroupName"] for one in groups} == {"Administrators", "Developers", "ReadOnly"}
    client = clients["cognito-idp"].describe_user_pool_client(**pool, ClientId=outputs["userPoolClientId"])
    assert "ClientSecret" not in client["UserPoolClient"]


@pytest.mark.last
def test_it_goes_with_all_that_it_made(command: Command, clients: Clients, deployed: dict[str, Any]) -> None:
    assert command("destroy", code=2)
    gone = command("destroy", "--confirm", "plane")
    assert gone["deployed"] is False
    assert gone["changes"]["delete"] == deployed["resources"]
    assert clients.dynamodb.list_tables()["TableNames"] == []
    assert clients["cognito-idp"].list_user_pools(MaxResults=10)["UserPools"] == []
