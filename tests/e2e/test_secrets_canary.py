"""A known secret goes in by a variable, through a stack, into outputs: nothing that is kept or printed shows it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import boto3
import psutil
import pytest

pytestmark = pytest.mark.xdist_group("sandbox of lives")

CANARY = "canary/7f+3d 9é"
_SAMPLE_SECONDS = 0.05


def spellings() -> set[bytes]:
    """The secret as it might be written: plain, in base64 at each offset, escaped for URLs and JSON."""
    raw = CANARY.encode()
    encoded = {base64.b64encode(b"x" * offset + raw)[4 * (offset > 0) : -4] for offset in range(3)}
    escaped = {quote(CANARY), quote_plus(CANARY), quote(CANARY, safe=""), json.dumps(CANARY)[1:-1]}
    return {raw, *encoded, *(text.encode() for text in escaped)}


def shown_in(content: bytes) -> bool:
    return any(spelling in content for spelling in spellings())


@contextmanager
def sampled_arguments() -> Iterator[set[bytes]]:
    """The arguments of every process that is seen during the block."""
    seen: set[bytes] = set()
    over = threading.Event()

    def sample() -> None:
        while not over.wait(_SAMPLE_SECONDS):
            for process in psutil.process_iter(["cmdline"]):
                seen.add("\0".join(process.info["cmdline"] or []).encode())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


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
