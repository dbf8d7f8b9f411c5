"""AppSync's scalars and the enums, as they travel and as we have them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from ariadne import EnumType, ScalarType

from api.json_bodies import read_json
from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.records import LogLevel
from cloud_core.domain.statuses import RESULTS_ONLY, DeploymentStatus, StackStatus
from graphql import GraphQLError

DEEPEST: Final = 30
"""Levels of JSON: the store takes 32, of which what holds it needs one or two."""
_LAST: Final = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


def _from_json(value: Any) -> Any:
    if not isinstance(value, str):
        raise GraphQLError("AWSJSON is a text that holds JSON")
    try:
        found = read_json(value)
    except (ValueError, RecursionError):
        raise GraphQLError("AWSJSON holds no JSON that can be read") from None
    if _is_deeper(found, DEEPEST):
        raise GraphQLError(f"AWSJSON is nested too deeply: at most {DEEPEST} levels are taken")
    return found


def _is_deeper(value: Any, levels: int) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return bool(parts) and (levels == 0 or any(_is_deeper(part, levels - 1) for part in parts))


def _from_time(value: Any) -> Any:
    """The very end of time is a day earlier: what is reckoned from it has to be a time, too."""
    try:
        return min(parse_timestamp(value), _LAST)
    except (ValueError, TypeError):
        raise GraphQLError("AWSDateTime is a date and a time with a zone, such as 2026-01-31T12:00:00.000Z") from None


AWS_JSON: Final = ScalarType(
    "AWSJSON", serializer=lambda value: json.dumps(value, separators=(",", ":")), value_parser=_from_json
)
AWS_TIME: Final = ScalarType("AWSDateTime", serializer=str, value_parser=_from_time)


def _enum(name: str, members: Sequence[StrEnum]) -> EnumType:
    return EnumType(name, {member.name: member for member in members})


_OF_RESULTS: Final = (StackStatus.SKIPPED, StackStatus.CANCELLED)
ENUMS: Final = (
    _enum("DeploymentStatus", list(DeploymentStatus)),
    _enum("StackStatus", [one for one in StackStatus if one not in RESULTS_ONLY or one in _OF_RESULTS]),
    _enum("LogLevel", list(LogLevel)),
)
BOUND: Final = (AWS_JSON, AWS_TIME, *ENUMS)
