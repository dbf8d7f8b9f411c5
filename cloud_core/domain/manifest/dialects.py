"""The two spellings of a manifest: canonical (nested), which is kept, and flat, which is read and told as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloud_core.domain.names import EnvironmentName

# The flat dialect's top-level keys and their canonical names below `deployment`.
FLAT_DEPLOYMENT: Final[Mapping[str, str]] = {
    "deployment_id": "id",
    "organization": "org",
    "project": "project",
    "domain": "domain",
    "template": "template",
    "pulumiOrg": "pulumiOrg",
    "pulumi_org": "pulumiOrg",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "description": "description",
    "tags": "tags",
    "contact": "contact",
    "pulumi": "pulumi",
    "metadata": "metadata",
    "version": "version",
}
FLAT_ENVIRONMENT: Final[Mapping[str, str]] = {"account_id": "account"}
# Of two spellings the first.
_FLAT_NAMES: Final[Mapping[str, str]] = {name: key for key, name in reversed([*FLAT_DEPLOYMENT.items()])}
_TELLING: Final = ("deployment_id", "organization", "project", "template")

Path = tuple[str | int, ...]


def is_flat(data: Mapping[str, Any]) -> bool:
    """No `deployment` section, but one of the flat keys that every flat manifest has."""
    return "deployment" not in data and any(key in data for key in _TELLING)


def normalise(data: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical spelling of either dialect; nothing is checked and unknown keys stay where they are."""
    if not is_flat(data):
        return dict(data)
    deployment = {name: data[key] for key, name in FLAT_DEPLOYMENT.items() if key in data}
    rest = {key: value for key, value in data.items() if key not in FLAT_DEPLOYMENT}
    environments = rest.get("environments")
    if isinstance(environments, Mapping):
        rest["environments"] = {name: _environment(str(name), value) for name, value in environments.items()}
    return {"deployment": deployment, **rest}


def _environment(name: str, section: Any) -> Any:
    """Flat environments have no flag: dev is on, the others are off."""
    if not isinstance(section, Mapping):
        return section
    renamed = {FLAT_ENVIRONMENT.get(key, key): value for key, value in section.items()}
    return {"enabled": name == EnvironmentName.DEV, **renamed}


def flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """The flat spelling of a canonical manifest; `normalise` makes the same manifest of it again.

    Keys of `deployment` that the flat dialect has no name for keep theirs. Environments have their flag, which the
    flat dialect takes and does not need.
    """
    deployment = data.get("deployment")
    if not isinstance(deployment, Mapping):
        return dict(data)
    named = {_FLAT_NAMES.get(key, key): value for key, value in deployment.items()}
    rest = {key: value for key, value in data.items() if key != "deployment"}
    environments = rest.get("environments")
    if isinstance(environments, Mapping):
        rest["environments"] = {name: _flat_environment(value) for name, value in environments.items()}
    return {**named, **rest}


def _flat_environment(section: Any) -> Any:
    if not isinstance(section, Mapping):
        return section
    names = {name: key for key, name in FLAT_ENVIRONMENT.items()}
    return {names.get(key, key): value for key, value in section.items()}


def written_path(path: Path, data: Mapping[str, Any]) -> Path:
    """Where the canonical `path` stands in the file that holds `data` as written."""
    if not is_flat(data):
        return path
    match path:
        case ("deployment", str() as field, *rest):
            return (_flat_key(FLAT_DEPLOYMENT, field, data), *rest)
        case ("environments", name, str() as field, *rest):
            environments = data.get("environments")
            section = environments.get(name) if isinstance(environments, Mapping) else None
            return ("environments", name, _flat_key({**FLAT_ENVIRONMENT, field: field}, field, section or {}), *rest)
    return path


def _flat_key(table: Mapping[str, str], field: str, section: Mapping[str, Any]) -> str:
    spellings = [key for key, name in table.items() if name == field] or [field]
    return next((key for key in spellings if key in section), spellings[0])


def dotted(path: Path) -> str:
    """`a.b[0].c`: the way in which findings and people name a place."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
