"""The events of an operation as lines: one line a change, of one stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from cli.text import joined, status_text, styled
from cli.wording import count, duration
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.schedule import cause_words

if TYPE_CHECKING:
    from rich.text import Text


def event_line(event: Event, verbose: bool) -> Text | None:
    """What happened, without time and stack; None for what is not told, resources unless verbose among it."""
    if event.event in _DETAILS and not verbose:
        return None
    tell = _TELL.get(event.event)
    return tell(event.data) if tell else None


def first_line(text: str | None) -> str:
    return (text or "").split("\n", 1)[0]


def resource_words(type: str, name: str) -> str:
    """`ec2:RouteTable main` for `aws:ec2/routeTable:RouteTable`: the provider says nothing where all are AWS."""
    *_, module, kind = ["", *type.split(":")]
    service = module.partition("/")[0]
    return f"{service}:{kind} {name}" if service and service != "pulumi" else f"{kind} {name}"


def _started(data: Mapping[str, Any]) -> Text:
    stacks, layers = count(data.get("total_stacks", 0), "stack"), count(data.get("total_layers", 0), "layer")
    return styled(f"started: {stacks} in {layers}")


def _stack_started(data: Mapping[str, Any]) -> Text:
    return status_text(data["status"])


def _stack_deployed(data: Mapping[str, Any]) -> Text:
    if data.get("cause"):
        return _stack_skipped(data)
    done = f" in {duration(data.get('duration_seconds'))}"
    resources = f": {count(data['resource_count'], 'resource')}" if data.get("resource_count") else ""
    return joined(status_text(data["status"]), f"{resources}{done}")


def _stack_checked(data: Mapping[str, Any]) -> Text:
    """`previewed: 2 resources would change in 1.2 s`, counting those with a step."""
    if data.get("cause"):
        return _stack_skipped(data)
    if data.get("note"):
        return joined(status_text(data["status"]), f": {data['note']}")
    number = len(data.get("steps", ()))
    verb = "would change" if data.get("operation_type") == "preview" else "differs" if number == 1 else "differ"
    found = f"{count(number, 'resource')} {verb}" if number or verb == "would change" else "no change"
    return joined(status_text(data["status"]), f": {found} in {duration(data.get('duration_seconds'))}")


def _stack_skipped(data: Mapping[str, Any]) -> Text:
    cause = cause_words(data.get("cause"))
    return joined(status_text(data["status"]), f": {cause}" if cause and cause != data["status"] else "")


def _stack_failed(data: Mapping[str, Any]) -> Text:
    return joined(status_text(data["status"]), f": {first_line(data.get('error_message'))}")


def _stack_retrying(data: Mapping[str, Any]) -> Text:
    wait, next_one = duration(data["wait_seconds"]), f"attempt {data['attempt'] + 1} of {data['attempts']}"
    return styled(f"{next_one} in {wait}: {first_line(data.get('error_message'))}", "yellow")


def _resource(words: str, style: str = "dim") -> Callable[[Mapping[str, Any]], Text]:
    def tell(data: Mapping[str, Any]) -> Text:
        took = f" ({duration(data['duration_seconds'])})" if data.get("duration_seconds") else ""
        why = f": {first_line(data['message'])}" if data.get("message") else ""
        resource = resource_words(str(data["resource"].get("type", "")), str(data["resource"].get("name", "")))
        return styled(f"  {resource} {words}{took}{why}", style)

    return tell


_RESOURCES: Final = {
    EventName.RESOURCE_CREATING: _resource("creating"),
    EventName.RESOURCE_CREATED: _resource("created"),
    EventName.RESOURCE_UPDATING: _resource("updating"),
    EventName.RESOURCE_UPDATED: _resource("updated"),
    EventName.RESOURCE_DELETING: _resource("deleting"),
    EventName.RESOURCE_DELETED: _resource("deleted"),
}
_TELL: Final[Mapping[EventName, Callable[[Mapping[str, Any]], Text]]] = {
    **_RESOURCES,
    EventName.DEPLOYMENT_STARTED: _started,
    EventName.STACK_DEPLOYING: _stack_started,
    EventName.STACK_DEPLOYED: _stack_deployed,
    EventName.STACK_CHECKING: _stack_started,
    EventName.STACK_CHECKED: _stack_checked,
    EventName.STACK_SKIPPED: _stack_skipped,
    EventName.STACK_FAILED: _stack_failed,
    EventName.STACK_REPAIRED: lambda data: styled(f"repaired: {first_line(data['message'])}", "yellow"),
    EventName.STACK_RETRYING: _stack_retrying,
    EventName.DEPLOYMENT_AWAITING_APPROVAL: lambda data: styled(first_line(data.get("message")), "yellow"),
    EventName.DEPLOYMENT_APPROVED: lambda data: styled(f"approved {first_line(data.get('message'))}", "green"),
    EventName.DEPLOYMENT_CANCELLING: lambda data: styled(f"cancelling: {first_line(data.get('message'))}", "yellow"),
    EventName.RESOURCE_FAILED: _resource("failed", "red"),
    EventName.LOG: lambda data: styled(first_line(data.get("message")), "dim"),
}
_DETAILS: Final = frozenset({*_RESOURCES, EventName.LOG})
