"""The one place that knows what the engine's failures look like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pulumi.automation.errors import CommandError, ConcurrentUpdateError
from pulumi.automation.events import StepEventMetadata

from cloud_core.adapters.pulumi.events import EventReader
from cloud_core.adapters.pulumi.identities import is_overwritten
from cloud_core.adapters.pulumi.reading import reason
from cloud_core.domain.errors import EngineCancelled, EngineLocked, StackFailed, StateRefused, TransientFailure
from cloud_core.domain.stopping import StopSignal

_CODE = re.compile(r"code: (-?\d+)")
_SUMMARY = "update failed"
_LOCK_OWNER = re.compile(r"created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)")
# The words of AWS, of the provider's HTTP client, and of botocore. A 501 never passes.
_PASSES = re.compile(
    r"Throttl|RequestLimitExceeded|TooManyRequests|Too Many Requests|Rate exceeded|SlowDown"
    r"|ProvisionedThroughputExceeded|RequestThrottled|RequestTimeout|ServiceUnavailable|Service Unavailable"
    r"|InternalFailure|InternalServerError|InternalServiceError|Internal Server Error"
    r"|(?:status ?code|StatusCode|HTTP)[:= ]*50[0234]\b"
    r"|[Cc]onnection (?:was )?(?:refused|reset|closed|aborted)|broken pipe|i/o timeout|TLS handshake timeout"
    r"|Could not connect to the endpoint|(?:Read|Connect) timeout on endpoint|unexpected EOF"
)
# The request was sent; whether it was carried out nobody knows.
_UNANSWERED = re.compile(
    r"Read timeout on endpoint|[Cc]onnection (?:was )?(?:reset|closed|aborted)|broken pipe|i/o timeout|unexpected EOF"
    r"|error reading from server"
)
_NEVER_SENT = re.compile(r"dial tcp|TLS handshake")
_PROVIDER_ENDED = re.compile(r"error reading from server|transport is closing")
_STDERR = re.compile(r"stderr: (.*)\Z", re.DOTALL)


@contextmanager
def translate_pulumi_errors(stack: str, reader: EventReader, stop: StopSignal) -> Iterator[None]:
    """Map every failure of an engine run to StackFailed or a subclass, with the failing resource and AWS's words."""
    try:
        yield
    except CommandError as error:
        resource = reader.failed_urn
        details = {"stack": stack, "resource": resource, "diagnostics": list(reader.diagnostics)}
        if isinstance(error, ConcurrentUpdateError):
            raise EngineLocked(
                f"stack {stack!r} is locked by another engine run",
                owners=_lock_owners(str(error)),
                suggestion="wait for the other run; 'cloud status' shows who holds the environment",
                **details,
            ) from None
        if stop.is_set:
            how = (
                "killed on request: what it was doing has to be repaired"
                if stop.at_once.is_set
                else "stopped on request"
            )
            raise EngineCancelled(f"stack {stack!r} was {how}{_afterword(reader)}", **details) from None
        passes = is_transient(reader.diagnostics) and not lost_creations(reader)
        kind = TransientFailure if passes else StackFailed
        raise kind(_describe(stack, reader, error), **details) from None


def is_transient(diagnostics: Sequence[str]) -> bool:
    """Whether every reason that was given is one that passes: nothing else may be tried again."""
    reasons = [text for text in diagnostics if not text.startswith(_SUMMARY)]
    return bool(reasons) and all(_PASSES.search(text) for text in reasons)


def lost_creations(reader: EventReader) -> list[StepEventMetadata]:
    """Resources that AWS may have made without anybody knowing: made again, there would be two of each. The
    engine keeps no creation that its provider calls failed."""
    lost = any(_UNANSWERED.search(text) and not _NEVER_SENT.search(text) for text in reader.diagnostics)
    return [step for step in reader.failed_creations if lost and not is_overwritten(step.type)]


def _afterword(reader: EventReader) -> str:
    if not lost_creations(reader):
        return ""
    if reader.keeps_lost_creations:
        return ". AWS may have made it all the same: it is looked for before anything is made again"
    return ". AWS may have made it, and the state can't be told so: look for it there, and delete it before you retry"


def _lock_owners(text: str) -> list[dict[str, object]]:
    """Who holds the engine's lock, as it writes them: `created by ann@host (pid 12) at 2026-01-02T03:04:05Z`."""
    return [
        {"user": user, "host": host, "pid": int(pid), "since": since}
        for user, host, pid, since in _LOCK_OWNER.findall(text)
    ]


@contextmanager
def refusing_state(stack: str) -> Iterator[None]:
    """It is not the stack that failed when the engine does not take a state."""
    try:
        yield
    except StackFailed as error:
        if type(error) is not StackFailed:
            raise
        said = error.message.removeprefix(f"stack {stack!r} failed: ")
        raise StateRefused(f"the engine refuses this state for stack {stack!r}: {said}", **error.context) from None


@contextmanager
def translate_read_errors(stack: str) -> Iterator[None]:
    """A state that the engine can't give becomes StateRefused with the engine's own reason."""
    try:
        yield
    except CommandError as error:
        raise StateRefused(
            f"the engine's state of stack {stack!r} can't be read: {_stderr(error)}",
            stack=stack,
            resource=None,
            diagnostics=[],
            suggestion="check the backend, and the passphrase or key that the state is encrypted with",
        ) from None


def _describe(stack: str, reader: EventReader, error: CommandError) -> str:
    """One readable text: the stack, the resource by type and name, and the reasons as the provider gave them."""
    reasons = [text for text in reader.diagnostics if not text.startswith(_SUMMARY)] or reader.diagnostics
    what = "; ".join(reasons) or "\n".join(filter(None, reader.printed)) or reader.redacted(_stderr(error))
    if _PROVIDER_ENDED.search(what):
        what = f"its provider ended in the middle, as when it is killed or the memory runs out: {what}"
    what = f"{what}{_afterword(reader)}"
    if reader.failed_urn is None:
        return f"stack {stack!r} failed: {what}"
    parts = reader.failed_urn.split("::")
    kind, name = parts[2].split("$")[-1], parts[-1]
    # Some providers begin with the resource themselves; once is enough.
    said = what.removeprefix(f'{kind} "{name}": ')
    return f"stack {stack!r} failed at {kind} {name!r}: {said}"


def _stderr(error: CommandError) -> str:
    match = _STDERR.search(str(error))
    code = _CODE.search(str(error))
    return reason(match.group(1).strip() if match else "", int(code.group(1)) if code else 1)
