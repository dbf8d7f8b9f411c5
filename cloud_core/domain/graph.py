"""The graph of an environment's stacks: who waits for whom, layers, critical path, reverse and closures.

An edge leads from a stack to what it depends on. A hard dependency must succeed first; a soft one only orders, and only
when both stacks are there. Layers are 1-based, `1 + max(layer of dependencies)`, for display: the scheduler follows
the edges, not the layers. Everything is pure and iterative, so that depth is no limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cloud_core.domain.errors import DependencyCycle, InvalidInput

Edges = Mapping[str, Iterable[str]]


@dataclass(frozen=True)
class CriticalPath:
    """The longest chain by duration: stacks in the order of running, and its sum in seconds."""

    stacks: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class StackGraph:
    """An acyclic graph; make it with `build`. `hard` and `soft` map every stack to its dependencies.

    `priorities` orders stacks inside a layer, higher first, then by name.
    """

    hard: Mapping[str, frozenset[str]]
    soft: Mapping[str, frozenset[str]]
    priorities: Mapping[str, float]

    @classmethod
    def build(
        cls,
        names: Iterable[str],
        hard: Edges,
        soft: Edges | None = None,
        priorities: Mapping[str, float] | None = None,
    ) -> StackGraph:
        """Check and freeze. A dependency that is both is hard; a soft one that is not in `names` is dropped.

        Raises InvalidInput for a hard dependency outside `names`, DependencyCycle with its path.
        """
        known = frozenset(names)
        hard_edges = {name: frozenset(hard.get(name, ())) for name in sorted(known)}
        soft_edges = {name: frozenset((soft or {}).get(name, ())) & known for name in hard_edges}
        for name, dependencies in hard_edges.items():
            if missing := sorted(dependencies - known):
                raise InvalidInput(
                    f"Missing dependency: {missing[0]} (stack {name!r} depends on it, but it is not among the stacks)",
                    stack=name,
                    dependency=missing[0],
                    suggestion=f"add and enable the stack {missing[0]!r}, or remove it from {name!r}'s dependencies",
                )
        graph = cls(
            hard_edges,
            {name: soft_edges[name] - hard_edges[name] for name in hard_edges},
            {name: (priorities or {}).get(name, 0) for name in hard_edges},
        )
        if cycle := find_cycle({name: graph.dependencies(name) for name in hard_edges}):
            raise cycle_error(cycle)
        return graph

    @property
    def names(self) -> list[str]:
        """All stacks, by name."""
        return list(self.hard)

    def dependencies(self, name: str) -> frozenset[str]:
        """Direct dependencies, hard and soft; KeyError for a stack that is not in the graph."""
        return self.hard[name] | self.soft[name]

    def dependents(self, name: str) -> frozenset[str]:
        """Stacks that depend on this one directly, hard or soft."""
        return frozenset(self._dependents[name])

    @cached_property
    def layers(self) -> list[list[str]]:
        """Layer 1 first; inside a layer by priority descending, then by name."""
        levels: list[list[str]] = []
        for name, layer in self._layer_numbers.items():
            levels += [[] for _ in range(layer - len(levels))]
            levels[layer - 1].append(name)
        return [sorted(level, key=self._rank) for level in levels]

    def layer_of(self, name: str) -> int:
        """1-based; KeyError for a stack that is not in the graph."""
        return self._layer_numbers[name]

    @property
    def order(self) -> list[str]:
        """A topological order: layer by layer."""
        return [name for layer in self.layers for name in layer]

    def dependencies_closure(self, names: Iterable[str], hard_only: bool = False) -> frozenset[str]:
        """The stacks and everything that they need, directly or not."""
        edges = self.hard if hard_only else {name: self.dependencies(name) for name in self.hard}
        return _closure(edges, names)

    def dependents_closure(self, names: Iterable[str], hard_only: bool = False) -> frozenset[str]:
        """The stacks and everything that needs them, directly or not."""
        return _closure(_reversed(self.hard) if hard_only else self._dependents, names)

    def reverse(self) -> StackGraph:
        """Every arrow turned round, for destroying; priorities too, so that what came first goes last."""
        return StackGraph(
            _reversed(self.hard), _reversed(self.soft), {name: -value for name, value in self.priorities.items()}
        )

    def subset(self, names: Iterable[str]) -> StackGraph:
        """Only these stacks. The order through a left-out stack is kept: a, c of `c → b → a` gives `c → a`.

        Such an edge is hard when every step on some way is hard.
        """
        members = frozenset(names) & self.hard.keys()
        every = {name: self.dependencies(name) for name in self.hard}
        hard = {name: _nearest(self.hard, name, members) for name in sorted(members)}
        return StackGraph(
            hard,
            {name: _nearest(every, name, members) - hard[name] for name in hard},
            {name: self.priorities[name] for name in hard},
        )

    def critical_path(self, durations: Mapping[str, float]) -> CriticalPath:
        """The chain that no parallelism can shorten; `durations` in seconds, 0 for a stack without one."""
        finish: dict[str, float] = {}
        waited_for: dict[str, str | None] = {}
        for name in self.order:
            last = max(sorted(self.dependencies(name)), key=finish.__getitem__, default=None)
            waited_for[name] = last
            finish[name] = durations.get(name, 0.0) + (finish[last] if last is not None else 0.0)
        path: list[str] = []
        step = max(self.order, key=finish.__getitem__, default=None)
        while step is not None:
            path.append(step)
            step = waited_for[step]
        return CriticalPath(tuple(reversed(path)), finish[path[0]] if path else 0.0)

    @cached_property
    def _dependents(self) -> dict[str, frozenset[str]]:
        return _reversed({name: self.dependencies(name) for name in self.hard})

    @cached_property
    def _layer_numbers(self) -> dict[str, int]:
        """Layer of each stack, dependencies before dependents (Kahn's algorithm)."""
        waiting = {name: len(self.dependencies(name)) for name in self.hard}
        numbers = {name: 1 for name, count in waiting.items() if not count}
        queue = list(numbers)
        for done in queue:
            for dependent in sorted(self._dependents[done]):
                numbers[dependent] = max(numbers.get(dependent, 1), numbers[done] + 1)
                waiting[dependent] -= 1
                if not waiting[dependent]:
                    queue.append(dependent)
        return {name: numbers[name] for name in queue}

    def _rank(self, name: str) -> tuple[float, str]:
        return (-self.priorities[name], name)


def find_cycle(edges: Edges) -> list[str] | None:
    """The first of `find_cycles`; None without one."""
    return next(find_cycles(edges), None)


def find_cycles(edges: Edges) -> Iterator[list[str]]:
    """Enough cycles that removing the last edge of each leaves none, in time linear to the graph for each of them.

    A cycle is stack names, the first repeated at the end (`a, b, a`: a needs b, b needs a). Edges to names that are
    not keys are ignored. Depth-first in the order of names, hence the same answer every time.
    """
    done: set[str] = set()
    for start in sorted(edges):
        path: dict[str, None] = {}
        pending = [(start, iter((start,)))] if start not in done else []
        while pending:
            parent, children = pending[-1]
            child = next(children, None)
            if child is None:
                pending.pop()
                if pending:
                    path.pop(parent)
                    done.add(parent)
            elif child in path:
                names = list(path)
                yield [*names[names.index(child) :], child]
            elif child in edges and child not in done:
                path[child] = None
                pending.append((child, iter(sorted(edges[child]))))


def cycle_error(cycle: list[str]) -> DependencyCycle:
    """The error that names the path of a cycle."""
    return DependencyCycle(
        f"Circular dependency detected: {' → '.join(cycle)}",
        path=cycle,
        suggestion=f"remove one of these dependencies, such as {cycle[-1]!r} from the stack {cycle[-2]!r}",
    )


def _reversed(edges: Edges) -> dict[str, frozenset[str]]:
    sources: dict[str, set[str]] = {name: set() for name in edges}
    for name, targets in edges.items():
        for target in targets:
            sources[target].add(name)
    return {name: frozenset(found) for name, found in sources.items()}


def _closure(edges: Edges, names: Iterable[str]) -> frozenset[str]:
    found = {name for name in names if name in edges}
    pending = list(found)
    while pending:
        fresh = set(edges[pending.pop()]) - found
        found |= fresh
        pending.extend(fresh)
    return frozenset(found)


def _nearest(edges: Edges, start: str, members: frozenset[str]) -> frozenset[str]:
    """Members reached from `start` without passing through another member."""
    found: set[str] = set()
    seen = {start}
    pending = [start]
    while pending:
        for target in edges[pending.pop()]:
            if target in members:
                found.add(target)
            elif target not in seen:
                seen.add(target)
                pending.append(target)
    return frozenset(found)
