"""The provider's functions; each file lists its `INVOKES`."""

from __future__ import annotations

from typing import Final

from sandbox.provider.invokes import identity, lookups, policy_document
from sandbox.provider.invokes.function import Invoke

INVOKES: Final[tuple[Invoke, ...]] = (*identity.INVOKES, *lookups.INVOKES, *policy_document.INVOKES)
