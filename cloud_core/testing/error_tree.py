"""The platform's errors, each with its code: what the tables of the edges are held against."""

from __future__ import annotations

from collections.abc import Iterator

from cloud_core.domain import errors
from cloud_core.domain.errors import CloudError


def platform_errors() -> list[type[CloudError]]:
    """Every kind of `cloud_core.domain.errors`; those that tests or adapters make for themselves are left out."""
    return [kind for kind in _with_kinds_of(CloudError) if kind.__module__ == errors.__name__]


def _with_kinds_of(kind: type[CloudError]) -> Iterator[type[CloudError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _with_kinds_of(child)
