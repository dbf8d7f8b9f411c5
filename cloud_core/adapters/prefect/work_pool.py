"""What a flow service holds for our flows besides themselves: the template of their work pool, and a watch over them.

Plain documents, as Prefect's API takes them: the sandbox sends them itself, Prefect's client takes seconds to import.
"""

from __future__ import annotations

import shlex
from typing import Any, Final

# Workers send a sign of life every 30 s; one lost sign must not call a healthy run crashed.
_SILENCE_SECONDS: Final = 120
SILENCE_WATCH: Final = "silent flow runs"
"""Name of the automation."""


def job_template(python: str, working_dir: str | None) -> dict[str, Any]:
    """A process pool's template: its runs use that interpreter, and start in that folder, each in a new one when None.

    Output is not streamed: that would tie a run's life to its worker's.
    """
    defaults: dict[str, tuple[str, Any]] = {
        "name": ("string", None),
        "command": ("string", shlex.join([python, "-m", "prefect.engine"])),
        "env": ("object", {}),
        "labels": ("object", {}),
        "stream_output": ("boolean", False),
        "working_dir": ("string", working_dir),
    }
    properties = {name: {"title": name, "type": kind, "default": value} for name, (kind, value) in defaults.items()}
    return {
        "job_configuration": {name: f"{{{{ {name} }}}}" for name in defaults},
        "variables": {"type": "object", "properties": properties},
    }


def silence_watch() -> dict[str, Any]:
    """An automation: a flow run whose sign of life stays away is called crashed, which frees its slots and is seen."""
    life = "prefect.flow-run.heartbeat"
    ends = [f"prefect.flow-run.{end}" for end in ("Completed", "Failed", "Cancelled", "Crashed", "Paused", "Suspended")]
    trigger = {
        "type": "event",
        "posture": "Proactive",
        "match": {"prefect.resource.id": "prefect.flow-run.*"},
        "for_each": ["prefect.resource.id"],
        # The first sign of life comes only some time after a run has begun.
        "after": ["prefect.flow-run.Running", life],
        "expect": [life, *ends],
        "threshold": 1,
        "within": _SILENCE_SECONDS,
    }
    message = f"no sign of life for {_SILENCE_SECONDS} s"
    action = {"type": "change-flow-run-state", "state": "CRASHED", "message": message}
    return {"name": SILENCE_WATCH, "trigger": trigger, "actions": [action]}
