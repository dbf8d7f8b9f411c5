"""Findings, codes and the shape of a result."""

from __future__ import annotations

import string

import pytest

from cloud_core.domain.errors import InvalidManifest
from cloud_core.domain.validation import (
    CODES,
    RULES,
    EnvironmentVerdict,
    Level,
    Severity,
    ValidationResult,
    finding,
    findings_of,
    invalid_manifest,
)


def test_levels_are_cumulative_in_their_order() -> None:
    assert [level.value for level in Level] == ["syntax", "schema", "dependencies", "config", "full"]
    assert Level.FULL.includes(Level.SYNTAX)
    assert Level.CONFIG.includes(Level.CONFIG)
    assert not Level.SCHEMA.includes(Level.CONFIG)


def test_every_numbered_rule_is_in_the_table_once_or_split() -> None:
    numbers = {rule.number for rule in RULES}
    assert numbers == {"+", *(f"V{number}" for number in range(4, 25))}


def test_the_ways_out_need_only_details_that_are_given() -> None:
    details = {
        "section",
        "field",
        "expected",
        "stack",
        "dependency",
        "folder",
        "key",
        "parameter",
        "actions",
        "principal",
        "way",
        "ways",
    }
    for code, entry in CODES.items():
        used = {name for _text, name, _format, _conversion in string.Formatter().parse(entry.remediation) if name}
        assert used <= details, code


def test_a_finding_as_data() -> None:
    item = finding("MISSING_DEPENDENCY", "m.yaml:stacks.a", "gone", stack="a", dependency="b")
    assert item.to_data() == {
        "code": "MISSING_DEPENDENCY",
        "severity": "critical",
        "message": "gone",
        "details": {"stack": "a", "dependency": "b", "location": "m.yaml:stacks.a"},
        "remediation": "add the stack 'b', or remove it from the dependencies of 'a'",
    }


def test_findings_travel_in_the_error_and_back() -> None:
    items = [
        finding("SYNTAX_ERROR", "m.yaml:3:1", "bad"),
        finding("UNKNOWN_ENV_KEY", "m.yaml:x", "none", key="k", environments=["dev"]),
    ]
    error = invalid_manifest(items)
    assert error.message == "the manifest is not valid: bad (m.yaml:3:1); none (m.yaml:x)"
    assert error.suggestion == "correct the YAML at that place"
    assert list(findings_of(error)) == items
    assert findings_of(InvalidManifest("no findings")) == ()


def test_equal_findings_of_several_environments_are_one() -> None:
    items = [finding("STACK_DISABLED", "m", "off", environments=[name]) for name in ("dev", "stage", "dev")]
    result = ValidationResult(level=Level.CONFIG).with_findings(
        [*items, finding("SYNTAX_ERROR", "m", "x")], strict=False
    )
    (warning,) = result.warnings
    assert warning.details == {"environments": ["dev", "stage"]}
    assert [error.code for error in result.errors] == ["SYNTAX_ERROR"]


def test_an_error_of_no_environment_spoils_all_verdicts_that_were_given() -> None:
    verdicts = tuple(
        EnvironmentVerdict(name=name, enabled=enabled, status=status)
        for name, enabled, status in (("dev", True, "valid"), ("prod", False, "disabled (not validated)"))
    )
    result = ValidationResult(level=Level.CONFIG, environments=verdicts)
    spoiled = result.with_findings([finding("INVALID_NAME", "m", "x")], strict=False)
    assert [item.status for item in spoiled.environments] == ["invalid", "disabled (not validated)"]


@pytest.mark.parametrize(
    ("codes", "only_access"),
    [([], False), (["AWS_CREDENTIALS", "PULUMI_MISSING"], True), (["AWS_CREDENTIALS", "INVALID_NAME"], False)],
)
def test_whether_only_access_failed(codes: list[str], only_access: bool) -> None:
    errors = tuple(finding(code, "m", "x") for code in codes)
    assert ValidationResult(level=Level.FULL, errors=errors).only_access_failed is only_access


def test_an_invalid_result_raises_and_a_valid_one_does_not() -> None:
    ValidationResult(level=Level.FULL, warnings=(finding("STACK_DISABLED", "m", "x"),)).raise_if_invalid()
    with pytest.raises(InvalidManifest):
        ValidationResult(level=Level.FULL, errors=(finding("INVALID_NAME", "m", "x"),)).raise_if_invalid()


def test_warnings_of_a_strict_result_have_severity_error() -> None:
    warning = finding("STACK_DISABLED", "m", "x")
    assert warning.is_warning
    (error,) = ValidationResult(level=Level.CONFIG).with_findings([warning], strict=True).errors
    assert error.severity is Severity.ERROR
