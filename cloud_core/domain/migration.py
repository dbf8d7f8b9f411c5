"""Manifests of version 2.3 as edits that make them manifests of version 3.1. Pure; nothing unknown is touched.

    2.3                                        3.1
    flat keys (deployment_id, account_id)      deployment.id, environments.<env>.account
    development, staging, production           dev, stage, prod
    database_rds, DatabaseRds                  database-rds, in dependencies and placeholders too
    stacks.<s>.config.<env>: {...}             stacks.<s>.environments.<env>.config
    vpc_cidr                                   vpcCidr, where the stack's template knows it so
    account: 410000000017                      account: "410000000017"
    priority above 100 (lower is earlier)      the stack template's (0-100, higher is earlier)

Afterwards everything that `validate --fix` mends is mended as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from cloud_core.domain.manifest import (
    FORMAT_VERSION,
    Edit,
    RemoveKey,
    RenameKey,
    SetValue,
    apply_edits,
    dotted,
    is_flat,
    normalise,
)
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.validation import Fix, find_fixes

Document = Mapping[str, Any]
Templates = Mapping[str, StackTemplate]
Path = tuple[str, ...]
ENVIRONMENT_NAMES: Final[Mapping[str, str]] = {
    "development": EnvironmentName.DEV.value,
    "staging": EnvironmentName.STAGE.value,
    "production": EnvironmentName.PROD.value,
}
_ACCOUNT_DIGITS: Final = 12
_HIGHEST_PRIORITY: Final = 100


def stack_name(old: str) -> str:
    """The name in today's spelling: `database_rds` and `DatabaseRds` are `database-rds`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", old.strip())
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def migrate_manifest(data: Document, templates: Templates, now: str) -> list[Fix]:
    """The edits in the order of application, empty for a manifest that is current; `data` is not changed.

    `now` is the time for a missing `createdAt`.
    """
    document = deepcopy(dict(data))
    fixes: list[Fix] = []
    for step in _STEPS:
        for fix in list(step(document, templates)):
            apply_edits(document, [fix.edit])
            fixes.append(fix)
    return [*fixes, *find_fixes(document, templates, now)]


def _nested(document: Document, _: Templates) -> Iterator[Fix]:
    if not is_flat(document):
        return
    canonical = normalise(document)
    for section in ("deployment", "environments"):
        if canonical.get(section) != document.get(section):
            yield _fix(SetValue((section,), canonical[section]), f"wrote the section {section!r} in today's form")
    for key in [key for key in document if key not in canonical]:
        yield _fix(RemoveKey((key,)), f"{key!r} stands in the section 'deployment' now")


def _version(document: Document, _: Templates) -> Iterator[Fix]:
    deployment = _map(document, "deployment")
    if deployment and str(deployment.get("version", FORMAT_VERSION)) != FORMAT_VERSION:
        yield _set(("deployment", "version"), FORMAT_VERSION)


def _environment_names(document: Document, _: Templates) -> Iterator[Fix]:
    for path, holder in [((), document), *_sections(document, "stacks")]:
        environments = _map(holder, "environments")
        for old, new in ENVIRONMENT_NAMES.items():
            if old in environments and new not in environments:
                yield _rename((*path, "environments", old), new)


def _accounts(document: Document, _: Templates) -> Iterator[Fix]:
    for path, section in _sections(document, "environments"):
        account = section.get("account")
        if isinstance(account, int) and not isinstance(account, bool):
            yield _set((*path, "account"), str(account).zfill(_ACCOUNT_DIGITS))


def _stack_names(document: Document, _: Templates) -> Iterator[Fix]:
    for path, _section in _sections(document, "stacks"):
        new = stack_name(path[-1])
        if new != path[-1] and new not in document["stacks"]:
            yield _rename(path, new)


def _dependencies(document: Document, _: Templates) -> Iterator[Fix]:
    for path, section in _sections(document, "stacks"):
        listed = section.get("dependencies")
        if isinstance(listed, list):
            renamed = [item if item == "ALL" else stack_name(str(item)) for item in listed]
            if renamed != listed:
                yield _set((*path, "dependencies"), renamed)


def _configs_by_environment(document: Document, templates: Templates) -> Iterator[Fix]:
    """`config.dev` becomes `environments.dev.config`, unless the stack has an input of that name."""
    names = {**ENVIRONMENT_NAMES, **{name.value: name.value for name in EnvironmentName}}
    for path, section in _sections(document, "stacks"):
        template = templates.get(path[-1])
        for key, value in _map(section, "config").items():
            own = _map(_map(section, "environments"), names.get(key, ""))
            if key in names and isinstance(value, Mapping) and not own and not (template and key in template.inputs):
                where = (*path, "environments", names[key], "config")
                yield _fix(SetValue(where, dict(value)), f"moved {dotted((*path, 'config', key))} to {dotted(where)}")
                yield _fix(RemoveKey((*path, "config", key)), f"removed {dotted((*path, 'config', key))}, moved")


def _input_names(document: Document, templates: Templates) -> Iterator[Fix]:
    for path, section in _sections(document, "stacks"):
        template = templates.get(path[-1])
        places = [((*path, "config"), _map(section, "config"))]
        for name, own in _map(section, "environments").items():
            places.append(((*path, "environments", name, "config"), _map(own, "config")))
        for where, config in places if template else ():
            for key in config:
                new = _camel(str(key))
                if template and new != key and key not in template.inputs and new in template.inputs - config.keys():
                    yield _rename((*where, key), new)


def _priorities(document: Document, templates: Templates) -> Iterator[Fix]:
    for path, section in _sections(document, "stacks"):
        priority, template = section.get("priority"), templates.get(path[-1])
        if template and isinstance(priority, (int, float)) and priority > _HIGHEST_PRIORITY:
            yield _set((*path, "priority"), template.priority)


def _placeholders(document: Document, _: Templates) -> Iterator[Fix]:
    """References to renamed stacks, wherever a text has them."""
    names = {path[-1] for path, _ in _sections(document, "stacks")}

    def rename(match: re.Match[str]) -> str:
        new = stack_name(match[2])
        return match[0] if new not in names or match[2] in names else f"{match[1]}{new}{match[3]}"

    for path, value in _leaves(document, ()):
        renamed = _replaced(value, lambda text: _REFERENCE.sub(rename, text))
        if renamed != value:
            yield _set(path, renamed)


_REFERENCE: Final = re.compile(r"(\$\{|\{\{RUNTIME:|\{\{(?:stack\.)?)([A-Za-z][\w-]*)([.:])")
_STEPS: Final[tuple[Callable[[Document, Templates], Iterator[Fix]], ...]] = (
    _environment_names,  # first: which environment is on by default goes by today's names
    _nested,
    _version,
    _accounts,
    _stack_names,
    _dependencies,
    _configs_by_environment,
    _input_names,
    _priorities,
    _placeholders,
)


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """What is no map, with its path; a list is one leaf, for edits name keys."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, value


def _replaced(value: Any, replace: Callable[[str], str]) -> Any:
    """The same value with every text in it replaced."""
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, list):
        return [_replaced(item, replace) for item in value]
    if isinstance(value, Mapping):
        return {key: _replaced(item, replace) for key, item in value.items()}
    return value


def _camel(text: str) -> str:
    return re.sub(r"[_-]([a-z0-9])", lambda match: match[1].upper(), text)


def _set(path: Path, value: Any) -> Fix:
    return _fix(SetValue(path, value), f"set {dotted(path)} to {value!r}")


def _rename(path: Path, name: str) -> Fix:
    return _fix(RenameKey(path, name), f"renamed {dotted(path)} to {name!r}")


def _fix(edit: Edit, description: str) -> Fix:
    return Fix(edit, description)


def _sections(holder: Document, key: str) -> Iterator[tuple[Path, Document]]:
    """The maps below `holder[key]`, with their paths; what is no map is left to the validation."""
    for name, section in list(_map(holder, key).items()):
        if isinstance(section, Mapping):
            yield (key, name), section


def _map(holder: Any, key: str) -> Document:
    value = holder.get(key) if isinstance(holder, Mapping) else None
    return value if isinstance(value, Mapping) else {}
