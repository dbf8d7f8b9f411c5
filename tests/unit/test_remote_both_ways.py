"""Every command, on this machine and through the API over the very same world: what is printed, and how it ends.

`SAME` has command lines whose output is the same, in text and as JSON; `OTHERWISE` those that differ, each with the
reason. A command that is in none of them fails by its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.main import build
from cli.remote import why_not
from cli.testing.flags import commands
from cli.testing.scenes import (
    MINE,
    YES,
    Scene,
    asked_for,
    behind,
    deployed,
    drifted,
    edited,
    failed,
    held,
    invalid,
    mine,
    promotable,
    queued,
    ran,
    running,
    scheduled,
    slow,
    went_on,
)
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.edge import FakeEdge

STATE = "state.json"
ODD = "No such/stack"
"""No name that a stack can have."""
URN = f"urn:pulumi:{ID}-network-dev::shop"


def with_file(cli: Any, environment: str) -> None:
    """A state of `network` is in a file of the folder."""
    types = ("pulumi:pulumi:Stack", "aws:test:Parent$aws:test:Thing")
    resources = [{"urn": f"{URN}::{one}::network", "type": one.rpartition("$")[2]} for one in types]
    Path(STATE).write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}), "utf-8")


def with_other_file(cli: Any, environment: str) -> None:
    """As before, with other resources than the deployed `network` has."""
    deployed(cli, environment)
    with_file(cli, environment)


def long_history(cli: Any, environment: str) -> None:
    """More operations than the API tells at once."""
    for _ in range(105):
        assert cli("plan", ID).code == 0, cli.err
        cli.edge.clock.advance(2)


IMPORT = ("import-stack", ID, "network", "--input", STATE, "-e", "dev")
SAME: dict[str, list[tuple[Scene, int]]] = {
    "list": [
        (Scene(("list",)), 0),
        (Scene(("list",), mine), 0),
        (Scene(("list", "--status", "active", "--sort", "id"), deployed), 0),
        (Scene(("list", "--org", "Nobody")), 0),
    ],
    "status": [
        (Scene(("status", ID)), 0),
        (Scene(("status", ID), deployed), 0),
        (Scene(("status", ID, "-e", "dev", "--stack", "network"), failed), 0),
        (Scene(("status", ID, "-e", "dev"), queued), 0),
        (Scene(("status", ID, "--all-environments")), 0),
        (Scene(("status", ID, "--watch"), running), 0),
        (Scene(("status", ID, "--watch"), slow), 0),
        (Scene(("status", "D000000")), 4),
        (Scene(("status", ID, "--stack", "nothing")), 4),
        (Scene(("status", ID, "--stack", ODD)), 4),
    ],
    "logs": [
        (Scene(("logs", ID), deployed), 0),
        (Scene(("logs", ID, "--stack", "network", "--level", "info", "-n", "3"), ran), 0),
        (Scene(("logs", ID)), 0),
        (Scene(("logs", ID, "--stack", ODD), ran), 4),
        (Scene(("logs", ID, "--operation", "the last one"), ran), 4),
    ],
    "history": [
        (Scene(("history", ID), ran), 0),
        (Scene(("history", ID, "--type", "deploy", "-n", "1"), ran), 0),
        (Scene(("history", ID, "-n", "103"), long_history), 0),
        (Scene(("history", ID, "--stack", "nothing")), 4),
        (Scene(("history", ID, "--stack", ODD)), 4),
        (Scene(("history", ID, "--operation", "op-000000000000")), 4),
        (Scene(("history", ID, "--operation", "the last one")), 4),
    ],
    "outputs": [(Scene(("outputs", ID), deployed), 0), (Scene(("outputs", ID)), 0)],
    "stack-outputs": [
        (Scene(("stack-outputs", ID, "network"), deployed), 0),
        (Scene(("stack-outputs", ID, "network", "vpcId", "--raw"), deployed), 0),
        (Scene(("stack-outputs", ID, "network", "nothing"), deployed), 4),
        (Scene(("stack-outputs", ID, ODD), deployed), 4),
        (Scene(("stack-outputs", ID, "network")), 4),
    ],
    "template-list": [(Scene(("template-list",)), 0)],
    "template-show": [
        (Scene(("template-show", "demo")), 0),
        (Scene(("template-show", "demo", "--raw")), 0),
        (Scene(("template-show", "nothing")), 4),
    ],
    "template-validate": [
        (Scene(("template-validate",)), 0),
        (Scene(("template-validate", "network")), 0),
        (Scene(("template-validate", "nothing")), 4),
    ],
    "plan": [
        (Scene(("plan", ID)), 0),
        (Scene(("plan", ID, "--quick"), deployed), 0),
        (Scene(("plan", ID, "--destroy"), deployed), 0),
        (Scene(("plan", ID, "--destroy", "--quick"), deployed), 0),
        (Scene(("plan", ID, "--stack", "net*")), 0),
        (Scene(("plan", ID, "--stack", ODD)), 2),
        (Scene(("plan", ID), invalid), 3),
    ],
    "deploy": [
        (Scene(("deploy", ID, YES)), 0),
        (Scene(("deploy", ID, YES), deployed), 0),
        (Scene(("deploy", ID, "--preview")), 0),
        (Scene(("deploy", ID, "--dry-run")), 0),
        (Scene(("deploy", ID, YES, "--detach")), 0),
        (Scene(("deploy", ID)), 2),
        (Scene(("deploy", ID, YES), queued), 5),
        (Scene(("deploy", ID, YES), invalid), 3),
        (Scene(("deploy", ID, "-e", "stage", YES)), 3),
        (Scene(("deploy", ID, YES, "--attach"), running), 0),
        (Scene(("deploy", ID, YES, "--idempotency-key", "not a key")), 2),
        (Scene(("deploy", ID, YES, "--plan", "nowhere.json")), 3),
    ],
    "deploy-stack": [
        (Scene(("deploy-stack", ID, "network", YES)), 0),
        (Scene(("deploy-stack", ID, "security", YES)), 3),
        (Scene(("deploy-stack", ID, "nothing", YES)), 4),
        (Scene(("deploy-stack", ID, ODD, YES)), 4),
    ],
    "destroy": [
        (Scene(("destroy", ID, YES), deployed), 0),
        (Scene(("destroy", ID, "--preview"), deployed), 0),
        (Scene(("destroy", ID, YES)), 0),
    ],
    "destroy-stack": [
        (Scene(("destroy-stack", ID, "dns", YES), deployed), 0),
        (Scene(("destroy-stack", ID, "network", YES), deployed), 5),
        (Scene(("destroy-stack", ID, ODD, YES), deployed), 4),
    ],
    "retry": [
        (Scene(("retry", ID, YES), failed), 0),
        (Scene(("retry", ID, "--preview"), failed), 0),
        (Scene(("retry", ID), deployed), 0),
        (Scene(("retry", ID)), 0),
    ],
    "cancel": [(Scene(("cancel", ID, "--detach", YES), queued), 0), (Scene(("cancel", ID), deployed), 0)],
    "environment list": [(Scene(("environment", "list", ID)), 0), (Scene(("environment", "list", ID), deployed), 0)],
    "manifest diff": [(Scene(("manifest", "diff", MINE), edited), 0), (Scene(("manifest", "diff", MINE), behind), 0)],
    "manifest pull": [
        (Scene(("manifest", "pull", MINE), behind), 0),
        (Scene(("manifest", "pull", MINE), edited), 5),
    ],
    "manifest push": [(Scene(("manifest", "push", MINE), edited), 0), (Scene(("manifest", "push", MINE), mine), 0)],
    "schema": [(Scene(("schema",)), 0)],
    "version": [(Scene(("version",)), 0)],
    "graph": [
        (Scene(("graph", ID)), 0),
        (Scene(("graph", ID), deployed), 0),
        (Scene(("graph", ID, "--no-status")), 0),
        (Scene(("graph", ID, "--format", "mermaid"), failed), 0),
    ],
    "export-stack": [
        (Scene(("export-stack", ID, "network"), deployed), 0),
        (Scene(("export-stack", ID, "network")), 4),
        (Scene(("export-stack", ID, ODD)), 4),
    ],
    "import-stack": [
        (Scene((*IMPORT, YES), with_file), 0),
        (Scene((*IMPORT, "--dry-run"), with_other_file), 0),
        (Scene(("import-stack", ID, "network", "--input", "/dev/null", "-e", "dev")), 3),
        (Scene(("import-stack", ID, "dns", "--input", STATE, "-e", "dev", YES), with_file), 3),
        (Scene(("import-stack", ID, ODD, "--input", STATE, "-e", "dev", YES), with_file), 4),
    ],
    "config-get": [
        (Scene(("config-get", ID, "size", "--stack", "network", "--show-origin")), 0),
        (Scene(("config-get", ID, "colour", "--stack", "network")), 4),
        (Scene(("config-get", ID, "a colour/of it", "--stack", "network")), 4),
        (Scene(("config-get", ID, "size", "--stack", ODD)), 4),
    ],
    "config-list": [
        (Scene(("config-list", ID)), 0),
        (Scene(("config-list", ID, "--stack", "network", "-e", "dev", "--show-origin")), 0),
    ],
    "schedule set": [
        (Scene(("schedule", "set", ID, "--action", "drift", "--cron", "0 2 * * *", "--tz", "Europe/Berlin")), 0),
        (Scene(("schedule", "set", ID, "--action", "drift", "--cron", "0 2 * * *", "--dry-run")), 0),
        (Scene(("schedule", "set", ID, "--action", "drift", "--cron", "at night")), 3),
        (Scene(("schedule", "set", ID, "-e", "prod", "--action", "deploy", "--cron", "@daily", "--confirm", ID)), 3),
    ],
    "schedule list": [(Scene(("schedule", "list", ID), scheduled), 0), (Scene(("schedule", "list", ID)), 0)],
    "schedule pause": [
        (Scene(("schedule", "pause", ID, "--action", "drift"), scheduled), 0),
        (Scene(("schedule", "pause", ID, "--action", "drift")), 4),
    ],
    "schedule resume": [(Scene(("schedule", "resume", ID, "--action", "drift"), scheduled), 0)],
    "schedule remove": [
        (Scene(("schedule", "remove", ID, "--action", "drift"), scheduled), 0),
        (Scene(("schedule", "remove", ID, "--action", "drift", "--dry-run"), scheduled), 0),
        (Scene(("schedule", "remove", ID, "--action", "drift", "--dry-run")), 4),
    ],
    "unlock": [
        (Scene(("unlock", ID, YES), held), 0),
        (Scene(("unlock", ID, "--dry-run"), held), 0),
        (Scene(("unlock", ID)), 0),
    ],
    "approve": [
        (Scene(("approve", ID, YES, "-m", "fine"), asked_for), 0),
        (Scene(("approve", ID, YES, "--detach"), asked_for), 0),
        (Scene(("approve", ID, "--dry-run"), asked_for), 0),
        (Scene(("approve", ID, "--reject", YES), asked_for), 0),
        (Scene(("approve", ID)), 4),
        (Scene(("approve", ID, YES), deployed), 4),
    ],
    "promote": [
        (Scene(("promote", ID, "dev", "prod", "--confirm", ID), promotable), 0),
        (Scene(("promote", ID, "dev", "prod", "--dry-run"), promotable), 0),
        (Scene(("promote", ID, "dev", "prod", "--confirm", ID)), 5),
    ],
    "rollback": [
        (Scene(("rollback", ID, YES), went_on), 0),
        (Scene(("rollback", ID, "--to-version", "1", "--preview"), went_on), 0),
        (Scene(("rollback", ID, "--dry-run"), went_on), 0),
        (Scene(("rollback", ID, "--stack", "network", YES), went_on), 0),
        (Scene(("rollback", ID, "--stack", "network", "--preview"), went_on), 0),
        (Scene(("rollback", ID, YES, "--detach"), went_on), 0),
        (Scene(("rollback", ID), went_on), 2),
        (Scene(("rollback", ID, "--stack", "nothing", YES), went_on), 4),
        (Scene(("rollback", ID, "--stack", ODD, YES), went_on), 4),
        (Scene(("rollback", ID, "--to-version", "99", YES), went_on), 4),
        (Scene(("rollback", ID, YES), deployed), 4),
    ],
    "refresh": [
        (Scene(("refresh", ID), deployed), 0),
        (Scene(("refresh", ID, "--preview"), drifted), 0),
        (Scene(("refresh", ID, "--preview", "--fail-on-drift"), drifted), 1),
        (Scene(("refresh", ID, "network", "--dry-run"), deployed), 0),
        (Scene(("refresh", ID)), 0),
        (Scene(("refresh", ID, "nothing"), deployed), 4),
        (Scene(("refresh", ID, "nothing")), 4),
        (Scene(("refresh", ID, ODD)), 4),
        (Scene(("refresh", ID, "network")), 3),
    ],
    "detect-drift": [(Scene(("detect-drift", ID), drifted), 0), (Scene(("detect-drift", ID, "--detach"), deployed), 0)],
    "manifest schema": [(Scene(("manifest", "schema")), 0)],
}

OTHERWISE: dict[str, str] = {
    "init": "the record is made there, and no folder here: test_init_makes_the_record_alone",
    "validate": "the record is what is validated: test_validate_looks_at_the_record",
    "config-set": "the record is changed, and no file: test_a_value_is_set_in_the_record",
    "environment disable": "the record is switched, and no file: test_an_environment_is_switched_in_the_record",
    "environment enable": "the record is switched, and no file: test_an_environment_is_switched_in_the_record",
    "health": "what is open to everybody tells no details: test_health_tells_how_the_parts_are",
    "login": "it is at the API there: test_logs_in_where_the_api_is",
    "logout": "it is at the API there: test_logs_in_where_the_api_is",
}


def normal(text: str, edge: FakeEdge) -> str:
    """Ids that are made by chance are told apart by their order."""
    text = text.replace(str(edge.workspace.parent), "ROOT")
    names = dict.fromkeys(re.findall(r"op-[0-9a-f]{12}|sha256:[0-9a-f]{64}", text))
    for number, name in enumerate(names):
        text = text.replace(name, f"<{number}>")
    return text


NOT_REMOTE = {name: why for name, _ in commands(build()) if (why := why_not(name)) is not None}
CALLS = {
    "stack show": ("network",),
    "stack build": ("network",),
}


def read(text: str) -> Any:
    """JSON as what it says, however its keys are ordered; anything else line by line."""
    lines = text.splitlines()
    if not lines or lines[0][:1] != "{":
        return lines
    return [json.loads(text)] if lines[0] == "{" else [json.loads(line) for line in lines]


def cases() -> Iterator[Any]:
    for scenes in SAME.values():
        for scene, code in scenes:
            for as_json in (False, True):
                words = [*scene.words, *(["--json"] if as_json else [])]
                yield pytest.param(scene, words, code, id=f"{scene.start.__name__}: {' '.join(words)}")


@pytest.mark.parametrize(("scene", "words", "code"), list(cases()))
def test_says_the_same_through_the_api(
    cli: Any, remote: Any, worlds: Any, scene: Scene, words: list[str], code: int
) -> None:
    worlds(scene)
    edge = remote.edge
    cli(*words)
    remote(*words)
    assert read(normal(remote.out, edge)) == read(normal(cli.out, cli.edge)), remote.err
    assert normal(remote.err, edge) == normal(cli.err, cli.edge)
    assert (remote.code, cli.code) == (code, code)


def test_every_command_is_told_of() -> None:
    """A new command works through the API, does not, or differs with a reason."""
    known = {*SAME, *NOT_REMOTE, *OTHERWISE}
    assert {name for name, _ in commands(build())} ^ known == set()
    assert not SAME.keys() & NOT_REMOTE.keys()


@pytest.mark.parametrize("command", sorted({*NOT_REMOTE, "list-stacks"}))
def test_what_no_api_stands_behind_says_so(remote: Any, command: str) -> None:
    scene = CALLS.get(command, ())
    assert remote(*command.split(), *scene).code == 2
    assert f"'cloud {command}' is not available remotely" in remote.err
    assert "Solution:" in remote.err
