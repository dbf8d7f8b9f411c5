"""Single values of the recorded manifest: of a stack, of an environment, or of a stack in an environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query

from api.dependencies import BODY, AnyEnvironment, Calling, DeploymentId, Services, guarded
from api.preconditions import precondition, tag, version_of
from api.routers.changing import CHANGING, Change, Changing
from api.routes import endpoints
from api.schemas.configuration import RecordedValue, SetValue
from cloud_core.answers.configuration import ConfigValueList, OneConfigValue
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.manifest import ABSENT, ConfigTarget
from cloud_core.domain.names import STACK_NAME, EnvironmentName
from cloud_core.services.manifests.config_changes import ConfigChange

router: Final = endpoints("/deployments/{deployment_id}/config", "configuration")
_NAME: Final = r"[^.\x00-\x1f\x7f]+"
Key = Annotated[
    str,
    Path(pattern=rf"^{_NAME}(\.{_NAME})*$", max_length=256, description="Its name; dots nest.", examples=["size"]),
]


def _any_target(
    stack: Annotated[
        str | None, Query(pattern=f"^{STACK_NAME.pattern}$", max_length=64, description="The stack whose value it is.")
    ] = None,
    environment: AnyEnvironment = None,
) -> ConfigTarget | None:
    return ConfigTarget(stack, environment.value if environment else None) if stack or environment else None


AnyTarget = Annotated[ConfigTarget | None, Depends(_any_target)]


def _target(found: AnyTarget) -> ConfigTarget:
    if found is None:
        raise InvalidInput("whose value is it? name a stack, an environment, or both", field="query.stack")
    return found


Target = Annotated[ConfigTarget, Depends(_target)]


@dataclass(frozen=True)
class Look:
    """Whose values are looked at, and whether placeholders are looked up with the platform's own credentials."""

    target: ConfigTarget | None
    resolved: bool


def _look(
    target: AnyTarget,
    caller: Calling,
    resolved: Annotated[
        bool, Query(description="Placeholders with their values, as far as they can be told. No secrets.")
    ] = False,
) -> Look:
    environment = _environment(target)
    if resolved and environment is None:
        raise InvalidInput("resolved needs an environment: values differ between them", field="query.environment")
    if resolved:
        caller.require(Permission.ASK_AWS, environment)
    return Look(target, resolved)


Looking = Annotated[Look, Depends(_look)]


@router.get("", response_model=ConfigValueList, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def list_config(deployment_id: DeploymentId, services: Services, look: Looking) -> dict[str, Any]:
    """The values that a stack gets, or an environment sets; without both, everything that the manifest sets."""
    return services.recorded_values.list(deployment_id, look.target, look.resolved).to_data()


@router.get("/{key:path}", response_model=OneConfigValue, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_config(
    deployment_id: DeploymentId, key: Key, services: Services, target: Target, look: Looking
) -> dict[str, Any]:
    """One value: what the stack gets after inheritance, or what the environment sets."""
    listing = services.recorded_values.get(deployment_id, target, key, look.resolved)
    (entry,) = listing.entries
    return {"deployment_id": deployment_id, "source": listing.source.value, **entry.to_data()}


@router.put("/{key:path}", response_model=RecordedValue, **guarded(Permission.WRITE, *BODY, *CHANGING, tagged=True))
def set_config(
    deployment_id: DeploymentId, key: Key, target: Target, change: Changing, body: SetValue
) -> dict[str, Any]:
    """Set a value in the record's manifest; the whole of it is validated first. Nothing is deployed."""
    return _make(change, ConfigChange(deployment_id, target, key, body.value, body.secret), body.dry_run)


@router.delete("/{key:path}", response_model=RecordedValue, **guarded(Permission.WRITE, *CHANGING, tagged=True))
def unset_config(
    deployment_id: DeploymentId,
    key: Key,
    target: Target,
    change: Changing,
    dry_run: Annotated[bool, Query(description="Only tell what would change.")] = False,
) -> dict[str, Any]:
    """Take a key out of where it is set; what it inherits holds then."""
    return _make(change, ConfigChange(deployment_id, target, key, ABSENT), dry_run)


def _make(change: Change, wish: ConfigChange, rehearse: bool) -> dict[str, Any]:
    change.caller.require(Permission.WRITE, _environment(wish.target))
    with precondition(change.if_match):
        made = change.services.recorded_config.make(wish, version_of(change.if_match), rehearse)
    tag(change.response, made.version)
    return made.to_data()


def _environment(target: ConfigTarget | None) -> EnvironmentName | None:
    return EnvironmentName(target.environment) if target and target.environment else None
