"""The result of a validation: errors, warnings, and how each environment fared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from cloud_core.domain.errors import InvalidManifest
from cloud_core.domain.validation.findings import CODES, Finding, Level, Severity

DISABLED: Final = "disabled (not validated)"
NOT_CHOSEN: Final = "not validated"
_ACCESS_PREFIXES: Final = ("AWS_", "PULUMI_")


class EnvironmentVerdict(BaseModel):
    """`status` is `valid`, `invalid`, `disabled (not validated)` or `not validated` (another one was asked for)."""

    model_config = ConfigDict(frozen=True)

    name: str
    enabled: bool
    status: str


class ValidationResult(BaseModel):
    """All findings, errors first as the rules stand in their table."""

    model_config = ConfigDict(frozen=True)

    level: Level
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    total_stacks: int = 0
    enabled_stacks: int = 0
    environments: tuple[EnvironmentVerdict, ...] = ()
    dependency_layers: int = 0

    @property
    def valid(self) -> bool:
        return not self.errors

    @property
    def only_access_failed(self) -> bool:
        """The manifest is fine, but AWS or the engine is not (exit 6 at the command line)."""
        return bool(self.errors) and all(error.code.startswith(_ACCESS_PREFIXES) for error in self.errors)

    def with_findings(self, more: Iterable[Finding], strict: bool) -> ValidationResult:
        """The result with more findings; environments named by an error turn invalid."""
        errors, warnings = split([*self.errors, *self.warnings, *more], strict)
        environments = tuple(_verdict(verdict, errors) for verdict in self.environments)
        return self.model_copy(update={"errors": errors, "warnings": warnings, "environments": environments})

    def raise_if_invalid(self) -> None:
        """InvalidManifest with every error as data; its message shows the first ones."""
        if not self.valid:
            raise invalid_manifest(self.errors)

    def to_data(self) -> dict[str, Any]:
        """`{valid, level, errors, warnings, info: {totalStacks, enabledStacks, environments, dependencyLayers}}`."""
        return {
            "valid": self.valid,
            "level": self.level.value,
            "errors": [error.to_data() for error in self.errors],
            "warnings": [warning.to_data() for warning in self.warnings],
            "info": {
                "totalStacks": self.total_stacks,
                "enabledStacks": self.enabled_stacks,
                "environments": [verdict.model_dump() for verdict in self.environments],
                "dependencyLayers": self.dependency_layers,
            },
        }


def invalid_manifest(errors: Iterable[Finding]) -> InvalidManifest:
    """The error that carries these findings; the message names each with its place."""
    found = list(errors)
    lines = [f"{error.message} ({error.location})" for error in found]
    return InvalidManifest(
        "the manifest is not valid: " + "; ".join(lines),
        findings=[error.to_data() for error in found],
        suggestion=found[0].remediation,
    )


def findings_of(error: InvalidManifest) -> tuple[Finding, ...]:
    """The findings that an unreadable manifest's error carries."""
    return tuple(_restore(item) for item in error.context.get("findings", ()))


def split(findings: Iterable[Finding], strict: bool) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Errors and warnings; `strict` turns warnings into errors. Equal findings of several environments are merged."""
    errors: list[Finding] = []
    warnings: list[Finding] = []
    for found in merge_environments(findings):
        if found.is_warning and strict:
            errors.append(found.model_copy(update={"severity": Severity.ERROR}))
        else:
            (warnings if found.is_warning else errors).append(found)
    return tuple(errors), tuple(warnings)


def merge_environments(findings: Iterable[Finding]) -> list[Finding]:
    """One finding per code, place and message; `details.environments` lists where it holds."""
    merged: dict[tuple[str, str, str], Finding] = {}
    for found in findings:
        key = (found.code, found.location, found.message)
        before = merged.get(key)
        environments = [*_environments(before), *_environments(found)]
        details = dict(found.details)
        if environments:
            details["environments"] = list(dict.fromkeys(environments))
        merged[key] = found.model_copy(update={"details": details})
    return list(merged.values())


def _environments(found: Finding | None) -> list[str]:
    return list(found.details.get("environments", ())) if found else []


def _verdict(verdict: EnvironmentVerdict, errors: tuple[Finding, ...]) -> EnvironmentVerdict:
    hit = any(verdict.name in _environments(error) or not _environments(error) for error in errors)
    return verdict.model_copy(update={"status": "invalid"}) if hit and verdict.status == "valid" else verdict


def _restore(item: Mapping[str, Any]) -> Finding:
    details = dict(item["details"])
    location = details.pop("location")
    return Finding(**{**item, "details": details, "location": location, "level": CODES[item["code"]].level})
