"""A known secret goes in by a variable, through a stack, into outputs: nothing that is kept or printed shows it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from cloud_core.testing.canaries import sampled_arguments, shows

pytestmark = pytest.mark.xdist_group("sandbox of lives")

CANARY = "canary/7f+3d 9é"


def shown_in(content: bytes) -> bool:
    return shows(content, CANARY)


def test_the_secret_is_found_by_the_search_itself() -> None:
    assert shown_in(b"..." + base64.b64encode(b"ab" + CANARY.encode() + b"cd"))
    assert shown_in(json.dumps({"a": CANARY}).encode())
    assert not shown_in(b"canary")


@dataclass(frozen=True)
class Deployed:
    """A deployment with the secret in it: what its deploy printed, and the arguments of all processes meanwhile."""

    deployment_id: str
    text: str
    arguments: set[bytes]


@pytest.fixture(scope="module")
def vaults(cloud: Any) -> Deployed:
    deployment_id = cloud.init("own", "vaults")
    with sampled_arguments() as arguments:
        answer = cloud("deploy", deployment_id, "--auto-approve")
    assert answer.code == 0, answer.text
    return Deployed(deployment_id, answer.text, arguments)


def test_a_secret_shows_nowhere(
    vaults: Deployed, cloud: Any, sandbox: dict[str, Any], aws: Callable[[str], Any]
) -> None:
    deployment_id, arguments = vaults.deployment_id, vaults.arguments
    parameter = aws("ssm").get_parameter(Name=f"/{deployment_id}/token", WithDecryption=True)
    assert parameter["Parameter"]["Value"] == CANARY, "the secret did not arrive, so the search proves nothing"

    assert any(b"pulumi" in argument for argument in arguments)
    assert not [argument for argument in arguments if shown_in(argument)]
    shown = [path for folder in (Path(sandbox["state_dir"]), cloud.workspace) for path in showing(folder)]
    assert shown == []
    assert not shown_in(records(sandbox["records_endpoint"]))
    for command in (("outputs", deployment_id), ("status", deployment_id), ("logs", deployment_id, "--lines", "1000")):
        assert not shown_in(cloud(*command).text.encode())
    assert not shown_in(vaults.text.encode())


def test_a_secret_is_shown_to_who_asks_for_it(vaults: Deployed, cloud: Any) -> None:
    masked = cloud.data("outputs", vaults.deployment_id)["outputs"]["vault"]
    assert (masked["plain"], masked["secret"]) == ("seen", "***")
    assert masked["nested"] == {"list": ["***", "x"]}
    shown = cloud.data("outputs", vaults.deployment_id, "--show-secrets")["outputs"]["vault"]
    assert shown["nested"] == {"list": [CANARY, "x"]}


def test_neither_a_secret_nor_a_token_shows_in_the_api(vaults: Deployed, cloud: Any, sandbox: dict[str, Any]) -> None:
    """In no answer to anything that can be asked, in no refusal of what has the secret in it, and not in the log."""
    token = cloud("login", "--print").out.strip()
    with httpx.Client(base_url=sandbox["api_url"], timeout=60, headers={"Authorization": f"Bearer {token}"}) as api:
        answers = [*everything(api, vaults.deployment_id), *refusals(api, vaults.deployment_id)]
    assert {answer.status_code for answer in answers} >= {200, 400, 401, 404, 422}
    for answer in answers:
        content = answer.content + repr(answer.headers).encode()
        assert not shows(content, CANARY, token), f"{answer.request.method} {answer.request.url}"
    log = (Path(sandbox["state_dir"]) / "logs" / "api.log").read_bytes()
    assert vaults.deployment_id.encode() in log
    users = json.loads((Path(sandbox["state_dir"]) / "user_pool.json").read_text())["users"]
    kept = [path for path in cloud.logins.rglob("*") if path.is_file()]
    (login,) = [found for path in kept if (found := json.loads(path.read_text()))["api_url"] == sandbox["api_url"]]
    assert not shows(log, CANARY, token, login["access_token"], login["refresh_token"], *users.values())


def everything(api: httpx.Client, deployment_id: str) -> list[httpx.Response]:
    """The answer of every address that can be read, for the stack with the secret."""
    operations = api.get(f"deployments/{deployment_id}/operations").raise_for_status().json()["operations"]
    place = {
        "deployment_id": deployment_id,
        "operation_id": operations[0]["operation_id"],
        "stack_name": "vault",
        "template_name": "own",
        "key": "size",
    }
    where = {"deployment_id": deployment_id, "environment": "dev"}
    described = api.get("openapi.json").json()["paths"].items()
    asked = {path: methods["get"].get("parameters", ()) for path, methods in described if "get" in methods}
    assert len(asked) > 15
    answers = []
    for path, parameters in asked.items():
        named = {one["name"] for one in parameters if one["in"] == "query"} & where.keys()
        params = {name: where[name] for name in named}
        answers.append(api.get(path.removeprefix("/api/v1").format(**place), params=params))
    # A deploy has no plan and no comparison.
    assert sum(answer.status_code == 200 for answer in answers) > len(answers) / 2
    return [*answers, api.get(f"deployments/{deployment_id}/manifest", params={"format": "flat"})]


def refusals(api: httpx.Client, deployment_id: str) -> list[httpx.Response]:
    """What is answered to requests that have the secret where it does not belong."""
    return [
        api.post("deployments/init", json={"organization": "CompanyA", "environments": CANARY}),
        api.post("deployments/init", content=f"{{{CANARY}", headers={"Content-Type": "application/json"}),
        api.put(f"deployments/{deployment_id}/manifest", json={"manifest": {"deployment": {"id": CANARY}}}),
        api.get("deployments", params={"limit": CANARY}),
        api.get("deployments", headers={"Authorization": f"Bearer {base64.b64encode(CANARY.encode()).decode()}"}),
        api.get("monitoring/metrics", params={"period": CANARY}),
        api.get("templates/nobodys"),
    ]


def showing(folder: Path) -> list[Path]:
    """Files that show the secret; the flow service's database and its log of changes are among them."""
    return [path for path in folder.rglob("*") if path.is_file() and shown_in(path.read_bytes())]


def records(endpoint: str) -> bytes:
    """Everything in every table."""
    keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    with closing(boto3.client("dynamodb", region_name="us-east-1", endpoint_url=endpoint, **keys)) as client:
        pages = [
            page["Items"]
            for name in client.list_tables()["TableNames"]
            for page in client.get_paginator("scan").paginate(TableName=name)
        ]
    assert any(pages)
    return repr(pages).encode() + json.dumps(pages, default=str).encode()
