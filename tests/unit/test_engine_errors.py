"""Which failures of the engine pass, told from the words of AWS and of the way there; and who holds its lock."""

from __future__ import annotations

import pytest
from pulumi.automation._cmd import CommandResult
from pulumi.automation.errors import create_command_error
from pulumi.automation.events import OpType, StepEventMetadata

from cloud_core.adapters.pulumi.errors import is_transient, translate_pulumi_errors
from cloud_core.adapters.pulumi.events import EventReader
from cloud_core.domain.errors import EngineCancelled, EngineLocked, StackFailed, TransientFailure
from cloud_core.domain.stopping import StopSignal

LOCKED = """error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete
 the lock file with `pulumi cancel`.
  file:///a/.pulumi/locks/x.json: created by root@vm-1 (pid 4242) at 2026-11-26T22:10:00Z
  file:///a/.pulumi/locks/y.json: created by ann@vm-2 (pid 17) at 2026-11-26T22:11:00+01:00
"""
SUMMARY = "update failed"


@pytest.mark.parametrize(
    "said",
    [
        "creating log group: operation error CloudWatch Logs: CreateLogGroup, https response error StatusCode: 400, "
        "ThrottlingException: Rate exceeded",
        "An error occurred (RequestLimitExceeded) when calling the DescribeVpcs operation: Request limit exceeded.",
        "api error ServiceUnavailable: please try again",
        "https response error StatusCode: 503, RequestID: 1",
        "dial tcp 10.0.0.1:443: connect: connection refused",
        "read tcp 10.0.0.1:443: read: connection reset by peer",
        "Could not connect to the endpoint URL: http://127.0.0.1:5000/",
        "Connection was closed before we received a valid response",
        "Read timeout on endpoint URL: http://127.0.0.1:5000/",
        "net/http: TLS handshake timeout",
    ],
)
def test_what_passes(said: str) -> None:
    assert is_transient([said, SUMMARY])


@pytest.mark.parametrize(
    "reasons",
    [
        [],
        [SUMMARY],
        ["AccessDenied: not authorized"],
        ["BucketAlreadyExists: the name is taken"],
        ["https response error StatusCode: 501, NotImplemented"],
        ["InvalidParameterValue: 5000 is not a port"],
        ["ThrottlingException: Rate exceeded", "AccessDenied: not authorized"],
    ],
)
def test_what_does_not(reasons: list[str]) -> None:
    assert not is_transient(reasons)


def fail(
    stderr: str, *reasons: str, creating: str | None = None, kept: bool = False, stop: StopSignal | None = None
) -> None:
    """`creating` is the type of a resource whose creation failed; `kept` says that the state knows of it."""
    reader = EventReader(lambda event: None)
    reader.keeps_lost_creations = kept
    reader.diagnostics.extend(reasons)
    if creating is not None:
        reader.failed_urn = f"urn:pulumi:dev::shop::{creating}::mine"
        reader.failed_creations.append(StepEventMetadata(OpType.CREATE, reader.failed_urn, creating, "aws"))
    with translate_pulumi_errors("network", reader, stop or StopSignal()):
        raise create_command_error(CommandResult("", stderr, 255))


def test_each_becomes_an_error_of_its_own() -> None:
    with pytest.raises(TransientFailure, match="Rate exceeded"):
        fail("", "Throttling: Rate exceeded")
    with pytest.raises(StackFailed) as caught:
        fail("", "AccessDenied")
    assert not caught.value.retryable


def test_a_lock_tells_all_its_owners() -> None:
    with pytest.raises(EngineLocked) as caught:
        fail(LOCKED)
    assert [(one["user"], one["host"], one["pid"]) for one in caught.value.context["owners"]] == [
        ("root", "vm-1", 4242),
        ("ann", "vm-2", 17),
    ]


LOST = [
    "ReadTimeoutError: Read timeout on endpoint URL: http://127.0.0.1:5000/ (create_vpc)",
    "Connection was closed before we received a valid response",
    'Post "https://ec2.amazonaws.com/": read tcp 10.0.0.7:50000->10.0.0.1:443: read: connection reset by peer',
    "write tcp 10.0.0.7:50000->10.0.0.1:443: write: broken pipe",
]


@pytest.mark.parametrize("said", LOST)
def test_a_creation_whose_answer_was_lost_is_not_made_twice(said: str) -> None:
    """Another VPC would be made, and nobody would know of the first one."""
    with pytest.raises(StackFailed, match="AWS may have made it") as caught:
        fail("", said, SUMMARY, creating="aws:ec2/vpc:Vpc")
    assert not isinstance(caught.value, TransientFailure)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("kept", "way_out"),
    [(True, "it is looked for before anything is made again"), (False, "delete it before you retry")],
)
@pytest.mark.parametrize("stopped", [False, True])
def test_who_looks_for_a_lost_creation_is_told(kept: bool, way_out: str, stopped: bool) -> None:
    """The next run does when the state knows of it, else a person; also when the run was to stop."""
    stop = StopSignal()
    if stopped:
        stop.request()
    with pytest.raises(EngineCancelled if stopped else StackFailed, match=way_out):
        fail("", LOST[0], creating="aws:ec2/vpc:Vpc", kept=kept, stop=stop)


@pytest.mark.parametrize("said", LOST)
def test_a_change_whose_answer_was_lost_is_made_again(said: str) -> None:
    with pytest.raises(TransientFailure):
        fail("", said, SUMMARY)
    with pytest.raises(TransientFailure):
        fail("", said, SUMMARY, creating="aws:s3/bucketPolicy:BucketPolicy")


@pytest.mark.parametrize(
    "said",
    ["Throttling: Rate exceeded", "dial tcp 10.0.0.1:443: i/o timeout", "dial tcp 10.0.0.1:443: connection refused"],
)
def test_a_creation_that_never_arrived_is_tried_again(said: str) -> None:
    with pytest.raises(TransientFailure):
        fail("", said, SUMMARY, creating="aws:ec2/vpc:Vpc")


@pytest.mark.parametrize("how", ["EOF", "connection reset by peer", "read tcp 127.0.0.1:1->127.0.0.1:2: use of closed"])
def test_a_provider_that_ended_is_told_as_such(how: str) -> None:
    """As when the memory runs out."""
    with pytest.raises(StackFailed, match=r"Vpc 'mine': its provider ended in the middle.*AWS may have made it"):
        fail("", f"error reading from server: {how}", creating="aws:ec2/vpc:Vpc")
