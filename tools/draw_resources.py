"""Draws the resources of a deployment out of the engine's state: one box a stack, an arrow where one reads another.

python tools/draw_resources.py <workspace>/.cloud/sandbox/pulumi D7KQ2M4 dev > docs/pictures/default.svg
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from cloud_core.domain.pictures.svg import STYLE, box, box_height, curve, document
from cloud_core.domain.values import leaves

WIDTH, GAP_X, GAP_Y = 284, 60, 22
# What AWS makes up: ARNs, ids, hosted zones, repositories, user pools. Other values may be equal by chance.
MADE_BY_AWS = re.compile(r"arn:.+|[a-z]+-[0-9a-f]{8,}|Z[0-9A-Z]{8,}|.+\.dkr\.ecr\..+|cognito-idp\..+")


@dataclass(frozen=True)
class Stack:
    """What the engine keeps of one stack: how many resources of each type, what they were given, what it put out."""

    name: str
    types: Counter[str]
    given: frozenset[str]
    outputs: frozenset[str]

    @property
    def height(self) -> int:
        return box_height(len(self.types))


@dataclass(frozen=True)
class Box:
    """A stack's place in the picture."""

    stack: Stack
    x: int
    y: int


def read_stacks(backend: Path, deployment_id: str, environment: str) -> list[Stack]:
    """The deployment's stacks in a `file://` backend, by name."""
    ending = f"-{environment}.json"
    files = sorted((backend / ".pulumi" / "stacks").rglob(f"{deployment_id}-*{ending}"))
    return [_stack(file, file.name.removeprefix(f"{deployment_id}-").removesuffix(ending)) for file in files]


def _stack(file: Path, name: str) -> Stack:
    resources = json.loads(file.read_text("utf-8"))["checkpoint"]["latest"]["resources"]
    made = [one for one in resources if not one["type"].startswith("pulumi:")]
    root = next(one for one in resources if one["type"] == "pulumi:pulumi:Stack")
    return Stack(
        name,
        Counter(_short(one["type"]) for one in made),
        frozenset(text for one in made for text in _texts(one.get("inputs", {}))),
        frozenset(text for text in _texts(root.get("outputs", {})) if MADE_BY_AWS.fullmatch(text)),
    )


def _short(token: str) -> str:
    """`ec2 Subnet` of `aws:ec2/subnet:Subnet`."""
    _, module, kind = token.split(":")
    return f"{module.partition('/')[0]} {kind}"


def _texts(value: Any) -> Iterator[str]:
    return (leaf for leaf in leaves(value) if isinstance(leaf, str))


def edges(stacks: list[Stack]) -> dict[str, set[str]]:
    """Stack to the stacks that it reads: its resources were given a value that one stack alone put out."""
    owners: dict[str, list[str]] = {}
    for stack in stacks:
        for text in stack.outputs:
            owners.setdefault(text, []).append(stack.name)
    source = {text: names[0] for text, names in owners.items() if len(names) == 1}
    given = {one.name: "\n".join(one.given) for one in stacks}
    return {name: {owner for text, owner in source.items() if text in given[name]} - {name} for name in given}


def columns(stacks: list[Stack], reads: Mapping[str, set[str]]) -> list[list[Stack]]:
    """Left to right: each stack behind all that it reads."""
    place: dict[str, int] = {}
    for name in TopologicalSorter(reads).static_order():
        place[name] = 1 + max((place[source] for source in reads[name]), default=-1)
    return [[one for one in stacks if place[one.name] == column] for column in range(max(place.values()) + 1)]


def arrange(found: list[list[Stack]]) -> dict[str, Box]:
    boxes: dict[str, Box] = {}
    for column, members in enumerate(found):
        y = GAP_Y
        for stack in members:
            boxes[stack.name] = Box(stack, GAP_Y + column * (WIDTH + GAP_X), y)
            y += stack.height + GAP_Y
    return boxes


def draw(boxes: Mapping[str, Box], reads: Mapping[str, set[str]], title: str) -> str:
    width = max(box.x for box in boxes.values()) + WIDTH + GAP_Y
    height = max(box.y + box.stack.height for box in boxes.values()) + GAP_Y
    arrows = [_arrow(boxes[source], boxes[name]) for name in sorted(reads) for source in sorted(reads[name])]
    return document(width, height, title, STYLE, [*arrows, *(_box(one) for one in boxes.values())])


def _arrow(source: Box, reader: Box) -> str:
    x, y = source.x + WIDTH, source.y + source.stack.height // 2
    return f'<path d="M{x},{y}{curve(x, y, reader.x, reader.y + reader.stack.height // 2)}"/>'


def _box(found: Box) -> str:
    stack = found.stack
    rows = [f"{number} × {kind}" if number > 1 else kind for kind, number in sorted(stack.types.items())]
    return box(found.x, found.y, WIDTH, f"{stack.name} ({stack.types.total()})", rows)


def main() -> None:
    backend, deployment_id, environment = sys.argv[1:]
    stacks = read_stacks(Path(backend), deployment_id, environment)
    reads = edges(stacks)
    total = sum(stack.types.total() for stack in stacks)
    title = f"{len(stacks)} stacks with {total} resources; arrows lead from a stack to those that read it"
    sys.stdout.write(draw(arrange(columns(stacks, reads)), reads, title))


if __name__ == "__main__":
    main()
