"""The refusal to destroy what is protected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cloud_core.domain.errors import ProtectedResources


def protected_resources(found: Mapping[str, Sequence[str]]) -> ProtectedResources:
    """`found` maps each stack to the URNs of its protected resources; there is at least one."""
    named = [f"{_describe(urn)} of stack {stack!r}" for stack, urns in found.items() for urn in urns]
    stacks = ", ".join(found)
    return ProtectedResources(
        f"nothing was deleted, because of what is protected: {', '.join(named)}",
        stack=next(iter(found)),
        resource=None,
        diagnostics=[],
        protected=[urn for urns in found.values() for urn in urns],
        suggestion=(
            f"to delete them all the same, set 'protect: false' in the configuration of {stacks} and deploy before; "
            "else destroy the other stacks one by one with 'cloud destroy-stack'"
        ),
    )


def _describe(urn: str) -> str:
    """Type and name of `urn:pulumi:<stack>::<project>::<parent type>$<type>::<name>`."""
    kind, _, name = urn.split("::", 2)[2].partition("::")
    return f"{kind.split('$')[-1]} {name!r}"
