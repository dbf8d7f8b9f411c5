"""Where what can be made again is kept between runs. Standard library only: the engine's installer needs it too."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The product's folder in the user's cache, by the XDG rules; RuntimeError for a user without a home."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "cloud-platform"
