"""Answers about templates, the sandbox and the tool itself."""

from __future__ import annotations

from typing import Any, Literal

from cloud_core.answers.parts import Answer, Seconds, Timestamp


class ServedApi(Answer):
    """Where the REST API listens, or would."""

    url: str
    api_url: str


class Table(Answer):
    """One table; `differences` are sentences about what is not as defined. `items` is AWS's own, older count."""

    name: str
    exists: bool
    usable: bool
    status: str | None
    items: int | None
    indexes: dict[str, str]
    ttl_attribute: str | None
    billing_mode: str | None
    recoverable: bool | None
    differences: list[str]


class Tables(Answer):
    """The tables of the records; `ready` when the records can work with all of them."""

    prefix: str
    ready: bool
    tables: list[Table]


class TablesCreated(Answer):
    """The names of those that were made, or, in a rehearsal, that would be."""

    created: list[str]
    would_create: list[str]


class TablesDeleted(Answer):
    """The names of those that were deleted, or, in a rehearsal, that would be."""

    deleted: list[str]
    would_delete: list[str]


class LoggedIn(Answer):
    """Who is logged in at which API; `expires_at` is when the token ends, null when nobody has logged in yet."""

    user: str
    api_url: str
    expires_at: Timestamp | None


class LoggedOut(Answer):
    """False when nobody was logged in, or nothing was changed."""

    api_url: str
    logged_out: bool


class SandboxAddresses(Answer):
    """Where its parts listen."""

    state: Literal["running"]
    aws_endpoint: str
    records_endpoint: str
    prefect_api: str
    prefect_ui: str
    api_url: str | None
    state_dir: str


class SandboxStopped(Answer):
    """False when it was not running."""

    stopped: bool


class SandboxEnded(Answer):
    """It is stopped and its state is deleted."""

    state: Literal["stopped"]


class SandboxOutlook(Answer):
    """How it is, and what would become of it."""

    state: str
    state_dir: str
    would_be: Literal["running", "stopped"]


class SandboxProcess(Answer):
    """A process of the sandbox, and its log file."""

    name: str
    pid: int
    alive: bool
    log: str


class SandboxStatus(Answer):
    """Addresses are null while it does not run; `way_out` is the command that helps."""

    state: str
    aws_endpoint: str | None
    records_endpoint: str | None
    prefect_api: str | None
    prefect_ui: str | None
    api_url: str | None
    state_dir: str
    processes: list[SandboxProcess]
    way_out: str | None


class HealthCheck(Answer):
    """One part; `suggestion` is the way out."""

    name: str
    status: Literal["ok", "warning", "failed"]
    message: str
    suggestion: str | None


class Health(Answer):
    """Whether everything needed is there."""

    status: Literal["healthy", "degraded", "unhealthy"]
    version: str
    timestamp: Timestamp
    services: dict[str, str]
    checks: list[HealthCheck]


class MigrationChange(Answer):
    """A file; `target` is where it goes."""

    path: str
    target: str
    reasons: list[str]
    diff: list[str]


class Migration(Answer):
    """`applied` says whether it was done; `backup` keeps what was changed."""

    changes: list[MigrationChange]
    problems: list[str]
    applied: bool
    backup: str | None


class Versions(Answer):
    """`architecture` is that of the deployment format; `pulumi` is null when no engine is found."""

    cli: str
    pulumi: str | None
    python: str
    platform: str
    architecture: str


class ControlPlane(Answer):
    """The control plane as it is, or, in a rehearsal, would become. `settings` are the variables that lead to it;
    `changes` are resources by what was, or would be, done to them."""

    name: str
    prefix: str
    region: str
    deployed: bool
    resources: int
    changes: dict[str, int]
    outputs: dict[str, Any]
    settings: dict[str, str]
    duration_seconds: Seconds
