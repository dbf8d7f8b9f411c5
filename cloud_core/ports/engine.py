"""Port to the infrastructure engine: one stack, one run, typed events and a truthful result."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import ProcessIdentity
from cloud_core.domain.stack_contract import ProgramInputs
from cloud_core.domain.steps import Step
from cloud_core.domain.stopping import StopSignal
from cloud_core.domain.values import Value

InlineProgram = Callable[[], None]


@dataclass(frozen=True)
class ProgramFolder:
    """A program that the engine runs itself, through the host of the language that its `Pulumi.yaml` names as its
    runtime. `config` is what it finds under its project's name."""

    folder: Path
    runtime: str
    config: Mapping[str, Value]


Program = InlineProgram | ProgramFolder


@dataclass(frozen=True)
class StackTarget:
    """Which stack in the engine's backend, and the AWS account and region that it works in."""

    deployment_id: str
    stack: str
    environment: EnvironmentName
    organization: str
    project: str
    region: str
    account: str
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StackRun:
    """One engine run. `redact` lists clear texts of secrets that must not show in messages of this run;
    `expected_resources` is how many the record knows, so that a state that can't be found is not taken for an empty
    one; `refresh` has `up` and `preview` read AWS first, so that they put right what was changed behind the state's
    back."""

    target: StackTarget
    operation_id: str
    program: Program
    on_processes: Callable[[list[ProcessIdentity]], None]
    stop: StopSignal
    redact: frozenset[str] = frozenset()
    expected_resources: int = 0
    refresh: bool = False


class ResourceAction(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    SAME = "same"
    READ = "read"
    REFRESH = "refresh"


@dataclass(frozen=True)
class ResourceEvent:
    """Progress of one resource. `phase` is `started`, `done` or `failed`."""

    action: ResourceAction
    phase: str
    urn: str
    type: str
    name: str
    resource_id: str | None = None
    seconds: float | None = None
    message: str | None = None


@dataclass(frozen=True)
class EngineResource:
    """A resource in the stack's state after a run. `id` is its provider's name for it; a component has none."""

    urn: str
    type: str
    name: str
    id: str | None = None


@dataclass(frozen=True)
class EngineResult:
    """How a run that succeeded ended: outputs (secrets wrapped), counts per action, resources in the state.

    `steps` are what a preview would do, or in what a comparison or a refresh found AWS to differ: `before` is the
    state's value then, `after` that of AWS, and a `delete` is a resource that is gone. Unchanged resources have none.
    """

    outputs: dict[str, Value]
    changes: dict[str, int]
    resources: list[EngineResource]
    engine_seconds: float
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class EngineInfo:
    """The engine that would be used: where it lies, its version, and where it was found."""

    path: Path
    version: str
    source: str


OnResource = Callable[[ResourceEvent], None]

CREATING: Final = "creating"
"""The kind of a change whose resource may be in AWS although no state knows it."""
LOOKED_UP: Final = "looking up"
"""The kind of a creation whose answer was lost, and of a repair that was itself interrupted."""
BEGUN: Final = frozenset({CREATING, LOOKED_UP})
"""Kinds of which nobody knows whether AWS has the resource."""


@dataclass(frozen=True)
class PendingChange:
    """A change that an interrupted run began and never ended; `kind` in the engine's word, such as `creating`.

    `identity` is the id under which AWS has the resource if it was made, None when that can't be told; one that
    `is_overwritten` can be made again without leaving a second one.
    """

    kind: str
    urn: str
    type: str
    name: str
    identity: str | None = None
    is_overwritten: bool = False


class Found(StrEnum):
    """What became of a resource that was looked up in AWS."""

    OURS = "ours"
    """It is there with the stack's tags: the state has it now."""
    ABSENT = "absent"
    UNPROVEN = "unproven"
    """Something of that id is there, without the stack's tags."""


class EngineProbe(Protocol):
    """Whether an engine could run anything."""

    def probe(self) -> EngineInfo:
        """Find the engine; EngineMissing says every place that was tried."""

    def check_backend(self) -> str:
        """Log in to the backend of the engine's state; who we are there. Unavailable with the engine's own words."""


class StackEngine(EngineProbe, Protocol):
    """Runs stacks. Every method raises StackFailed (or a subclass) with the failing resource and AWS's words;
    EngineCancelled when a stop was asked for; EngineMissing without an engine."""

    def up(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        """EngineLocked when another run has the stack's lock. Whoever can't know how the last run ended looks for
        `pending` changes first: the engine goes on over them."""

    def destroy(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        """Delete every resource and the stack's own state entry; resources left are a StackFailed.

        ProtectedResources, before anything is deleted, when one of them is protected. As for the rest as `up`.
        """

    def preview(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        """Outputs that are not known yet are UNKNOWN; nothing is changed."""

    def preview_destroy(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        """What `destroy` would delete; nothing is changed."""

    def protected(self, target: StackTarget) -> list[str]:
        """URNs of the resources in the stack's state that no destroy may delete; [] when it has no state."""

    def compare(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        """Read every resource of the state in AWS; neither is changed.

        The counts tell what AWS has otherwise: `same`, `update` for one that differs, `delete` for one that is gone.
        """

    def pending(self, target: StackTarget) -> list[PendingChange]:
        """What an interrupted run left unclear; [] when nothing, or when the stack has no state."""

    def repair(
        self, run: StackRun, adopt: Mapping[str, str], certain: Collection[str], on_resource: OnResource
    ) -> dict[str, Found]:
        """Clear every pending change, and read every resource of the state anew from AWS.

        `adopt` maps URNs of pending creations to ids that are looked up: what is found becomes part of the state if it
        has the stack's tags, or if its URN is among the `certain` ones. Other pending creations are forgotten. Returns
        what was found of each in `adopt`.
        """

    def unlock(self, target: StackTarget) -> None:
        """Remove the engine's own locks of the stack, whoever has them: only when they are proven dead."""

    def refresh(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        """Read every resource of the state in AWS, and make the state say so; AWS is not changed.

        Counts and steps as of `compare`. Outputs stay what the program last gave.
        """

    def outputs(self, target: StackTarget) -> dict[str, Value]:
        """Outputs of the stack as deployed, secrets wrapped; {} when it has no state."""

    def export_state(self, target: StackTarget, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's state, as `domain.engine_state` tells; {} when it has none. Secrets stay encrypted unless they
        are asked for."""

    def import_state(self, run: StackRun, state: Mapping[str, Any], force: bool = False) -> None:
        """Make this the stack's state; what the engine refuses (StackFailed) leaves the state as it was, and makes no
        stack. With `force` the engine takes resources of other stacks, and states that contradict themselves."""


class ProgramNames(Protocol):
    """Which stack programs exist: ours and the workspace's own. Told without loading any of them."""

    def names(self) -> list[str]: ...

    def origin(self, stack: str) -> str:
        """`product` or `workspace`; StackNotFound when there is no such program."""

    def folder(self, stack: str) -> Path:
        """Where the program's files lie; StackNotFound when there is no such program."""


class ProgramFiles(ProgramNames, Protocol):
    """What the programs are made of. Told without loading any of them, too."""

    def digest(self, stack: str) -> str:
        """Content digest of the program's files, and of what programs share."""

    def plugins(self) -> Mapping[str, str]:
        """Versions of the engine's packages that programs are written with, by name: they pin its plugins."""


class StackPrograms(ProgramFiles, Protocol):
    """The programs themselves."""

    def inputs_of(self, stack: str) -> ProgramInputs | None:
        """What the program takes; it is imported for that. None for one in another language, which does not tell.
        Raises as `load`, but for the inputs."""

    def load(self, stack: str, inputs: Mapping[str, Any], context: StackTarget) -> Program:
        """The program over these inputs; InvalidStackInput names the input that breaks a rule, or that a program of
        another language can't be given."""
