"""The flags of the commands that show how things stand."""

from __future__ import annotations

import json
import re
from typing import Any

from cli.testing.flags import ProvenBy, environment, run, tells
from cli.testing.scenes import MINE, Scene, deployed, failed, mine, newest, queued
from cloud_core.testing.builders import DEPLOYMENT_ID as ID

SCENES = {
    "list": Scene(("list",)),
    "status": Scene(("status", ID), deployed),
    "logs": Scene(("logs", ID, "-e", "{env}"), deployed),
    "history": Scene(("history", ID), deployed),
    "graph": Scene(("graph", ID, "-e", "{env}")),
    "outputs": Scene(("outputs", ID, "-e", "{env}"), deployed),
    "stack-outputs": Scene(("stack-outputs", ID, "network", "-e", "{env}"), deployed),
    "export-stack": Scene(("export-stack", ID, "network", "-e", "{env}"), deployed),
    "serve": Scene(("serve", "--dry-run")),
    "health": Scene(("health",)),
    "schema": Scene(("schema",)),
    "version": Scene(("version",)),
}
SECRET = "hush-hush"


def lists_only(wanted: str, *value: str) -> Any:
    """Of two deployments the one that is meant: ID is Acme's shop, deployed in prod, MINE is Acme's blog."""

    def prove(cli: Any, flag: str, scene: Scene) -> None:
        mine(cli, "dev")
        deployed(cli, "prod")
        assert {ID, MINE} <= set(run(cli, *scene.call()).split())
        assert {ID, MINE} & set(run(cli, *scene.call(), flag, *value).split()) == {*filter(None, [wanted])}

    return prove


def sorts(cli: Any, flag: str, scene: Scene) -> None:
    """MINE, whose id comes after, was made before."""
    mine(cli, "dev")
    assert re.findall(f"{ID}|{MINE}", run(cli, *scene.call(), flag, "id")) == [ID, MINE]
    cli.edge.clock.advance(1)
    run(cli, "config-set", MINE, "size", "3", "--stack", "dns")
    run(cli, "manifest", "push", MINE)
    assert re.findall(f"{ID}|{MINE}", run(cli, *scene.call(), flag, "updated")) == [MINE, ID]


def shows_the_destroyed(cli: Any, flag: str, scene: Scene) -> None:
    deployed(cli, "dev")
    run(cli, "destroy", ID, "--yes")
    assert ID not in run(cli, *scene.call())
    assert ID in run(cli, *scene.call(), flag)


def only_prod(cli: Any, flag: str, scene: Scene) -> None:
    """Prod alone, of dev and prod."""
    deployed(cli, "prod")
    deployed(cli, "dev")
    without, shown = (re.findall(r"\b(?:dev|prod)\b", run(cli, *scene.call(), *more)) for more in ((), (flag, "prod")))
    assert {"dev", "prod"} == set(without)
    assert "dev" not in shown


def all_the_time(cli: Any, flag: str, scene: Scene) -> None:
    """Each line of a watch has the disabled environments as well."""
    run(cli, *scene.call(), flag)
    assert "stage" in cli.out
    assert "stage" not in run(cli, *scene.call())
    queued(cli, "dev")
    cli.edge.clock.after(3, lambda: cli.edge.world.run(newest(cli)))
    lines = run(cli, *scene.call(), flag, "--watch", "--json", "--refresh-interval", "2").splitlines()
    assert len(lines) > 1
    assert all("stage" in json.loads(line)["environments"] for line in lines)


def watches(cli: Any, flag: str, scene: Scene) -> None:
    queued(cli, "dev")
    cli.edge.clock.after(3, lambda: cli.edge.world.run(newest(cli)))
    assert "✓ Deployed 4 stacks" in run(cli, *scene.call(), flag)


def looks_that_often(cli: Any, flag: str, scene: Scene) -> None:
    queued(cli, "dev")
    cli.edge.clock.after(7, lambda: cli.edge.world.run(newest(cli)))
    assert len(run(cli, *scene.call(), "--watch", "--json", flag, "2").splitlines()) == 5


def of_that_operation(cli: Any, flag: str, scene: Scene) -> None:
    """The lines of the operation before."""
    deployed(cli, "dev")
    first = newest(cli).operation_id
    run(cli, "deploy-stack", ID, "dns", "--yes")
    assert "network" not in run(cli, *scene.call())
    assert "network" in run(cli, *scene.call(), flag, first)


def of_that_type(cli: Any, flag: str, scene: Scene) -> None:
    """Of init there are no errors, and no stacks to choose from."""
    mine(cli, "dev")
    assert "recorded as version 1" in run(cli, "logs", MINE, flag, "init")
    assert "recorded" not in run(cli, "logs", MINE, flag, "init", "--level", "error")
    assert "--stack has nothing to choose" in run(cli, "logs", MINE, flag, "init", "--stack", "dns", code=2)
    deployed(cli, "dev")
    run(cli, "destroy-stack", ID, "dns", "--yes")
    assert "destroying" in run(cli, *scene.call())
    assert "destroying" not in run(cli, *scene.call(), flag, "deploy")
    assert "deploying" in cli.out
    assert "destroying" in run(cli, *scene.call(), flag, "destroy")


def of_all_runs(cli: Any, flag: str, scene: Scene) -> None:
    """Of both runs; of none when it is later than both."""
    deployed(cli, "dev")
    run(cli, "deploy-stack", ID, "dns", "--yes")
    assert "network" in run(cli, *scene.call(), flag, "2026-01-01T00:00:00Z")
    run(cli, *scene.call(), flag, "1m")
    assert cli.out == ""


def follows(cli: Any, flag: str, scene: Scene) -> None:
    """Until the run has ended."""
    queued(cli, "dev")
    cli.edge.clock.after(3, lambda: cli.edge.world.run(newest(cli)))
    assert "complete: 4 stacks deployed" not in run(cli, *scene.call())
    assert "complete: 4 stacks deployed" in run(cli, *scene.call(), flag)


def draws_a_file(cli: Any, flag: str, scene: Scene) -> None:
    scene.start(cli, "dev")
    file = cli.edge.workspace.parent / "drawn"
    shown = run(cli, *scene.call())
    assert str(file) in run(cli, *scene.call(), flag, str(file))
    assert file.read_text("utf-8").rstrip("\n") == shown.rstrip("\n")


def replaces_the_file(cli: Any, flag: str, scene: Scene) -> None:
    deployed(cli, "dev")
    words = (*scene.call(), "--output", "state.json")
    run(cli, *words)
    run(cli, *words, code=5)
    run(cli, *words, "--dry-run", code=5)
    run(cli, *words, flag)


def bare(cli: Any, flag: str, scene: Scene) -> None:
    """The value and nothing else, but one document with --json."""
    deployed(cli, "dev")
    assert run(cli, *scene.call(), "vpcId", flag) == "vpc-1\n"
    assert cli.json(*scene.call(), "vpcId", flag)["data"]["value"] == "vpc-1"


def one_in_that_form(cli: Any, flag: str, scene: Scene) -> None:
    """Of the whole stack, and of one output as well."""
    deployed(cli, "dev")
    assert json.loads(run(cli, *scene.call(), flag, "json"))["network"]["vpcId"] == "vpc-1"
    assert run(cli, *scene.call(), "vpcId", flag, "json") == '"vpc-1"\n'
    assert run(cli, *scene.call(), "vpcId", flag, "yaml") == '"vpc-1"\n'
    assert run(cli, *scene.call(), "vpcId", flag, "env") == "NETWORK_VPC_ID=vpc-1\n"
    assert run(cli, *scene.call(), "vpcId", flag, "table") == "vpc-1\n"
    assert "--raw" in run(cli, *scene.call(), "vpcId", flag, "json", "--raw", code=2)


def asks_in(attribute: str, value: str) -> Any:
    """AWS is asked with that account, in that region."""

    def prove(cli: Any, flag: str, scene: Scene) -> None:
        asked: list[Any] = []
        ask = cli.edge.aws.caller_identity
        cli.edge.aws.caller_identity = lambda scope: asked.append(scope) or ask(scope)
        run(cli, *scene.call(), flag, value)
        assert getattr(asked[-1], attribute) == value

    return prove


PROOFS = {
    "list": {
        "--org": lists_only("", "Nobody"),
        "--project": lists_only(MINE, "blog"),
        "--environment": lists_only(ID, "prod"),
        "--status": lists_only(ID, "deployed"),
        "--sort": sorts,
        "--all": shows_the_destroyed,
    },
    "status": {
        "--environment": only_prod,
        "--all-environments": all_the_time,
        "--stack": tells("dns", kept="dns", gone="network"),
        "--watch": watches,
        "--refresh-interval": looks_that_often,
    },
    "logs": {
        "--environment": environment,
        "--stack": tells("dns", kept="dns", gone="network"),
        "--type": of_that_type,
        "--operation": of_that_operation,
        "--level": tells("error", kept="security", gone="deploying", start=failed),
        "--since": of_all_runs,
        "--lines": tells("1", kept="complete", gone="network"),
        "--follow": follows,
    },
    "history": {
        "--environment": only_prod,
        "--stack": ProvenBy("unit/test_cli_history.py::test_can_be_narrowed"),
        "--type": ProvenBy("unit/test_cli_history.py::test_can_be_narrowed"),
        "--limit": ProvenBy("unit/test_cli_history.py::test_tells_that_there_are_older_ones"),
        "--operation": ProvenBy("unit/test_cli_history.py::test_of_one_operation_shows_its_stacks"),
    },
    "graph": {
        "--environment": environment,
        "--format": ProvenBy("unit/test_cli_graph.py::test_draws_mermaid_and_svg"),
        "--output": draws_a_file,
        "--status": tells(kept="Status"),
        "--no-status": tells(kept="Needs", gone="Status"),
    },
    "outputs": {
        "--environment": environment,
        "--show-secrets": tells(now=SECRET, gone="***"),
        "--format": ProvenBy("unit/test_cli_commands.py::test_mask_secrets_in_every_format"),
    },
    "stack-outputs": {
        "--environment": environment,
        "--show-secrets": tells(now=SECRET, gone="***"),
        "--raw": bare,
        "--format": one_in_that_form,
    },
    "export-stack": {
        "--environment": environment,
        "--output": draws_a_file,
        "--force": replaces_the_file,
        "--format": tells("yaml", now="deployment:\n", gone='"deployment"'),
        "--config-only": tells(now='"dependencies"', gone='"deployment"'),
        "--show-secrets": tells(now=SECRET),
    },
    "serve": {
        "--host": tells("0.0.0.0", now="http://0.0.0.0:8080"),
        "--port": tells("8099", now="http://127.0.0.1:8099"),
    },
    "health": {
        "--check": tells("engine", kept="engine", gone="templates"),
        "--region": asks_in("region", "eu-west-1"),
        "--profile": ProvenBy("unit/test_cli_program.py::test_settings_reach_the_services"),
        "--account": asks_in("account", "410000000017"),
    },
}
