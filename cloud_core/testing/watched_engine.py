"""The fake engine, closely watched: when each run begins and ends, how many there are at once, in which threads."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cloud_core.ports.engine import EngineResult, OnResource, StackRun
from cloud_core.testing.engine import FakeEngine


@dataclass(frozen=True)
class Moment:
    """A run of the engine has begun, or ended."""

    stack: str
    has_ended: bool


class WatchedEngine(FakeEngine):
    """`moments` are in the order in which they really happened; `busiest` is how many stacks were at work at once, and
    `doubled` names those that two runs worked on at once. `seconds_of` is how long a stack's runs take. `on_moment` is
    called with the number of each moment, in the thread of the run."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds_of: dict[str, float] = {}
        self.on_moment: Callable[[int], object] = lambda number: None
        self._watch = threading.Lock()
        self.start_over()

    def start_over(self) -> None:
        """Forget what was seen, for another operation."""
        self.moments: list[Moment] = []
        self.busiest = 0
        self.doubled: set[str] = set()
        self._at_work: Counter[str] = Counter()

    def up(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        with self._watched(run.target.stack):
            return super().up(run, on_resource)

    def destroy(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        with self._watched(run.target.stack):
            return super().destroy(run, on_resource)

    def first_and_last(self, stack: str) -> tuple[int, int]:
        """Places in `moments`: where the stack's first run begins, and where its last one ends."""
        places = [place for place, moment in enumerate(self.moments) if moment.stack == stack]
        return places[0], places[-1]

    @contextmanager
    def _watched(self, stack: str) -> Iterator[None]:
        self._note(Moment(stack, has_ended=False))
        try:
            # What a run takes, so that others come and go meanwhile.
            time.sleep(self.seconds_of.get(stack, 0))
            yield
        finally:
            self._note(Moment(stack, has_ended=True))

    def _note(self, moment: Moment) -> None:
        with self._watch:
            self.moments.append(moment)
            number = len(self.moments)
            self._at_work[moment.stack] += -1 if moment.has_ended else 1
            self.busiest = max(self.busiest, self._at_work.total())
            self.doubled |= {stack for stack, count in self._at_work.items() if count > 1}
        self.on_moment(number)
