"""Answers about stacks: their states, their graph, their contracts."""

from __future__ import annotations

from typing import Any, Literal

from cloud_core.answers.parts import Answer, Count, Place, Seconds, Timestamp, Values
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import StackStatus


class _OneStack(Place):
    stack_name: str


class EngineState(Answer):
    """As the engine exports it."""

    version: Literal[3]
    deployment: dict[str, Any]


class ExportedState(_OneStack):
    """The engine's state of a stack."""

    exported_at: Timestamp
    state: EngineState


class StackEdges(Answer):
    """What a stack waits for; it goes on without soft dependencies."""

    hard: list[str]
    soft: list[str]


class StackDescription(Answer):
    """The configuration before placeholders are filled in; outputs are masked."""

    manifest_version: Count
    configuration: Values
    dependencies: StackEdges
    outputs: Values


class ExportedDescription(_OneStack):
    """What a stack is made from, and what it gave."""

    exported_at: Timestamp
    description: StackDescription


class ExportedFile(_OneStack):
    """What was written, or would be."""

    exported_at: Timestamp
    kind: Literal["state", "description"]
    path: str
    resource_count: Count | None


class Imported(_OneStack):
    """`forgotten` are URNs that the state before had: these resources live on in AWS. `backup` is where it is kept."""

    resource_count: Count
    resources_before: Count
    forgotten: list[str]
    backup: str | None
    imported: bool


class GraphStack(Answer):
    """A node with the edges to what it waits for; null where nobody asked how it stands."""

    name: str
    layer: Count
    dependencies: list[str]
    soft_dependencies: list[str]
    status: StackStatus | None
    enabled: bool | None
    resource_count: Count | None


class Graph(Place):
    """Layer by layer; `path` is the file that was drawn."""

    layers: list[list[str]]
    stacks: list[GraphStack]
    path: str | None = None


class StackInput(Answer):
    """What a stack takes."""

    type: str
    format: str | None
    required: bool
    secret: bool
    default: Any
    description: str


class StackOutput(Answer):
    """What a stack gives."""

    type: str
    optional: bool
    secret: bool
    description: str


class StackContract(Answer):
    """A stack as its template describes it; `problem` tells why it can't be used."""

    name: str
    origin: Literal["product", "workspace"]
    description: str
    version: str
    priority: float
    dependencies: list[str]
    soft_dependencies: list[str]
    folder: str | None
    inputs: dict[str, StackInput]
    outputs: dict[str, StackOutput]
    problem: str | None


class StackContracts(Answer):
    """By name."""

    stacks: list[StackContract]
    total: Count


class StackBuild(Answer):
    """`failed_step` is null when all is well."""

    stack: str
    status: Literal["passed", "failed"]
    failed_step: str | None
    problems: list[str]
    resources: Count
    outputs: Count
    seconds: Seconds


class StackBuilds(Answer):
    """Every stack that was asked for."""

    environment: EnvironmentName
    total: Count
    passed: Count
    failed: Count
    duration_seconds: Seconds
    stacks: list[StackBuild]
