"""The flags of `cloud control-plane`."""

from __future__ import annotations

from typing import Any

from cli.testing.flags import run, tells
from cli.testing.scenes import Scene, deployed


def made(cli: Any, environment: str) -> None:
    """The control plane is there."""
    cli.edge.record_tables.present = []
    run(cli, "control-plane", "deploy")


SCENES = {
    "control-plane deploy": Scene(("control-plane", "deploy"), made),
    "control-plane status": Scene(("control-plane", "status"), made),
    "control-plane destroy": Scene(("control-plane", "destroy", "--dry-run"), made),
}


def leaves_it_unprotected(cli: Any, flag: str, scene: Scene) -> None:
    scene.start(cli, "dev")
    assert cli.edge.plane_engine.made.protect
    run(cli, *scene.words, flag)
    assert not cli.edge.plane_engine.made.protect


def destroys_under_live_deployments(cli: Any, flag: str, scene: Scene) -> None:
    scene.start(cli, "dev")
    deployed(cli, "dev")
    words = ("control-plane", "destroy", "--confirm", "cloud")
    assert "deployments live in these tables" in run(cli, *words, code=5)
    assert cli.edge.plane_engine.made
    run(cli, *words, flag)
    assert not cli.edge.plane_engine.made


def agrees_by_name(cli: Any, flag: str, scene: Scene) -> None:
    scene.start(cli, "dev")
    for wrong in ("cloud-", "plane", "yes"):
        assert "not cloud" in run(cli, "control-plane", "destroy", flag, wrong, code=2)
    assert cli.edge.plane_engine.made
    run(cli, "control-plane", "destroy", flag, "cloud")
    assert not cli.edge.plane_engine.made


PROOFS = {
    "control-plane deploy": {"--unprotected": leaves_it_unprotected},
    "control-plane status": {
        "--env": tells(now="export CLOUD_COGNITO__CLIENT_ID='client 1'", gone="Settings that lead to it")
    },
    "control-plane destroy": {"--force": destroys_under_live_deployments, "--confirm": agrees_by_name},
}
