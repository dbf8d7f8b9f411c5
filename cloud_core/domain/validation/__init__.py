"""Validation of a manifest: rules V1 to V24 as one table, findings, result, and what can be fixed by itself."""

from cloud_core.domain.validation.findings import CODES, Finding, Level, Severity, finding
from cloud_core.domain.validation.fixes import Fix, find_fixes
from cloud_core.domain.validation.result import (
    EnvironmentVerdict,
    ValidationResult,
    findings_of,
    invalid_manifest,
    split,
)
from cloud_core.domain.validation.rules import RULES, Rule
from cloud_core.domain.validation.structure import salvage
from cloud_core.domain.validation.subject import Catalogue, Subject
from cloud_core.domain.validation.validator import Scope, parse_manifest, validate_manifest

__all__ = [
    "CODES",
    "Catalogue",
    "EnvironmentVerdict",
    "Finding",
    "Fix",
    "Level",
    "RULES",
    "Rule",
    "Scope",
    "Severity",
    "Subject",
    "ValidationResult",
    "find_fixes",
    "finding",
    "findings_of",
    "invalid_manifest",
    "salvage",
    "parse_manifest",
    "split",
    "validate_manifest",
]
