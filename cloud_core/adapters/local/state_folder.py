"""Where what belongs to a user, and not to a workspace, is kept from run to run."""

from __future__ import annotations

import os
from pathlib import Path

from cloud_core.domain.errors import InvalidInput


def state_folder() -> Path:
    """The product's folder in the user's state, by the XDG rules; InvalidInput for a user without a home."""
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    if base.is_absolute():
        return base / "cloud-platform"
    try:
        return Path.home() / ".local" / "state" / "cloud-platform"
    except RuntimeError:
        raise InvalidInput(
            "there is no home folder to keep a login in",
            field="XDG_STATE_HOME",
            suggestion="set HOME, or XDG_STATE_HOME to a folder of yours",
        ) from None
