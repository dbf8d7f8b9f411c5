"""From the engine's description of a step to ours: which properties change, from what to what, without secrets."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from pulumi.automation.events import DiffKind, OpType, StepEventMetadata, StepEventStateMetadata

from cloud_core.adapters.pulumi.outputs import SIGNATURE
from cloud_core.domain.engine_state import resource_name
from cloud_core.domain.steps import UNKNOWN_TEXT, PropertyChange, Step
from cloud_core.domain.values import MASK

_ACTIONS: Final = frozenset({OpType.CREATE, OpType.UPDATE, OpType.REPLACE, OpType.DELETE, OpType.READ})
"""Steps that people agree to; the two halves of a replacement are one of them."""

# What the engine's events have in place of values that are not known, or not to be shown.
_UNKNOWN: Final = re.compile(r"04da6b54-80e4-46f7-96ec-b56ff0331ba9|output<string>")
_SECRET: Final = "[secret]"
_LONGEST: Final = 160
_TAGS, _ALL_TAGS = "tags", "tagsAll"
_SEGMENT: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
_REPLACING: Final = frozenset({DiffKind.ADD_REPLACE, DiffKind.DELETE_REPLACE, DiffKind.UPDATE_REPLACE})
_ABSENT: Final = object()


def step_of(step: StepEventMetadata, redacted: Callable[[str], str]) -> Step | None:
    """The step as people see it; None for one that changes nothing, or is half of another."""
    action = OpType(step.op)
    if action not in _ACTIONS:
        return None
    changes = _changes(step, redacted) if action in (OpType.UPDATE, OpType.REPLACE) else ()
    return Step(action.value, step.urn, step.type, resource_name(step.urn), changes)


def _changes(step: StepEventMetadata, redacted: Callable[[str], str]) -> tuple[PropertyChange, ...]:
    detailed = dict(step.detailed_diff or {})
    replacing = set(step.keys or ())
    found = []
    paths = detailed or step.diffs or ()
    for path in sorted(paths):
        if _is_echo(path, paths):
            continue
        kind = detailed[path].diff_kind if path in detailed else DiffKind.UPDATE
        before, after = _texts(step, path, redacted)
        if before == after and MASK not in (before or ""):
            continue
        found.append(PropertyChange(path, before, after, kind in _REPLACING or path in replacing))
    return tuple(found)


def _is_echo(path: str, paths: Collection[str]) -> bool:
    """Whether it only repeats a change of the resource's own tags."""
    return path.startswith(_ALL_TAGS) and _TAGS + path.removeprefix(_ALL_TAGS) in paths


def _texts(step: StepEventMetadata, path: str, redacted: Callable[[str], str]) -> tuple[str | None, str | None]:
    """The two values; one that was a secret still is one when AWS tells it, which marks no secrets of programs."""
    before, after = _text(_value(step.old, path), redacted), _text(_value(step.new, path), redacted)
    secrets = (before or "").count(MASK)
    if after is not None and after != UNKNOWN_TEXT and after.count(MASK) < secrets:
        after = MASK
    return before, after


def _value(state: StepEventStateMetadata | None, path: str) -> Any:
    """Inputs first: what the program wants; what only AWS tells is among the outputs."""
    if state is None:
        return _ABSENT
    value = _at(state.inputs or {}, path)
    return value if value is not _ABSENT else _at(state.outputs or {}, path)


def _at(value: Any, path: str) -> Any:
    for quoted, index, name in _SEGMENT.findall(path):
        if _is_secret(value):
            break
        if index and isinstance(value, list):
            if int(index) >= len(value):
                return _ABSENT
            value = value[int(index)]
        elif isinstance(value, Mapping):
            value = value.get(quoted or name or index, _ABSENT)
        else:
            return _ABSENT
    return _SECRET if _is_secret(value) else value


def _is_secret(value: Any) -> bool:
    """Whether nothing of it is shown: what lies below is secret, too."""
    return value == _SECRET or (isinstance(value, Mapping) and SIGNATURE in value)


def _text(value: Any, redacted: Callable[[str], str]) -> str | None:
    if value is _ABSENT or value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    if _UNKNOWN.fullmatch(text):
        return UNKNOWN_TEXT
    text = redacted(_UNKNOWN.sub(UNKNOWN_TEXT, text).replace(_SECRET, MASK))
    if len(text) <= _LONGEST:
        return text
    # Two long texts that differ only in their tails must not look the same.
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{text[:_LONGEST]}… ({len(text)} characters, {digest})"
