"""Which stack programs there are, told from their folders alone: nothing of them, nor of the engine, is imported.

`stacks.registry` looks by the same rules, and loads them; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cloud_core.domain.errors import StackNotFound
from cloud_core.domain.names import STACK_NAME

PRODUCT: Final = "product"
WORKSPACE: Final = "workspace"
_MARKS: Final = ("program.py", "__init__.py", "Pulumi.yaml")


class ProgramFolders:
    """Implements the port ProgramNames. The workspace's programs win over the product's of the same name."""

    def __init__(self, product: Path, workspace: Path) -> None:
        self._product = product
        self._workspace = workspace

    def names(self) -> list[str]:
        """Sorted."""
        return sorted(self._origins())

    def origin(self, stack: str) -> str:
        origins = self._origins()
        if stack not in origins:
            raise StackNotFound(
                f"there is no stack program {stack!r}; there are {', '.join(sorted(origins)) or 'none'}", stack=stack
            )
        return origins[stack]

    def _origins(self) -> dict[str, str]:
        product = dict.fromkeys((folder.replace("_", "-") for folder in _folders(self._product)), PRODUCT)
        workspace = dict.fromkeys(_folders(self._workspace), WORKSPACE)
        return {name: origin for name, origin in (product | workspace).items() if STACK_NAME.fullmatch(name)}


def _folders(parent: Path) -> Iterator[str]:
    if parent.is_dir():
        for folder in parent.iterdir():
            if any((folder / mark).is_file() for mark in _MARKS):
                yield folder.name
