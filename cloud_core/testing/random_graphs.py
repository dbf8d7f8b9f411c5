"""Deployments of random stacks with random troubles, in a world whose engine is watched closely."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cloud_core.domain.errors import StackFailed, TransientFailure
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.testing.watched_engine import WatchedEngine
from cloud_core.testing.world import World

_ATTEMPTS: Final = 3
HEARTBEAT_SECONDS: Final = 0.02
"""Often: waiting for another attempt moves the world's clock on by more than a lease may go without."""


@dataclass(frozen=True)
class Case:
    """What the chance of a seed makes of so many stacks. `troubles` are the outcomes of a stack's first runs."""

    hard: Mapping[str, list[str]]
    soft: Mapping[str, list[str]]
    parallel: int
    fail_fast: bool
    seconds: Mapping[str, float]
    troubles: Mapping[str, list[Any]]

    @classmethod
    def of(cls, seed: int, size: int) -> Case:
        chance = random.Random(seed)
        names = [f"s{number:02}" for number in range(size)]
        hard, soft = {}, {}
        for place, name in enumerate(names):
            wanted = chance.sample(names[:place], min(place, chance.choice((0, 1, 1, 2, 3))))
            split = sum(chance.random() < 0.7 for _ in wanted)
            hard[name], soft[name] = wanted[:split], wanted[split:]
        return cls(
            hard,
            soft,
            parallel=chance.randint(1, 8),
            fail_fast=chance.random() < 0.25,
            seconds={name: chance.choice((0, 0, 0.001, 0.003)) for name in names},
            troubles={name: _troubles(chance, name) for name in names if chance.random() < 0.2},
        )

    @property
    def graph(self) -> StackGraph:
        return StackGraph.build(self.hard, self.hard, self.soft)


def _troubles(chance: random.Random, stack: str) -> list[Any]:
    broken = StackFailed(f"{stack} is broken", stack=stack, resource=None, diagnostics=[])
    busy = TransientFailure(f"AWS is too busy for {stack}", stack=stack, resource=None, diagnostics=[])
    return [*chance.choice(([broken], [busy], [busy, busy], [broken, busy, broken], [busy] * _ATTEMPTS))]


class WatchedWorld(World):
    """`soft` are the soft edges: they stand in the stacks' templates."""

    engine: WatchedEngine

    def __init__(self, case: Case) -> None:
        stacks = {name: {"dependencies": needs} for name, needs in case.hard.items()}
        templates = {name: StackTemplate(name=name, soft_dependencies=tuple(case.soft[name])) for name in case.soft}
        super().__init__(stacks, templates)
        self.heartbeat_seconds = HEARTBEAT_SECONDS
        self.engine.seconds_of = dict(case.seconds)

    def new_engine(self) -> WatchedEngine:
        return WatchedEngine()
