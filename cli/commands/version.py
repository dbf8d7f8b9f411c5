"""`cloud version`."""

from __future__ import annotations

import platform
from typing import Any

from cli.help import new_app
from cli.session import Session, command
from cli.text import facts, styled
from cloud_core.domain.errors import EngineMissing
from cloud_core.resources import version as product_version

app = new_app()
ARCHITECTURE = "3.1"
"""Of the deployment format."""


@command(app, "version")
def version(session: Session) -> None:
    """Show the versions: of this tool, the engine, Python and the platform. Never fails."""
    data = {
        "cli": product_version(),
        "pulumi": _engine_version(session),
        "python": platform.python_version(),
        "platform": f"{platform.system().lower()}-{platform.machine()}",
        "architecture": ARCHITECTURE,
    }
    session.output.answer(data, lambda: _render(data))


def _engine_version(session: Session) -> str | None:
    try:
        return session.services.find_engine().version
    except EngineMissing:
        return None


def _render(data: dict[str, Any]) -> list[Any]:
    names = {"Pulumi": data["pulumi"] or "not found", "Python": data["python"], "Platform": data["platform"]}
    return [styled(f"Cloud CLI v{data['cli']}", "bold"), facts(names.items())]
