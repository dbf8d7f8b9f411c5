"""Where the data that the product ships lies (templates, flow definitions), and its version."""

from __future__ import annotations

from pathlib import Path
from typing import Final

DISTRIBUTION: Final = "cloud-platform"
_PACKAGE: Final = Path(__file__).resolve().parent


def data_dir(name: str, package: Path = _PACKAGE) -> Path:
    """The folder (or file) of that name: packaged below `cloud_core/_data`, else at the root of the repository.

    Raises FileNotFoundError when the installation is incomplete.
    """
    places = (package / "_data" / name, package.parent / name)
    for place in places:
        if place.exists():
            return place
    raise FileNotFoundError(f"the installation lacks {name!r}: looked in {places[0]} and {places[1]}")


def version() -> str:
    """The product's version, shared by the command line and the API."""
    from importlib import metadata  # lazy for start-up time

    return metadata.version(DISTRIBUTION)
