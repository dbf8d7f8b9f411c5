"""Builds on the real engine, as `cloud stack build` starts them: without a sandbox and from any folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.local.stack_builder import LocalStackBuilder
from cloud_core.domain.names import EnvironmentName
from cloud_core.ports.builds import BuildRequest, Builds, BuildStep, StackBuild

QUEUE = """
import pulumi_aws as aws
from stacks.inputs import StackInputs, Wired

print("noise")


class Inputs(StackInputs):
    key_arn: Wired[str]
    keep_days: int


def program(inputs, context):
    days = inputs.keep_days * 86400
    queue = aws.sqs.Queue("orders", kms_master_key_id=inputs.key_arn, message_retention_seconds=days)
    return {"queueUrl": queue.url, "days": inputs.keep_days}
"""
TEMPLATE = """
name: {name}
parameters:
  inputs:
    keyArn: {{type: string, required: true, default: "${{security.applicationKeyArn}}"}}
    keepDays: {{type: {kind}, default: {default}}}
  outputs:
    queueUrl: {{type: string}}
    days: {{type: number}}
{common}
"""
COMMON = "\n".join(f"    {name}: {{type: string}}" for name in ("stackName", "deploymentId", "region", "environment"))


def write(workspace: Path, name: str, program: str, kind: str = "number") -> None:
    (workspace / "stacks" / name).mkdir(parents=True)
    (workspace / "stacks" / name / "program.py").write_text(program)
    templates = workspace / "templates" / "config"
    templates.mkdir(parents=True, exist_ok=True)
    (templates / f"{name}.yaml").write_text(
        TEMPLATE.format(name=name, kind=kind, default={"number": 4, "string": "four"}[kind], common=COMMON)
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Builds, list[Any]]:
    """The builds, and what was told on the way."""
    workspace = tmp_path_factory.mktemp("workspace")
    write(workspace, "queue", QUEUE)
    write(workspace, "mistyped", QUEUE, kind="string")
    write(workspace, "broken", "import a_module_that_is_not_there\n")
    write(workspace, "refused", QUEUE.replace('"orders", ', '"orders", fifo_queues=True, '))
    names = ("security", "queue", "mistyped", "broken", "refused")
    told: list[tuple[str, StackBuild | None]] = []
    request = BuildRequest({name: {} for name in names}, EnvironmentName.DEV, 2)
    return LocalStackBuilder(workspace).build(request, lambda *event: told.append(event)), told


def by_name(builds: Builds) -> dict[str, StackBuild]:
    return {build.stack: build for build in builds.builds}


def test_ours_and_an_own_one_are_previewed_with_unknown_inputs(built: tuple[Builds, list[Any]]) -> None:
    builds = by_name(built[0])
    assert {name: builds[name].problems for name in ("security", "queue")} == {"security": (), "queue": ()}
    assert (builds["queue"].resources, builds["queue"].outputs) == (1, 6)
    assert builds["security"].resources > 40


@pytest.mark.parametrize(
    ("stack", "step", "problem"),
    [
        ("mistyped", BuildStep.CONTRACT, "input 'keepDays' is declared as string, but the program takes number"),
        ("broken", BuildStep.IMPORT, "No module named 'a_module_that_is_not_there'"),
        ("refused", BuildStep.PREVIEW, "unexpected keyword argument 'fifo_queues'"),
    ],
)
def test_what_is_wrong_is_told_with_its_step(
    built: tuple[Builds, list[Any]], stack: str, step: BuildStep, problem: str
) -> None:
    build = by_name(built[0])[stack]
    assert build.failed_step is step
    assert problem in " ".join(build.problems)


def test_every_build_is_told_when_it_starts_and_when_it_has_ended(built: tuple[Builds, list[Any]]) -> None:
    builds, told = built
    assert {stack for stack, build in told if build is None} == set(by_name(builds))
    assert {stack: build for stack, build in told if build} == by_name(builds)
