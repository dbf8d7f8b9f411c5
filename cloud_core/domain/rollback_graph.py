"""The order in which a deploy is taken back: some stacks are put back to what they were, those that it made go. Pure.

As the stacks stand now, one that goes must wait for all that need it: they are put back, or gone, before. A stack that
is put back follows those that it needs in the earlier manifest, and comes after what goes and still uses it, as long as
that leaves an order; where both can't be had, stacks are put back first, as every engine updates before it deletes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cloud_core.domain.graph import StackGraph

Needs = Mapping[str, Collection[str]]
"""What each stack that there is now depends on, as it was deployed last."""


def rollback_graph(needs: Needs, earlier: StackGraph, destroys: Collection[str]) -> StackGraph:
    """Over all stacks of the earlier manifest and those that go."""
    gone = frozenset(destroys)
    back = {name: earlier.hard[name] - gone for name in earlier.names if name not in gone}
    names = back.keys() | gone
    hard = {**back, **{name: frozenset(_users(needs, name)) & names for name in gone}}
    soft = {name: set(earlier.soft[name] - gone) for name in back}
    for name in back:
        for user in sorted(gone & frozenset(_users(needs, name))):
            waits = {other: hard[other] | soft.get(other, set()) for other in names}
            if name not in _everything_before(waits, user):
                soft[name].add(user)
    return StackGraph.build(names, hard, soft, earlier.priorities)


def still_needed(
    needs: Needs, earlier: StackGraph | None, wanted: Collection[str], back: Collection[str]
) -> dict[str, str]:
    """Which of the stacks that are wanted to go have to stay, and who needs them: a stack that stays itself.

    One that is put `back` will need what it does in the earlier manifest, any other one what it needs now.
    """
    after = {name: earlier.dependencies(name) if earlier and name in back else needs[name] for name in needs}
    kept: dict[str, str] = {}
    while True:
        staying = [name for name in sorted(after, reverse=True) if name not in wanted or name in kept]
        more = {one: name for name in staying for one in sorted(after[name]) if one in wanted and one not in kept}
        if not more:
            return kept
        kept |= more


def _users(needs: Needs, stack: str) -> list[str]:
    return [name for name, needed in needs.items() if stack in needed]


def _everything_before(waits: Needs, stack: str) -> set[str]:
    found: set[str] = set()
    pending = [stack]
    while pending:
        fresh = set(waits[pending.pop()]) - found
        found |= fresh
        pending.extend(fresh)
    return found
