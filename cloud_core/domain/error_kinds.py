"""The errors of the platform, as one list: for edges that must know them all, and for what comes back over a wire."""

from __future__ import annotations

from collections.abc import Iterator

from cloud_core.domain import errors
from cloud_core.domain.errors import CloudError


def platform_errors() -> list[type[CloudError]]:
    """Every kind of error of the platform, a kind before its own kinds; those of tests and adapters are left out."""
    return [kind for kind in _with_kinds_of(CloudError) if kind.__module__ == errors.__name__]


def kind_of(code: str) -> type[CloudError] | None:
    """The kind with this code; None where it is no kind of ours, or all that is known is that something is wrong."""
    return next((kind for kind in platform_errors() if kind.code == code and kind is not CloudError), None)


def _with_kinds_of(kind: type[CloudError]) -> Iterator[type[CloudError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _with_kinds_of(child)
