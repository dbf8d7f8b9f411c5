"""The flags of the commands that stop, go on, free, schedule, switch, and bring in states and manifests."""

from __future__ import annotations

from typing import Any

from cli.testing.flags import ProvenBy, auto_approve, confirm, detach, environment, preview, run
from cli.testing.scenes import (
    MINE,
    Scene,
    asked_for,
    behind,
    deployed,
    edited,
    failed,
    held,
    manifest_file,
    mine,
    newest,
    queued,
    scheduled,
)
from cloud_core.domain.names import EnvironmentName
from cloud_core.ports.engine import PendingChange
from cloud_core.testing.builders import DEPLOYMENT_ID as ID

STATE = "state.json"
URN = "urn:vpc"


def exported(cli: Any, env: str) -> None:
    """The state of `network` is in a file."""
    deployed(cli, env)
    run(cli, "export-stack", ID, "network", "-e", env, "--output", STATE, "--force")


def _schedule(*words: str) -> Scene:
    return Scene(("schedule", *words, "-e", "{env}", "--action", "drift"), scheduled)


SCENES = {
    "cancel": Scene(("cancel", ID, "-e", "{env}", "--detach"), queued),
    "approve": Scene(("approve", ID, "-e", "{env}"), asked_for),
    "retry": Scene(("retry", ID, "-e", "{env}"), failed),
    "unlock": Scene(("unlock", ID, "-e", "{env}"), held),
    "import-stack": Scene(("import-stack", ID, "network", "--input", STATE, "-e", "{env}"), exported),
    "schedule set": Scene(_schedule("set", ID, "--cron", "0 2 * * *").words),
    "schedule list": Scene(("schedule", "list", ID), scheduled),
    "schedule pause": _schedule("pause", ID),
    "schedule resume": _schedule("resume", ID),
    "schedule remove": _schedule("remove", ID),
    "environment list": Scene(("environment", "list", ID)),
    "environment enable": Scene(("environment", "enable", MINE, "stage"), lambda cli, _: mine(cli, "dev")),
    "environment disable": Scene(("environment", "disable", MINE, "{env}"), mine, home="stage"),
    "manifest diff": Scene(("manifest", "diff", MINE), edited),
    "manifest pull": Scene(("manifest", "pull", MINE), behind),
    "manifest push": Scene(("manifest", "push", MINE), edited),
    "manifest schema": Scene(("manifest", "schema")),
    "sandbox start": Scene(("sandbox", "start")),
    "sandbox stop": Scene(("sandbox", "stop")),
    "sandbox status": Scene(("sandbox", "status")),
    "sandbox reset": Scene(("sandbox", "reset")),
}


def approves_there(cli: Any, flag: str, scene: Scene) -> None:
    """Of what waits there; nothing waits elsewhere."""
    asked_for(cli, "dev")
    assert "Would be approved" in run(cli, "approve", ID, flag, "dev", "--dry-run")
    run(cli, "approve", ID, flag, "prod", "--dry-run", code=4)


def keeps_the_comment(cli: Any, flag: str, scene: Scene) -> None:
    asked_for(cli, "dev")
    run(cli, *scene.call(), "--yes", flag, "see change 118")
    assert newest(cli).approval.comment == "see change 118"


def rejects(cli: Any, flag: str, scene: Scene) -> None:
    asked_for(cli, "dev")
    run(cli, *scene.call(), "--yes", flag)
    assert newest(cli).status.value == "cancelled"


def cancels_this_one(cli: Any, flag: str, scene: Scene) -> None:
    """Also when a newer one is what runs."""
    queued(cli, "dev")
    first = newest(cli).operation_id
    run(cli, *scene.call(), "--yes", flag, first)
    assert newest(cli).cancel_requested
    run(cli, *scene.call(), "--yes", flag, "op-none", code=4)


def cancels(level: str) -> Any:
    def prove(cli: Any, flag: str, scene: Scene) -> None:
        queued(cli, "dev")
        run(cli, *scene.call(), "--yes", flag)
        assert newest(cli).cancel_level.name.lower() == level

    return prove


def cancels_and_leaves(cli: Any, flag: str, scene: Scene) -> None:
    queued(cli, "dev")
    words = [word for word in scene.call() if word != "--detach"]
    assert "Asked to stop" in run(cli, *words, "--yes", flag)
    assert newest(cli).status.value == "pending"


def retries_this_one(cli: Any, flag: str, scene: Scene) -> None:
    """An older one, whose work is not done."""
    failed(cli, "dev")
    first = newest(cli).operation_id
    run(cli, "deploy-stack", ID, "dns", "--yes")
    assert "Nothing to retry" in run(cli, *scene.call(), "--dry-run")
    assert first in run(cli, *scene.call(), "--dry-run", flag, first)


def breaks_the_lock(cli: Any, flag: str, scene: Scene) -> None:
    failed(cli, "dev")
    run(cli, *scene.call(), "--yes", flag, "security")
    assert newest(cli).repair.break_locks == ["security"]


def says_of_a_creation(value: str, kept: Any) -> Any:
    def prove(cli: Any, flag: str, scene: Scene) -> None:
        failed(cli, "dev")
        cli.edge.world.engine.pending_of["security"] = [PendingChange("creating", URN, "aws:ec2/vpc:Vpc", "vpc")]
        run(cli, *scene.call(), "--yes", flag, value)
        assert kept(newest(cli).repair)

    return prove


def frees_of_another_host(cli: Any, flag: str, scene: Scene) -> None:
    held(cli, "dev", "host-b/1/1")
    assert "add --force" in run(cli, *scene.call(), "--yes", code=5)
    run(cli, *scene.call(), "--yes", flag)
    assert cli.edge.world.records.leases.get(ID, EnvironmentName.DEV).owner is None


def imports_the_file(cli: Any, flag: str, scene: Scene) -> None:
    exported(cli, "dev")
    words = [word for word in scene.call() if word not in ("--input", STATE)]
    assert "Missing option '--input' / '-i'" in run(cli, *words, code=2)
    assert f"from {STATE}" in run(cli, *words, flag, STATE, "--yes")


def keeps_the_schedule(option: str, value: str, shown: str) -> Any:
    """The schedule is made with the value."""

    def prove(cli: Any, flag: str, scene: Scene) -> None:
        words = scene.call()
        if option in words:
            place = words.index(option)
            words = words[:place] + words[place + 2 :]
        run(cli, *words, flag, *([value] if value else []))
        assert shown in run(cli, "schedule", "list", ID)

    return prove


def of_that_action(cli: Any, flag: str, scene: Scene) -> None:
    """Of two schedules the one that is named."""
    run(cli, "schedule", "set", ID, "--action", "drift", "--cron", "0 1 * * *")
    run(cli, "schedule", "set", ID, "--action", "refresh", "--cron", "0 1 * * *")
    words = [word for word in scene.call() if word not in ("--action", "drift")]
    run(cli, *words, code=2)
    assert "refresh" in run(cli, *words, flag, "refresh")
    assert "drift" not in cli.out


def of_that_environment(cli: Any, flag: str, scene: Scene) -> None:
    """Of two schedules the one that is there."""
    scheduled(cli, "dev")
    scheduled(cli, "prod")
    before = dict(cli.edge.world.schedules.kept)
    run(cli, *scene.without_environment, flag, "prod", "--confirm", ID)
    after = cli.edge.world.schedules.kept
    changed = [key.environment.value for key in before if after.get(key) != before[key]]
    assert changed in (["prod"], [])  # going on again changes nothing
    run(cli, *scene.without_environment, flag, "stage", code=4)


def lists_that_environment(cli: Any, flag: str, scene: Scene) -> None:
    scheduled(cli, "dev")
    scheduled(cli, "prod")
    assert "dev" in run(cli, *scene.call())
    assert "dev" not in run(cli, *scene.call(), flag, "prod")
    assert "prod" in cli.out


def switches_off_unasked(cli: Any, flag: str, scene: Scene) -> None:
    """The question is that of the destroy before it."""
    mine(cli, "stage")
    run(cli, "deploy", MINE, "-e", "stage", "--yes")
    assert "nobody can be asked" in run(cli, *scene.call("stage"), "--destroy", code=2)
    run(cli, *scene.call("stage"), "--destroy", flag)


def wins(cli: Any, flag: str, scene: Scene) -> None:
    """Both sides moved on: refused, unless this one is to win."""
    behind(cli, "dev")
    path = manifest_file(cli)
    path.write_text(path.read_text("utf-8").replace("  network:\n", "  network:\n    config: {size: 7}\n", 1), "utf-8")
    run(cli, *scene.call(), code=5)
    run(cli, *scene.call(), flag)
    assert "say the same" in run(cli, "manifest", "diff", MINE)


def starts_again(cli: Any, flag: str, scene: Scene) -> None:
    assert "then a fresh one would be started" in run(cli, *scene.call(), flag, "--dry-run")


def deletes_only(cli: Any, flag: str, scene: Scene) -> None:
    folder = cli.edge.workspace.parent / "home" / ".cloud" / "sandbox"
    assert "started" not in run(cli, *scene.call(), flag, "--dry-run")
    assert "is stopped and its state is deleted" in run(cli, *scene.call(), flag)
    assert not folder.exists() or not list(folder.iterdir())


_ASKED = {"--auto-approve": auto_approve, "--confirm": confirm}
_OF_ONE = {"--environment": of_that_environment, "--action": of_that_action, "--confirm": confirm}

PROOFS = {
    "approve": {
        "--environment": approves_there,
        "--comment": keeps_the_comment,
        "--reject": rejects,
        "--auto-approve": auto_approve,
        "--confirm": confirm,
        "--detach": detach,
    },
    "cancel": {
        "--environment": environment,
        "--operation": cancels_this_one,
        "--drain": cancels("drain"),
        "--force": cancels("kill"),
        **_ASKED,
        "--detach": cancels_and_leaves,
    },
    "retry": {
        "--environment": environment,
        "--operation": retries_this_one,
        "--stack": ProvenBy("unit/test_cli_retry.py::test_takes_single_stacks_an_operation_and_everything"),
        "--all": ProvenBy("unit/test_cli_retry.py::test_takes_single_stacks_an_operation_and_everything"),
        "--latest": ProvenBy(
            "unit/test_cli_retry.py::test_of_an_older_manifest_is_refused_unless_the_latest_is_wanted"
        ),
        "--repair": ProvenBy(
            "unit/test_cli_retry.py::test_passes_on_what_was_said_about_repairs_and_shows_what_is_needed"
        ),
        "--adopt": says_of_a_creation(f"{URN}=vpc-1", lambda repair: repair.adopt == {URN: "vpc-1"}),
        "--forget": says_of_a_creation(URN, lambda repair: repair.forget == [URN]),
        "--break-lock": breaks_the_lock,
        "--preview": preview,
        **_ASKED,
        "--detach": detach,
    },
    "unlock": {"--environment": environment, "--force": frees_of_another_host, **_ASKED},
    "import-stack": {
        "--environment": environment,
        "--input": imports_the_file,
        "--force": ProvenBy("unit/test_cli_stack_state.py::test_of_another_stack_is_refused_unless_forced"),
        **_ASKED,
    },
    "schedule set": {
        "--action": keeps_the_schedule("--action", "refresh", "refresh"),
        "--cron": keeps_the_schedule("--cron", "0 4 * * *", "0 4 * * *"),
        "--environment": keeps_the_schedule("-e", "dev", "dev"),
        "--timezone": keeps_the_schedule("", "Europe/Berlin", "Europe/Berlin"),
        "--paused": keeps_the_schedule("", "", "paused"),
        "--confirm": confirm,
    },
    "schedule list": {"--environment": lists_that_environment},
    "schedule pause": _OF_ONE,
    "schedule resume": _OF_ONE,
    "schedule remove": _OF_ONE,
    "environment disable": {
        "--destroy": ProvenBy("unit/test_cli_environment.py::test_destroys_first_when_told_to"),
        "--auto-approve": switches_off_unasked,
        "--confirm": confirm,
    },
    "manifest pull": {"--force": wins},
    "manifest push": {"--force": wins},
    "sandbox start": {
        "--foreground": ProvenBy(
            "integration/test_sandbox_command_line.py::test_in_the_foreground_it_runs_until_ctrl_c_and_a_reset_starts_another"
        )
    },
    "sandbox reset": {
        "--start": starts_again,
        "--no-start": deletes_only,
    },
}
