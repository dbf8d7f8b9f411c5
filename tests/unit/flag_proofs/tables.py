"""The flags of `cloud tables`."""

from __future__ import annotations

from typing import Any

from cli.testing.flags import run
from cli.testing.scenes import Scene, deployed

SCENES = {
    "tables create": Scene(("tables", "create")),
    "tables status": Scene(("tables", "status")),
    "tables delete": Scene(("tables", "delete", "--dry-run")),
}


def deletes_under_live_deployments(cli: Any, flag: str, scene: Scene) -> None:
    deployed(cli, "dev")
    words = ("tables", "delete", "--confirm", "cloud-deployments")
    assert "deployments live in these tables" in run(cli, *words, code=5)
    assert cli.edge.record_tables.present
    run(cli, *words, flag)
    assert not cli.edge.record_tables.present


def agrees_by_name(cli: Any, flag: str, scene: Scene) -> None:
    for wrong in ("cloud-", "cloud-stacks", "yes"):
        assert "not cloud-deployments" in run(cli, "tables", "delete", flag, wrong, code=2)
    assert cli.edge.record_tables.present
    run(cli, "tables", "delete", flag, "cloud-deployments")
    assert not cli.edge.record_tables.present


PROOFS = {
    "tables create": {},
    "tables status": {},
    "tables delete": {"--force": deletes_under_live_deployments, "--confirm": agrees_by_name},
}
