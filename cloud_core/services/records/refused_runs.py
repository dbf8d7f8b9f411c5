"""Flow runs that may not do anything: written into the deployment's log, where those look who wonder why."""

from __future__ import annotations

import secrets

from cloud_core.domain.clock import timestamp
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import LogRepository


def log_refusal(
    logs: LogRepository, clock: Clock, deployment_id: str, environment: EnvironmentName, message: str, started_by: str
) -> None:
    """A warning that no operation's events would tell."""
    logs.create(
        LogEntry(
            log_id=secrets.token_hex(8),
            deployment_id=deployment_id,
            timestamp=timestamp(clock.now()),
            log_level=LogLevel.WARN,
            message=message,
            environment=environment,
            details={"started_by": started_by},
        )
    )
