"""Which events somebody wants, and how that is asked for. Pure; what is among them: `realtime.matching`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final, TypeVar

from cloud_core.domain.connections import Filters
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.events import EventType
from cloud_core.domain.names import DEPLOYMENT_ID, STACK_NAME, EnvironmentName
from cloud_core.domain.records import LogLevel

Choice = TypeVar("Choice", bound=StrEnum)
_OPERATION_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_ENVIRONMENTS: Final = "|".join(EnvironmentName)
_CHANNEL: Final = re.compile(
    rf"deployments/(?P<deployment_id>{DEPLOYMENT_ID.pattern})"
    rf"(-(?P<of>{_ENVIRONMENTS})|/environments/(?P<environment>{_ENVIRONMENTS})"
    rf"|/operations/(?P<operation_id>{_OPERATION_ID.pattern})|/stacks/(?P<stack_name>{STACK_NAME.pattern}))?"
)


def read_filters(document: Mapping[str, Any]) -> Filters:
    """`environment`, `types` and `min_level` of a request; null is as good as missing. Raises InvalidInput."""
    types = document.get("types")
    if types is not None and not isinstance(types, list):
        raise InvalidInput(f"types is a list of {_listed(EventType)}", field="types")
    return Filters(
        environment=_one_of(EnvironmentName, document.get("environment"), "environment"),
        types=frozenset(found for one in types or () if (found := _one_of(EventType, one, "types")) is not None),
        min_level=_one_of(LogLevel, document.get("min_level"), "min_level"),
    )


def read_channel(channel: object, filters: Filters) -> tuple[str, Filters]:
    """The deployment that a channel names, and the filters with what it names besides. Raises InvalidInput."""
    found = _CHANNEL.fullmatch(channel) if isinstance(channel, str) else None
    if found is None:
        raise InvalidInput(
            "channel is no channel",
            field="channel",
            suggestion="write deployments/<id> or deployments/<id>-<environment>, or below it /environments/<name>, "
            "/stacks/<name> or /operations/<id>",
        )
    environment = found["of"] or found["environment"]
    return found["deployment_id"], replace(
        filters,
        environment=EnvironmentName(environment) if environment else filters.environment,
        operation_id=found["operation_id"],
        stack_name=found["stack_name"],
    )


def operation_channel(deployment_id: str, operation_id: str) -> str:
    """The channel of one operation, as `read_channel` reads it."""
    return f"deployments/{deployment_id}/operations/{operation_id}"


def told(filters: Filters) -> dict[str, Any]:
    """As an answer names them: those that are set."""
    plain = {name: value for name, value in vars(filters).items() if value}
    return {name: sorted(value) if isinstance(value, frozenset) else str(value) for name, value in plain.items()}


def _one_of(kind: type[Choice], value: object, field: str) -> Choice | None:
    if value is None:
        return None
    try:
        return kind(str(value).lower())
    except ValueError:
        raise InvalidInput(f"{field} is one of {_listed(kind)}", field=field) from None


def _listed(kind: Iterable[StrEnum]) -> str:
    return ", ".join(one.value for one in kind)
