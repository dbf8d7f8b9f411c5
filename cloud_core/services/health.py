"""Whether everything that a deployment needs is there: each part asked once, none of them changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError, InvalidInput
from cloud_core.ports.aws import CallerIdentity
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import EngineInfo
from cloud_core.services.templates.service import TemplateService


class CheckStatus(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Parts:
    """What is asked. Each may raise CloudError; `sandbox` is None in the real profile, `api` where its address is not
    known."""

    engine: Callable[[], EngineInfo]
    sandbox: Callable[[], list[str]] | None
    tables: Callable[[], int]
    flows: Callable[[], str]
    identity: Callable[[], CallerIdentity]
    templates: TemplateService
    programs: Callable[[], list[str]]
    api: Callable[[], str] | None = None


@dataclass(frozen=True)
class Check:
    """What came out; `suggestion` is the way out of a failure, when there is one besides the message."""

    name: str
    status: CheckStatus
    message: str
    suggestion: str | None = None

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "status": self.status.value,
            "message": self.message,
            "suggestion": self.suggestion,
        }


@dataclass(frozen=True)
class HealthReport:
    """`status` is healthy, degraded (something optional is wrong) or unhealthy."""

    version: str
    timestamp: str
    checks: tuple[Check, ...]

    @property
    def status(self) -> str:
        statuses = {check.status for check in self.checks}
        if CheckStatus.FAILED in statuses:
            return "unhealthy"
        return "degraded" if CheckStatus.WARNING in statuses else "healthy"

    def to_data(self) -> dict[str, Any]:
        by_name = {check.name: check.status.value for check in self.checks}
        return {
            "status": self.status,
            "version": self.version,
            "timestamp": self.timestamp,
            "services": {service: by_name[name] for service, name in _SERVICES.items() if name in by_name},
            "checks": [check.to_data() for check in self.checks],
        }


class HealthService:
    """The checks by name, in the order in which they depend on each other."""

    def __init__(self, parts: Parts, version: str, clock: Clock) -> None:
        self._version = version
        self._clock = clock
        probes: dict[str, Callable[[], tuple[CheckStatus, str]]] = {
            "engine": lambda: _engine(parts.engine()),
            "stacks": lambda: _stacks(parts),
            "templates": lambda: _templates(parts.templates),
            "records": lambda: _ok(f"all {parts.tables()} tables are there"),
            "flows": lambda: _ok(f"Prefect {parts.flows()}, the flows are registered"),
            "aws": lambda: _identity(parts.identity()),
        }
        if (sandbox := parts.sandbox) is not None:
            probes = {"sandbox": lambda: _sandbox(sandbox()), **probes}
        if (api := parts.api) is not None:
            probes["api"] = lambda: _ok(api())
        self._probes = probes

    def run(self, names: tuple[str, ...] = (), but_for: str | None = None) -> HealthReport:
        """These checks, or all, but for one; InvalidInput for a name that there is not."""
        if unknown := sorted(set(names) - self._probes.keys()):
            raise InvalidInput(
                f"there is no check {unknown[0]!r}: there are {', '.join(self._probes)}",
                field="check",
                value=unknown[0],
            )
        chosen = names or tuple(self._probes)
        checks = tuple(self._check(name) for name in self._probes if name in chosen and name != but_for)
        return HealthReport(self._version, timestamp(self._clock.now()), checks)

    def _check(self, name: str) -> Check:
        try:
            status, message = self._probes[name]()
        except CloudError as error:
            return Check(name, CheckStatus.FAILED, error.message, error.suggestion)
        return Check(name, status, message)


_SERVICES: Final[Mapping[str, str]] = {
    "database": "records",
    "pulumi": "engine",
    "aws": "aws",
    "flows": "flows",
    "api": "api",
}
"""The names that clients of the API know, and the check that stands for each."""


def _ok(message: str) -> tuple[CheckStatus, str]:
    return CheckStatus.OK, message


def _engine(found: EngineInfo) -> tuple[CheckStatus, str]:
    return _ok(f"Pulumi {found.version} at {found.path} (found by: {found.source})")


def _sandbox(processes: list[str]) -> tuple[CheckStatus, str]:
    return _ok(f"{len(processes)} processes are alive: {', '.join(processes)}")


def _identity(caller: CallerIdentity) -> tuple[CheckStatus, str]:
    return _ok(f"account {caller.account} as {caller.arn}")


def _templates(templates: TemplateService) -> tuple[CheckStatus, str]:
    found = templates.list()
    if broken := [f"{one.name}: {one.problem}" for one in found if one.problem]:
        return CheckStatus.WARNING, f"{len(broken)} of {len(found)} can't be used: {'; '.join(broken)}"
    return _ok(f"{len(found)} found: {', '.join(one.name for one in found)}")


def _stacks(parts: Parts) -> tuple[CheckStatus, str]:
    """Every stack template needs a program, and the other way round."""
    programs, described = set(parts.programs()), set(parts.templates.stack_templates())
    problems = [f"{name} has no program" for name in sorted(described - programs)]
    problems += [f"{name} has no stack template" for name in sorted(programs - described)]
    if problems:
        return CheckStatus.WARNING, f"{len(programs)} programs found; {'; '.join(problems)}"
    return _ok(f"{len(programs)} programs found, each with its stack template")
