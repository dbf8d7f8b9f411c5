"""A stack's state as the engine exports it, version 3: what it holds, and whether it may become a stack's state.

    {"version": 3, "deployment": {"resources": [{"urn": ..., "type": ...}, ...], "pending_operations": [...]}}

A URN is `urn:pulumi:<engine's stack>::<engine's project>::<type>::<name>`, the type behind those of its parents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cloud_core.domain.errors import InvalidInput

STATE_VERSION: Final = 3
ENGINE_TYPES: Final = ("pulumi:pulumi:", "pulumi:providers:")
"""How the types of the engine's own resources begin, which nobody counts."""

_URN_BEGIN: Final = "urn:pulumi:"
_SHOWN: Final = 3


@dataclass(frozen=True, order=True)
class StateResource:
    """A resource of a state; which one it is, its URN says."""

    urn: str
    type: str
    id: str | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        return resource_name(self.urn)


def resource_name(urn: str) -> str:
    """The name in a URN, which is its last part."""
    return urn.rsplit("::", 1)[-1]


def state_resources(state: Mapping[str, Any]) -> tuple[StateResource, ...]:
    """What counts as a resource, by URN: neither the engine's own ones, nor what waits for its deletion."""
    found = {
        StateResource(one["urn"], one["type"], one.get("id") or None)
        for one in _entries(state)
        if not one["type"].startswith(ENGINE_TYPES) and not one.get("delete")
    }
    return tuple(sorted(found))


def require_importable(document: Any, stack: str, project: str, force: bool = False) -> None:
    """InvalidInput, with what is wrong and the way out, for what can't become this stack's state.

    `stack` and `project` are the engine's names. With `force` only the form has to be right: resources of other
    stacks are taken, and pending operations are forgotten.
    """
    _require_form(document)
    if force:
        return
    begin = f"{_URN_BEGIN}{stack}::{project}::"
    foreign = [one["urn"] for one in _entries(document) if not one["urn"].startswith(begin)]
    if foreign:
        raise InvalidInput(
            f"{len(foreign)} of {len(_entries(document))} resources belong to another stack than {stack!r} of project "
            f"{project!r}: {_first(foreign)}",
            field="input",
            foreign=foreign,
            suggestion="give the state of this stack; --force takes it all the same, and the next deploy replaces them",
        )
    pending = [f"{one.get('type')} {_urn_of(one)}" for one in document["deployment"].get("pending_operations") or []]
    if pending:
        raise InvalidInput(
            f"the state has {len(pending)} pending operations, which an import forgets: {_first(pending)}",
            field="input",
            pending=pending,
            suggestion="check these resources in AWS, and enter or remove them in the file; --force forgets them",
        )


def _require_form(document: Any) -> None:
    problem = _form_problem(document)
    if problem is not None:
        raise InvalidInput(
            f"the file holds no state of a stack: {problem}",
            field="input",
            suggestion="give a file that 'cloud export-stack' or 'pulumi stack export' wrote",
        )


def _form_problem(document: Any) -> str | None:
    """The first thing that is not as it must be."""
    if not isinstance(document, Mapping):
        return f"it is not a map but {type(document).__name__}"
    if document.get("version") != STATE_VERSION:
        return f"'version' is {document.get('version')!r}, not {STATE_VERSION}"
    deployment = document.get("deployment")
    resources = deployment.get("resources") if isinstance(deployment, Mapping) else None
    if not isinstance(resources, list):
        return "it has no list 'deployment.resources'"
    for place, one in enumerate(resources):
        if not isinstance(one, Mapping) or not all(isinstance(one.get(key), str) for key in ("urn", "type")):
            return f"'deployment.resources[{place}]' lacks the text 'urn' or 'type'"
        if one["urn"].count("::") < 3 or not one["urn"].startswith(_URN_BEGIN):
            return f"'deployment.resources[{place}].urn' is no URN: {one['urn']!r}"
    return None


def _entries(state: Mapping[str, Any]) -> list[Any]:
    return (state.get("deployment") or {}).get("resources") or []


def _urn_of(operation: Mapping[str, Any]) -> str:
    resource = operation.get("resource")
    return str(resource.get("urn")) if isinstance(resource, Mapping) else "?"


def _first(texts: list[str]) -> str:
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more
