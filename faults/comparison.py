"""AWS, the engine's state and the records, compared resource by resource: each contradiction is a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from aws import LISTED, Aws, Resource
from subject import STACKS, Subject

from cloud_core.adapters.pulumi.pending import pending_in
from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import StackStatus
from cloud_core.ports.engine import BEGUN, PendingChange

STACK_TYPE: Final = "pulumi:pulumi:Stack"
MAY_HAVE_MADE: Final = "AWS may have made it, and the state can't be told so"


def own(state: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The resources of a state without the engine's own: providers and the stack itself."""
    members = (state or {}).get("resources") or []
    return [one for one in members if not str(one["type"]).startswith("pulumi:")]


def in_state(subject: Subject) -> list[Resource]:
    return sorted(
        Resource(stack, one["type"], one["id"])
        for stack in STACKS
        for one in own(subject.state_of(stack))
        if one["type"] in LISTED
    )


def pending(subject: Subject) -> list[tuple[str, PendingChange]]:
    """What is unclear in the engine's states: changes without an end, resources to be looked up."""
    return [(stack, one) for stack in STACKS for one in pending_in({"deployment": subject.state_of(stack)})]


def contradictions(subject: Subject, aws: Aws, deployed: bool) -> list[str]:
    """What is wrong once all is said to be deployed, or destroyed; [] when AWS, state and records agree."""
    there, known = Counter(aws.resources(subject.id)), Counter(in_state(subject))
    records = subject.stacks
    return [
        *(f"in AWS, in no state: {one}" for one in (there - known).elements()),
        *(f"in the state, not in AWS: {one}" for one in (known - there).elements()),
        *(f"pending in the state of {stack}: {one.kind}" for stack, one in pending(subject)),
        *(f"engine's lock left: {path.name}" for path in subject.engine_locks),
        *_told(subject, records, deployed),
        *_left(subject, records),
    ]


def dishonest(subject: Subject, aws: Aws) -> list[str]:
    """What the records claim of single stacks although it is not so; asked as soon as a run was found dead."""
    there = set(aws.resources(subject.id))
    return [
        sentence
        for stack, record in subject.stacks.items()
        if record.status in (StackStatus.DEPLOYED, StackStatus.DESTROYED)
        for sentence in _checked(subject, stack, record, there)
    ]


def unexplained(subject: Subject, aws: Aws) -> list[str]:
    """What stands in AWS and nobody would find it again: in no state, no creation of it is pending, and no failure says
    that AWS may have it. Asked as soon as a run was found dead."""
    known, named = set(in_state(subject)), set(_may_have_made(subject))
    begun = {(stack, one.type) for stack, one in pending(subject) if one.kind in BEGUN}
    return [
        f"in AWS, and nobody knows: {one}"
        for one in aws.resources(subject.id)
        if one not in known and (one.stack, one.type) not in begun and one.stack not in named
    ]


def unknown(subject: Subject, aws: Aws) -> list[Resource]:
    """What a person finds in AWS where a failure says that AWS may have made something, and it is in no state."""
    known, named = set(in_state(subject)), set(_may_have_made(subject))
    return [one for one in aws.resources(subject.id) if one not in known and one.stack in named]


def _may_have_made(subject: Subject) -> Iterator[str]:
    """Stacks of which the newest failure says so."""
    for stack, record in subject.stacks.items():
        if record.last_operation_id is None or record.status is not StackStatus.FAILED:
            continue
        result = subject.operation_now(record.last_operation_id).results.get(stack)
        if result is not None and MAY_HAVE_MADE in (result.error or ""):
            yield stack


def _told(subject: Subject, records: dict[str, StackRecord], deployed: bool) -> Iterator[str]:
    wanted = StackStatus.DEPLOYED if deployed else StackStatus.DESTROYED
    for stack in STACKS:
        status = records[stack].status if stack in records else StackStatus.PENDING
        if status is not wanted and not (status is StackStatus.PENDING and not deployed):
            yield f"the record of {stack} says {status.value}, not {wanted.value}"
        elif stack in records:
            yield from _recorded(subject, stack, records[stack])


def _checked(subject: Subject, stack: str, record: StackRecord, there: set[Resource]) -> Iterator[str]:
    yield from _recorded(subject, stack, record)
    for one in in_state(subject):
        if one.stack == stack and one not in there:
            yield f"{stack} is told {record.status.value}, but AWS lacks {one}"


def _recorded(subject: Subject, stack: str, record: StackRecord) -> Iterator[str]:
    """The record of a stack against its state: URNs and outputs."""
    state = subject.state_of(stack)
    if record.status is StackStatus.DESTROYED and state is not None:
        yield f"{stack} is told destroyed, but its state is there with {len(own(state))} resources"
    if record.status is not StackStatus.DEPLOYED:
        return
    if state is None:
        yield f"{stack} is told deployed, but has no state"
        return
    urns, told = {one["urn"] for one in own(state)}, {one.urn for one in record.resources}
    if urns != told:
        yield f"{stack}: the record lists {sorted(told - urns)} too much and lacks {sorted(urns - told)}"
    outputs = next((one.get("outputs") or {} for one in state["resources"] if one["type"] == STACK_TYPE), {})
    if outputs != record.outputs:
        yield f"{stack}: outputs are {outputs} in the state and {record.outputs} in the record"


def _left(subject: Subject, records: dict[str, StackRecord]) -> Iterator[str]:
    """Who may still write: a lease that is held, an operation that has not ended, processes, an older token."""
    lease, operation = subject.lease, subject.operation
    if lease is not None and lease.owner is not None:
        yield f"the lease is held by {lease.owner.operation_id}"
    if operation is not None and not operation.status.is_terminal:
        yield f"operation {operation.operation_id} is {operation.status.value}"
    for process in [*subject.engines(), *subject.keepers()]:
        yield f"an engine is still at work on {subject.stack_of(process)} (pid {process.pid})"
    for stack, record in records.items():
        if lease is not None and record.fence != lease.fence:
            yield f"{stack} carries token {record.fence}, the lease {lease.fence}"
