"""The programs of docs/examples: each drives a whole deployment by the REST API alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cloud_core.testing.canaries import sampled_arguments, shows
from cloud_core.testing.missing import needed_program

pytestmark = pytest.mark.xdist_group("sandbox of lives")

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


@pytest.mark.parametrize(
    ("needs", "script"),
    [
        pytest.param(("sh", "curl", "jq"), "curl.sh", id="curl"),
        pytest.param((sys.executable,), "rest.py", id="python", marks=pytest.mark.extended),
        pytest.param(("node",), "rest.mjs", id="node", marks=pytest.mark.extended),
    ],
)
def test_a_whole_life_by_the_api_alone(
    cloud: Any, sandbox: dict[str, Any], needs: tuple[str, ...], script: str
) -> None:
    program, *_ = [needed_program(one) for one in needs]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    variables = {**cloud.environment(), "PATH": path, "API": sandbox["api_url"], "TEMPLATE": "own"}
    with sampled_arguments() as arguments:
        done = subprocess.run(
            [program, str(EXAMPLES / script)],
            cwd=cloud.workspace,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=540,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    (deployment_id,) = re.findall(r"^deployment (\w+)$", done.stdout, re.MULTILINE)
    for step in ("planned", "deployed"):
        assert sorted(re.findall(rf"^{step} +(\w+)$", done.stdout, re.MULTILINE)) == ["place", "reader", "vault"]
    assert done.stdout.splitlines()[-1] == f"destroyed  {deployment_id}"
    assert cloud.data("status", deployment_id)["status"] == "destroyed"
    (operation,) = cloud.data("history", deployment_id, "--type", "destroy")["operations"]
    assert operation["started_by"] == "admin"

    token = cloud("login", "--print").out.strip()
    assert any(script.encode() in one for one in arguments)
    assert not [one for one in arguments if shows(one, token)]
