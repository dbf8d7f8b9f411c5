"""What the benchmarks share: a workspace whose stacks wait, and the bare loop to compare with."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import pulumi
import pulumi.automation as automation

_PROGRAM = '''"""A stack of one resource that takes its time."""

import pulumi

from stacks.inputs import StackInputs


class Inputs(StackInputs):
    seconds: float | int


def program(inputs, context):
    wait = pulumi.CustomResource("aws:sandbox/wait:Wait", "wait", {"seconds": inputs.seconds, "value": context.stack})
    return {"waitId": wait.id}
'''


def write_workspace(workspace: Path, dag: Mapping[str, Sequence[str]], seconds: float) -> None:
    """Stacks, stack templates and a deployment template `dag`; JSON is YAML."""
    (workspace / "deploy").mkdir(parents=True)
    for name, dependencies in dag.items():
        _write(workspace / "stacks" / name / "program.py", _PROGRAM)
        inputs = {"seconds": {"type": "number", "default": seconds, "description": "How long it takes."}}
        outputs = {"waitId": {"type": "string", "description": "Id of the resource."}}
        template = {
            "name": name,
            "version": "1.0.0",
            "description": f"Waits {seconds} s.",
            "dependencies": list(dependencies),
            "priority": 50,
            "parameters": {"inputs": inputs, "outputs": outputs},
        }
        _write(workspace / "templates" / "config" / f"{name}.yaml", json.dumps(template, indent=2))
    deployment = {
        "name": "dag",
        "description": "A graph of stacks that wait.",
        "environments": {"dev": {"enabled": True}},
        "stacks": {name: {"enabled": True} for name in dag},
    }
    _write(workspace / "templates" / "custom" / "dag.yaml", json.dumps(deployment, indent=2))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def bare_loop(environment: Mapping[str, str], order: Sequence[str], seconds: float) -> float:
    """Seconds that the stock Automation API takes for the same stacks, one after the other."""
    from cloud_core.bootstrap import Services
    from cloud_core.settings import Settings

    services = Services(Settings(workspace=Path(environment["CLOUD_WORKSPACE"])))
    addresses = services.addresses
    assert addresses is not None
    state = Path(environment["CLOUD_WORKSPACE"]) / "bare"
    (state / "bin").mkdir(parents=True)
    (state / "bin" / "pulumi").symlink_to(services.find_engine().path)
    command = automation.PulumiCommand(root=str(state))
    began = time.monotonic()
    for name in order:
        with httpx.Client(base_url=addresses.provider_control, timeout=30) as control:
            instance = control.post("/instances").json()
            _up(command, name, seconds, state, instance["port"])
            control.delete(f"/instances/{instance['id']}")
    return time.monotonic() - began


def _up(command: automation.PulumiCommand, name: str, seconds: float, state: Path, port: int) -> None:
    def program() -> None:
        properties = {"seconds": seconds, "value": name}
        pulumi.export("waitId", pulumi.CustomResource("aws:sandbox/wait:Wait", "wait", properties).id)

    variables = {
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "bench",
        "PULUMI_DEBUG_PROVIDERS": f"aws:{port}",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    options = automation.LocalWorkspaceOptions(env_vars=variables, pulumi_command=command)
    stack = automation.create_or_select_stack(name, "bench", program, opts=options)
    stack.set_config("aws:region", automation.ConfigValue("us-east-1"))
    stack.up(suppress_progress=True)
