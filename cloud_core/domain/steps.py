"""What an engine would do to resources, or found changed in them; and whether two looks ahead say the same.

Values of properties are texts for people, masked and cut by whoever makes a step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

UNKNOWN_TEXT: Final = "(known after deploy)"


@dataclass(frozen=True)
class PropertyChange:
    """One property of a resource: `path` as in `tags.Name` or `ingress[0].port`; None where there is, or will be, no
    value. `forces_replacement` marks what can't be changed in place."""

    path: str
    before: str | None
    after: str | None
    forces_replacement: bool = False

    @property
    def outcome(self) -> tuple[str, str | None]:
        """The path and the value to be, which is None for one that is not known yet."""
        return self.path, None if self.after == UNKNOWN_TEXT else self.after


@dataclass(frozen=True)
class Step:
    """One resource: `action` is create, update, replace, delete or read."""

    action: str
    urn: str
    type: str
    name: str
    properties: tuple[PropertyChange, ...] = ()

    def to_data(self) -> dict[str, Any]:
        return {
            "action": self.action,
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "properties": [
                {
                    "path": one.path,
                    "before": one.before,
                    "after": one.after,
                    "forces_replacement": one.forces_replacement,
                }
                for one in self.properties
            ],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        properties = tuple(PropertyChange(**one) for one in data["properties"])
        return cls(data["action"], data["urn"], data["type"], data["name"], properties)


def departures(planned: Iterable[Step], now: Iterable[Step]) -> list[str]:
    """In what the second look differs from the first, in a few words each, by resource; empty when it may go on.

    What was not known in the plan may be anything now. A resource that was to be updated and needs no update any more
    is no departure: nothing happens to it that was not agreed to.
    """
    before, after = {step.urn: step for step in planned}, {step.urn: step for step in now}
    found: list[str] = []
    for urn in sorted(before.keys() | after.keys()):
        found.extend(_departures_of(before.get(urn), after.get(urn)))
    return found


def _departures_of(planned: Step | None, now: Step | None) -> list[str]:
    if now is None:
        gone = planned is not None and planned.action not in ("update", "read")
        return [f"{planned.type} {planned.name}: {planned.action} was planned, now nothing"] if planned and gone else []
    place = f"{now.type} {now.name}"
    if planned is None:
        return [f"{place}: {now.action} was not planned"]
    if planned.action != now.action:
        return [f"{place}: {planned.action} was planned, now it is {now.action}"]
    agreed = dict(one.outcome for one in planned.properties)
    return [
        f"{place}: {one.path} would become {one.after}, planned was {agreed.get(one.path, 'no change')}"
        for one in now.properties
        if one.path not in agreed or agreed[one.path] not in (None, one.after)
    ]
