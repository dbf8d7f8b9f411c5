"""Settings of a flow run: what the process was given, with the operators' blocks laid over it."""

from __future__ import annotations

from typing import Any

from blocks.aws import AwsEnvironment
from blocks.backend import PulumiBackend
from blocks.tables import RecordTables
from cloud_core.settings import Settings

_USED_BY_FLOWS = (AwsEnvironment, PulumiBackend, RecordTables)


def settings_with_blocks(settings: Settings) -> Settings:
    """The settings with the blocks named by `prefect.blocks` over them; unchanged when no name is set.

    Raises ValueError naming a block that does not exist.
    """
    name = settings.prefect.blocks
    if name is None:
        return settings
    changes: dict[str, dict[str, Any]] = {}
    for kind in _USED_BY_FLOWS:
        # Prefect makes `load` work in both worlds; in a thread without an event loop it is a plain call.
        block: Any = kind.load(name)
        for part, values in block.to_settings().items():
            changes.setdefault(part, {}).update(values)
    parts = {part: getattr(settings, part).model_copy(update=values) for part, values in changes.items()}
    return settings.model_copy(update=parts)
