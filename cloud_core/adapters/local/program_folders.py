"""Which stack programs there are, told from their folders alone: nothing of them, nor of the engine, is imported.

`stacks.registry` finds them by the same functions, and loads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

from cloud_core.adapters.local.program_digest import engine_packages, program_digest, shared_code
from cloud_core.domain.errors import StackNotFound
from cloud_core.domain.names import PROJECT_FILE, STACK_NAME

PRODUCT: Final = "product"
WORKSPACE: Final = "workspace"
_MARKS: Final = ("program.py", "__init__.py", PROJECT_FILE)


class ProgramFolders:
    """Implements the port ProgramFiles. The workspace's programs win over the product's of the same name."""

    def __init__(self, product: Path, workspace: Path) -> None:
        self._product = product
        # In a clone of the product the workspace's folder may be the product's own.
        self._workspace = None if workspace.resolve() == product.resolve() else workspace

    def names(self) -> list[str]:
        """Sorted."""
        return sorted(self._homes())

    def origin(self, stack: str) -> str:
        return self._home(stack)[1]

    def folder(self, stack: str) -> Path:
        return self._home(stack)[0]

    def digest(self, stack: str) -> str:
        return program_digest(self.folder(stack), self._shared())

    def plugins(self) -> Mapping[str, str]:
        return engine_packages()

    def for_one_look(self) -> ProgramFolders:
        """The same for a look at many programs: where they are, and what they share, is read once."""
        return _OneLook(self._product, self._workspace or self._product)

    def _home(self, stack: str) -> tuple[Path, str]:
        homes = self._homes()
        if stack not in homes:
            raise StackNotFound(
                f"there is no stack program {stack!r}; there are {', '.join(sorted(homes)) or 'none'}", stack=stack
            )
        return homes[stack]

    def _shared(self) -> bytes:
        return shared_code(self._product)

    def _homes(self) -> dict[str, tuple[Path, str]]:
        homes = {name: (folder, PRODUCT) for name, folder in product_programs(self._product).items()}
        if self._workspace is not None:
            homes |= {name: (folder, WORKSPACE) for name, folder in workspace_programs(self._workspace).items()}
        return homes


class _OneLook(ProgramFolders):
    """Each program's own files are read whenever they are asked for."""

    def _homes(self) -> dict[str, tuple[Path, str]]:
        return self._kept_homes

    def _shared(self) -> bytes:
        return self._kept_shared

    @cached_property
    def _kept_homes(self) -> dict[str, tuple[Path, str]]:
        return super()._homes()

    @cached_property
    def _kept_shared(self) -> bytes:
        return super()._shared()


def product_programs(parent: Path) -> dict[str, Path]:
    """The folders of the product's stacks by their names. What belongs to the platform itself has no project."""
    folders = (folder for folder in _folders(parent) if (folder / PROJECT_FILE).is_file())
    return _named({folder.name.replace("_", "-"): folder for folder in folders})


def workspace_programs(parent: Path) -> dict[str, Path]:
    """The folders of a workspace's stacks by their names; none where there is no such folder."""
    return _named({folder.name: folder for folder in _folders(parent)})


def _named(folders: dict[str, Path]) -> dict[str, Path]:
    return {name: folder for name, folder in folders.items() if STACK_NAME.fullmatch(name)}


def _folders(parent: Path) -> Iterator[Path]:
    if parent.is_dir():
        for folder in parent.iterdir():
            if any((folder / mark).is_file() for mark in _MARKS):
                yield folder
