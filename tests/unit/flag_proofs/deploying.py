"""The flags of the commands that deploy, destroy, go back, look ahead and compare."""

from __future__ import annotations

from typing import Any

from cli.testing.flags import (
    ProvenBy,
    auto_approve,
    confirm,
    detach,
    environment,
    parallel,
    preview,
    run,
    snapshot,
    tells,
)
from cli.testing.scenes import MINE, Scene, deployed, edited, mine, newest, promotable, queued, went_on
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action
from cloud_core.domain.steps import Step
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.edge import RunAtOnce
from cloud_core.testing.flows import FakeFlowRunner

SCENES = {
    "plan": Scene(("plan", ID, "-e", "{env}")),
    "deploy": Scene(("deploy", ID, "-e", "{env}")),
    "deploy-stack": Scene(("deploy-stack", ID, "network", "-e", "{env}")),
    "destroy": Scene(("destroy", ID, "-e", "{env}"), deployed),
    "destroy-stack": Scene(("destroy-stack", ID, "dns", "-e", "{env}"), deployed),
    "promote": Scene(("promote", ID, "dev", "prod"), promotable),
    "rollback": Scene(("rollback", ID, "-e", "{env}"), went_on),
    "refresh": Scene(("refresh", ID, "-e", "{env}"), deployed),
    "detect-drift": Scene(("detect-drift", ID, "-e", "{env}"), deployed),
}


def does_not_validate(cli: Any, flag: str, scene: Scene) -> None:
    """A manifest that is not valid gets past, and it is said."""
    cli.edge.world.put_manifest({"network": {}, "dns": {"config": {"size": "big"}}})
    run(cli, *scene.call(), *_consent(scene), code=3)
    assert "Warning: the manifest is not validated" in run(cli, *scene.call(), *_consent(scene), flag)


def minds_warnings(cli: Any, flag: str, scene: Scene) -> None:
    """A manifest with nothing but warnings is refused."""
    words = [word.replace(ID, MINE) for word in scene.call()]
    edited(cli, "dev")
    _colour(cli)
    run(cli, *words, flag, code=3)
    run(cli, *words, *(word.replace(ID, MINE) for word in _consent(scene)))


def deploys_the_unchanged(cli: Any, flag: str, scene: Scene) -> None:
    """Stacks that are deployed as they should be are deployed all the same."""
    deployed(cli, "dev")
    assert "4 of them unchanged" in run(cli, *scene.call(), "--dry-run")
    assert "unchanged" not in run(cli, *scene.call(), "--dry-run", flag)


def is_to_be_taken_back(cli: Any, flag: str, scene: Scene) -> None:
    """What happens then: `test_cli_rollback_on_error.py`."""
    run(cli, *scene.call(), *_consent(scene), flag)
    assert newest(cli).rollback_on_error


def keeps_the_plan(cli: Any, flag: str, scene: Scene) -> None:
    """A file that `cloud deploy --plan` takes."""
    file = cli.edge.workspace.parent / "plan.json"
    assert f"Kept in {file}" in run(cli, *scene.call(), flag, str(file))
    cli.edge.clock.advance(1)
    run(cli, "deploy", ID, "--plan", str(file), "--auto-approve")
    assert newest(cli).plan_id is not None


def promotes_at_once(cli: Any, flag: str, scene: Scene) -> None:
    scene.start(cli, "prod")
    run(cli, *scene.call(), *scene.consent, flag, "3")
    assert newest(cli, "prod").parallel == 3


def promotes_and_leaves(cli: Any, flag: str, scene: Scene) -> None:
    scene.start(cli, "prod")
    cli.edge.world.flows = FakeFlowRunner()
    shown = run(cli, *scene.call(), *scene.consent, flag)
    assert newest(cli, "prod").operation_id in shown
    assert newest(cli, "prod").status.value == "pending"


def promotes_unasked(cli: Any, flag: str, scene: Scene) -> None:
    """To stage nothing is asked; prod still wants its id."""
    mine(cli, "stage")
    run(cli, "deploy", MINE, "--auto-approve")
    assert "nobody can be asked" in run(cli, "promote", MINE, "dev", "stage", code=2)
    run(cli, "promote", MINE, "dev", "stage", flag)


def goes_back_and_leaves(cli: Any, flag: str, scene: Scene) -> None:
    """What is looked ahead to runs; the deploy itself waits."""
    scene.start(cli, "dev")
    world = cli.edge.world

    def look_ahead(operation: Operation) -> None:
        if operation.type is Action.PREVIEW:
            world.run(operation)
            cli.edge.clock.advance(1)

    world.flows = RunAtOnce(look_ahead)
    shown = run(cli, *scene.call(), *scene.consent, flag)
    assert newest(cli).operation_id in shown
    assert (newest(cli).type, newest(cli).status.value) == (Action.DEPLOY, "pending")


def goes_back_for_one(cli: Any, flag: str, scene: Scene) -> None:
    scene.start(cli, "dev")
    run(cli, *scene.call(), *scene.consent, flag, "network")
    assert newest(cli).stacks == ["network"]


def looks_and_leaves(cli: Any, flag: str, scene: Scene) -> None:
    """Nothing is there to be agreed to, nor to be stopped."""
    scene.start(cli, "dev")
    cli.edge.world.flows = FakeFlowRunner()
    shown = run(cli, *scene.call(), flag)
    assert newest(cli).operation_id in shown
    assert newest(cli).status.value == "pending"


def looks_at_once(cli: Any, flag: str, scene: Scene) -> None:
    scene.start(cli, "dev")
    run(cli, *scene.call(), flag, "3")
    assert newest(cli).parallel == 3


def compares_only(cli: Any, flag: str, scene: Scene) -> None:
    """Nothing is changed while nothing differs."""
    scene.start(cli, "dev")
    before = snapshot(cli, with_looks=False)
    assert "Comparison of" in run(cli, *scene.call(), flag)
    assert snapshot(cli, with_looks=False)["engine"] == before["engine"]


def fails_on_drift(cli: Any, flag: str, scene: Scene) -> None:
    scene.start(cli, "dev")
    cli.edge.world.engine.drift_of["network"] = [Step("update", "urn:x", "aws:ec2/vpc:Vpc", "vpc")]
    run(cli, *scene.call())
    run(cli, *scene.call(), flag, code=1)


def attaches(cli: Any, flag: str, scene: Scene) -> None:
    queued(cli, "dev")
    first = newest(cli)
    assert first.operation_id in run(cli, *scene.call(), code=5)
    cli.edge.clock.after(5, lambda: cli.edge.world.run(first))
    assert f"Attached: {first.operation_id}" in run(cli, *scene.call(), flag)


def _consent(scene: Scene) -> tuple[str, ...]:
    return () if scene.words[0] == "plan" else scene.consent


def _colour(cli: Any) -> None:
    """A key that is not known: a warning."""
    (path,) = cli.edge.workspace.glob("deploy/*/Deployment_Manifest.yaml")
    path.write_text(path.read_text("utf-8").replace("  network:\n", "  network:\n    colour: red\n", 1), "utf-8")


_AGREED = {"--auto-approve": auto_approve, "--confirm": confirm, "--detach": detach}
_CHECKED = {"--skip-validation": does_not_validate, "--strict": minds_warnings}

PROOFS = {
    "plan": {
        "--environment": environment,
        "--stack": tells("net*", now="; 1 stack,", gone="; 4 stacks"),
        "--destroy": tells(now="a destroy", start=deployed),
        "--quick": ProvenBy("unit/test_cli_plan.py::test_a_quick_plan_asks_no_engine_and_leaves_no_operation"),
        "--out": keeps_the_plan,
        "--parallel": looks_at_once,
        "--force": deploys_the_unchanged,
        **_CHECKED,
    },
    "deploy": {
        "--environment": environment,
        "--preview": preview,
        "--parallel": parallel,
        "--fail-fast": ProvenBy("unit/test_cli_commands.py::test_passes_its_limits_on"),
        "--plan": ProvenBy("unit/test_cli_plan.py::test_for_another_environment_is_refused"),
        "--force": deploys_the_unchanged,
        "--idempotency-key": ProvenBy(
            "unit/test_cli_retry.py::test_the_same_key_gives_the_same_operation_and_asks_nothing"
        ),
        "--attach": attaches,
        "--rollback-on-error": is_to_be_taken_back,
        **_CHECKED,
        **_AGREED,
    },
    "deploy-stack": {
        "--environment": environment,
        "--preview": preview,
        "--skip-dependencies": ProvenBy("unit/test_cli_commands.py::test_can_do_without_them"),
        **_CHECKED,
        **_AGREED,
    },
    "destroy": {"--environment": environment, "--preview": preview, "--parallel": parallel, **_AGREED},
    "destroy-stack": {
        "--environment": environment,
        "--preview": preview,
        "--force": ProvenBy("unit/test_cli_commands.py::test_of_a_stack_that_is_needed_is_refused"),
        **_AGREED,
    },
    "promote": {
        "--parallel": promotes_at_once,
        "--auto-approve": promotes_unasked,
        "--confirm": confirm,
        "--detach": promotes_and_leaves,
    },
    "rollback": {
        "--environment": environment,
        "--to-version": ProvenBy("unit/test_rollbacks.py::test_a_version_can_be_named"),
        "--stack": goes_back_for_one,
        "--preview": preview,
        "--parallel": parallel,
        **_AGREED,
        "--detach": goes_back_and_leaves,
    },
    "refresh": {
        "--environment": environment,
        "--preview": compares_only,
        "--parallel": parallel,
        "--fail-on-drift": ProvenBy("unit/test_cli_refresh.py::test_can_fail_for_ci"),
        "--confirm": confirm,
        "--detach": detach,
    },
    "detect-drift": {
        "--environment": environment,
        "--parallel": looks_at_once,
        "--fail-on-drift": fails_on_drift,
        "--detach": looks_and_leaves,
    },
}
