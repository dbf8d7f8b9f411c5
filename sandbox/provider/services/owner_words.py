"""Words for objects that only their owner's id and their own one together name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sandbox.provider.language import LiveObject, Read
from sandbox.provider.scope import Scope

SEPARATOR: Final = "/"


def imported_with(owner: str) -> str:
    """`Resource.imports` of an object that an import names `<owner's id>/<its own id>`."""
    return rf"(?P<{owner}>[^{SEPARATOR}]+){SEPARATOR}.+"


def by_own_id(read: Read) -> Callable[[Scope], LiveObject | None]:
    """The read with the object's own id as `$id`, in an import as well."""
    return lambda scope: read(replace(scope, id=scope.id.rpartition(SEPARATOR)[2]))
