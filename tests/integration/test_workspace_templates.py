"""A workspace's own templates and stacks beside the product's: found, winning, shown as such, used by deployments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ORDERS = """\
name: orders
description: What customers ordered.
dependencies: [secrets]
priority: 30
parameters:
  inputs:
    size: {type: number, default: 1, description: How large.}
  outputs:
    queue: {type: string, description: Its queue.}
"""
SHOP = """\
name: {name}
description: Our shop.
environments:
  dev: {{enabled: true}}
stacks:
  network: {{config: {{vpcCidr: (( VPC_CIDR_DEV )), enableNat: false}}}}
  security: {{}}
  secrets: {{}}
  orders: {{config: {{size: 3}}}}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """With a stack `orders`, the deployment template `shop`, and a `minimal` and a `secrets` that win over ours."""
    files = {
        "stacks/orders/program.py": "def program(inputs, context):\n    return None\n",
        "templates/config/orders.yaml": ORDERS,
        "templates/config/secrets.yaml": ORDERS.replace("orders", "secrets").replace("[secrets]", "[security]"),
        "templates/custom/shop.yaml": SHOP.format(name="shop"),
        "templates/custom/minimal.yaml": SHOP.format(name="minimal"),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def cloud(workspace: Path, *arguments: str) -> dict[str, Any]:
    """The answer of the real command line, whose services need neither AWS nor Prefect for this."""
    command = [sys.executable, "-m", "cli.main", *arguments, "--json"]
    environment = {**os.environ, "CLOUD_WORKSPACE": str(workspace)}
    done = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["success"], done.stdout + done.stderr
    data: dict[str, Any] = answer["data"]
    return data


def test_own_templates_are_found_win_and_are_shown_as_such(workspace: Path) -> None:
    found = {one["name"]: one for one in cloud(workspace, "template-list")["templates"]}
    assert {name for name, one in found.items() if one["type"] == "custom"} == {"shop", "minimal"}
    assert found["minimal"]["stacks"] == ["network", "security", "secrets", "orders"]
    assert found["minimal"]["path"] == str(workspace / "templates" / "custom" / "minimal.yaml")
    assert found["demo"]["type"] == "built-in"


def test_own_stacks_are_shown_as_such_inside_of_a_template(workspace: Path) -> None:
    stacks = {one["name"]: one for one in cloud(workspace, "template-show", "shop")["stacks"]}
    assert {name: (one["type"], one["layer"]) for name, one in stacks.items()} == {
        "network": ("built-in", 1),
        "security": ("built-in", 2),
        "secrets": ("custom", 3),
        "orders": ("custom", 4),
    }
    assert stacks["secrets"]["priority"] == 30


def test_a_deployment_made_from_them_is_valid_and_takes_what_they_say(workspace: Path) -> None:
    wishes = ["--org", "Birchway", "--project", "shop", "--domain", "shop.birchway.test"]
    place = ["--region", "eu-west-1", "--account-dev", "410000000017"]
    made = cloud(workspace, "init", "D7KQ2M4", "--template", "shop", *wishes, *place)
    assert made["deployment_id"] == "D7KQ2M4"
    config = (workspace / "deploy" / "D7KQ2M4-Birchway-shop" / "config" / "orders.dev.yaml").read_text("utf-8")
    assert "orders:size: '3'" in config
    checked = cloud(workspace, "validate", "D7KQ2M4", "--level", "config")
    assert (checked["valid"], checked["warnings"], checked["info"]["dependencyLayers"]) == (True, [], 4)


def test_own_templates_are_validated_beside_ours(workspace: Path) -> None:
    for name, kind in (("shop", "deployment"), ("minimal", "deployment"), ("orders", "stack"), ("secrets", "stack")):
        data = cloud(workspace, "template-validate", name)
        assert (data["kind"], data["origin"], data["valid"]) == (kind, "workspace", True)
    assert cloud(workspace, "template-validate", "network")["origin"] == "product"
