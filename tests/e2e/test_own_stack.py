"""The walk-through of docs/own-stack.md, run block by block: what it shows is what works."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("sandbox of lives")

PAGE = Path(__file__).parents[2] / "docs" / "own-stack.md"
FILE = re.compile(r"^`([\w/.-]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILES = dict(FILE.findall(PAGE.read_text("utf-8")))
COMMANDS = [
    shlex.split(line.removeprefix("$ cloud "))
    for block in CONSOLE.findall(PAGE.read_text("utf-8"))
    for line in re.sub(r"\\\n\s*", "", block).splitlines()
]


@pytest.fixture(scope="module")
def walked(cloud: Any, aws: Callable[[str], Any]) -> dict[str, Any]:
    """What each command printed, by its name, and the group's rules while it was there."""
    for name, text in FILES.items():
        (cloud.workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (cloud.workspace / name).write_text(text)
    seen: dict[str, Any] = {}
    for words in COMMANDS:
        if words[0] == "destroy":
            asked = [{"Name": "tag:DeploymentId", "Values": ["DSHOP01"]}, {"Name": "tag:Stack", "Values": ["firewall"]}]
            seen["groups"] = aws("ec2").describe_security_groups(Filters=asked)["SecurityGroups"]
        answer = cloud(*words)
        assert answer.code == 0, (words, answer.text)
        seen[" ".join(words[:2]) if words[0] == "stack" else words[0]] = answer.out
    return seen


def test_the_page_shows_three_files_and_the_whole_way(walked: dict[str, Any]) -> None:
    assert [name.rpartition(".")[2] for name in FILES] == ["py", "yaml", "yaml"]
    assert {words[0] for words in COMMANDS} >= {"stack", "init", "validate", "deploy", "stack-outputs", "destroy"}


def test_the_build_passes_with_everything_unknown(walked: dict[str, Any]) -> None:
    assert re.search(r"^firewall +✓ passed +4 +6", walked["stack build"], re.MULTILINE)


def test_it_is_deployed_beside_ours_with_what_ours_gave(walked: dict[str, Any]) -> None:
    (group,) = walked["groups"]
    assert group["GroupId"] == walked["stack-outputs"].strip()
    assert sorted(rule["FromPort"] for rule in group["IpPermissions"]) == [443, 444]
    assert {one["CidrIp"] for rule in group["IpPermissions"] for one in rule["IpRanges"]} == {"10.0.0.0/16"}
    assert "✓ Deployed 2 stacks" in walked["deploy"]
    assert "✓ Destroyed 2 stacks" in walked["destroy"]


def test_it_is_marked_as_the_workspaces_own(walked: dict[str, Any], cloud: Any) -> None:
    own = {one["name"] for one in cloud.data("stack", "list", "--own-only")["stacks"]}
    assert "firewall" in own
    assert "network" not in own
