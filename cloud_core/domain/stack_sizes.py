"""What a stack's record can hold: an item of the store has bounds, what a stack gives has none."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

from cloud_core.domain.records import ResourceRecord, StackRecord
from cloud_core.domain.stored_sizes import stored_bytes, too_large

MAX_STORED_RESOURCES: Final = 500
"""A stack's record lists no more resources than this; its `resource_count` counts all of them."""
LARGEST_OUTPUTS: Final = 200_000
"""Bytes of the outputs in a stack's record."""
LARGEST_STACK: Final = 390_000
"""Bytes of a stack's record: what the store adds to it has to fit beside."""


def capped(stack: StackRecord) -> StackRecord:
    """The record as it may be stored. In place of an output that is too large stands where it can be read; at most
    `MAX_STORED_RESOURCES` resources are listed, as far as there is room, and the count tells the truth."""
    left = too_large(stack.outputs, LARGEST_OUTPUTS)
    large = {*stack.large_outputs, *left} & stack.outputs.keys()
    kept = stack.model_copy(
        update={
            "outputs": {**stack.outputs, **{name: _instead(stack, name) for name in left}},
            "large_outputs": sorted(large),
            "resources": [],
            "resource_count": max(stack.resource_count, len(stack.resources)),
        }
    )
    room = LARGEST_STACK - stored_bytes(kept.model_dump())
    return kept.model_copy(update={"resources": _fitting(stack.resources[:MAX_STORED_RESOURCES], room)})


def _instead(stack: StackRecord, output: str) -> str:
    size = stored_bytes(stack.outputs[output]) // 1024
    place = f"{stack.deployment_id} {stack.stack_name} {output} --environment {stack.environment.value}"
    return f"[{size} KB: too large for the records, read it with 'cloud stack-outputs {place} --show-secrets']"


def _fitting(resources: list[ResourceRecord], room: int) -> list[ResourceRecord]:
    """The first of them, as many as there is room for."""
    ends = accumulate(1 + stored_bytes(one.model_dump()) for one in resources)
    return [one for one, end in zip(resources, ends, strict=True) if end <= room]
