"""What can be put right without judgement, as edits of the manifest as it was written.

Missing fields get their defaults, `staging` becomes `stage`, quoted numbers become numbers, and the stack template's
missing dependencies are added. Never touched: cycles, other configuration, permissions, resources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final

from cloud_core.domain.manifest import (
    ALL,
    AppendItems,
    Edit,
    RenameKey,
    SetValue,
    apply_edits,
    dotted,
    normalise,
    written_path,
)
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_template import ParameterType, StackTemplate

Document = Mapping[str, Any]
Templates = Mapping[str, StackTemplate]
_NUMBERS: Final = ("priority", "layer")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]+)?")


@dataclass(frozen=True)
class Fix:
    """One change: the edit, and its description for people."""

    edit: Edit
    description: str


def find_fixes(data: Document, templates: Templates, now: str) -> list[Fix]:
    """The fixes in the order of application; `now` is the time for a missing `createdAt`. `data` is not changed."""
    document = deepcopy(dict(data))
    steps: tuple[Callable[[Document], Iterator[Fix]], ...] = (
        _staging,
        lambda found: _missing_fields(found, templates, now),
        lambda found: _numbers(found, templates),
        lambda found: _dependencies(found, templates),
    )
    fixes: list[Fix] = []
    for step in steps:
        for fix in list(step(normalise(document))):
            placed = _as_written(fix, document)
            apply_edits(document, [placed.edit])
            fixes.append(placed)
    return fixes


def _as_written(fix: Fix, document: Document) -> Fix:
    """The same fix at the path that the file's dialect uses."""
    path = tuple(str(step) for step in written_path(fix.edit.path, document))
    return Fix(replace(fix.edit, path=path), fix.description)


def _staging(document: Document) -> Iterator[Fix]:
    holders = [((), document), *((("stacks", name), stack) for name, stack in _sections(document, "stacks"))]
    for path, holder in holders:
        environments = _map(holder, "environments")
        if "staging" in environments and EnvironmentName.STAGE not in environments:
            where = (*path, "environments", "staging")
            yield Fix(RenameKey(where, EnvironmentName.STAGE.value), f"renamed {dotted(where)} to 'stage'")


def _missing_fields(document: Document, templates: Templates, now: str) -> Iterator[Fix]:
    if isinstance(document.get("deployment"), Mapping) and "createdAt" not in document["deployment"]:
        yield _set(("deployment", "createdAt"), now)
    dev = _map(_map(document, "environments"), "dev")
    for name, section in _sections(document, "environments"):
        defaults = {"enabled": name == EnvironmentName.DEV, "account": dev.get("account"), "region": dev.get("region")}
        yield from _defaults(("environments", name), section, defaults)
    for name, section in _sections(document, "stacks"):
        template = templates.get(name)
        dependencies = list(template.dependencies) if template else None
        yield from _defaults(("stacks", name), section, {"enabled": True, "dependencies": dependencies})


def _defaults(path: tuple[str, ...], section: Document, defaults: Mapping[str, Any]) -> Iterator[Fix]:
    for key, value in defaults.items():
        if key not in section and value is not None:
            yield _set((*path, key), value)


def _numbers(document: Document, templates: Templates) -> Iterator[Fix]:
    for name, section in _sections(document, "stacks"):
        path = ("stacks", name)
        template = templates.get(name)
        wanted = [key for key, spec in template.inputs.items() if spec.type is ParameterType.NUMBER] if template else []
        places = [(path, section, _NUMBERS), ((*path, "config"), _map(section, "config"), wanted)]
        for environment, own in _sections(section, "environments"):
            places.append(((*path, "environments", environment, "config"), _map(own, "config"), wanted))
        for where, holder, keys in places:
            for key in keys:
                number = _number(holder.get(key))
                if number is not None:
                    yield _set((*where, key), number)


def _number(value: Any) -> int | float | None:
    """The number in a text that holds nothing else; None otherwise, and for values that are no texts."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        return None
    number = float(value)
    return int(number) if number.is_integer() else number


def _dependencies(document: Document, templates: Templates) -> Iterator[Fix]:
    for name, section in _sections(document, "stacks"):
        listed = section.get("dependencies")
        if not isinstance(listed, list) or ALL in listed or name not in templates:
            continue
        missing = tuple(item for item in templates[name].dependencies if item not in listed)
        if missing:
            path = ("stacks", name, "dependencies")
            yield Fix(AppendItems(path, missing), f"added {', '.join(missing)} to {dotted(path)}")


def _set(path: tuple[str, ...], value: Any) -> Fix:
    return Fix(SetValue(path, value), f"set {dotted(path)} to {value!r}")


def _sections(holder: Document, key: str) -> Iterator[tuple[str, Document]]:
    """The maps below `holder[key]`, by name; what is no map is left to the validation."""
    for name, section in _map(holder, key).items():
        if isinstance(section, Mapping):
            yield name, section


def _map(holder: Document, key: str) -> Document:
    value = holder.get(key)
    return value if isinstance(value, Mapping) else {}
