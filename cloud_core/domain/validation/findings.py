"""What a validation finds: one table of codes, and the shape of a finding.

The table holds for each code its severity, the level at which it is looked for, and the way out; the way out may use
the finding's details in braces.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field


class Severity(StrEnum):
    """All but `warning` block."""

    CRITICAL = "critical"
    ERROR = "error"
    HIGH = "high"
    WARNING = "warning"


class Level(StrEnum):
    """Cumulative, in this order; `full` adds AWS and the engine."""

    SYNTAX = "syntax"
    SCHEMA = "schema"
    DEPENDENCIES = "dependencies"
    CONFIG = "config"
    FULL = "full"

    @property
    def rank(self) -> int:
        return list(Level).index(self)

    def includes(self, other: Level) -> bool:
        return other.rank <= self.rank


class Code(NamedTuple):
    severity: Severity
    level: Level
    remediation: str


_CRITICAL, _ERROR, _HIGH, _WARNING = Severity
_SYNTAX, _SCHEMA, _DEPENDENCIES, _CONFIG, _FULL = Level

CODES: Final[Mapping[str, Code]] = {
    "SYNTAX_ERROR": Code(_CRITICAL, _SYNTAX, "correct the YAML at that place"),
    "MISSING_MANIFEST": Code(_CRITICAL, _SYNTAX, "write Deployment_Manifest.yaml there, or restore it"),
    "SEVERAL_MANIFESTS": Code(_CRITICAL, _SYNTAX, "keep one manifest file and remove the others"),
    "MISSING_SECTION": Code(_CRITICAL, _SYNTAX, "add the section {section!r} as a map"),
    "REQUIRED_FIELD": Code(_CRITICAL, _SCHEMA, "add the field {field!r}; 'cloud validate --fix' adds some"),
    "INVALID_TYPE": Code(_CRITICAL, _SCHEMA, "write {expected}"),
    "INVALID_DEPLOYMENT_ID": Code(_CRITICAL, _SCHEMA, "use 'D' and six of A-Z or 0-9, equal to the folder's id"),
    "INVALID_NAME": Code(_CRITICAL, _SCHEMA, "use 1 to 100 printable characters"),
    "INVALID_DOMAIN": Code(_CRITICAL, _SCHEMA, "write a DNS name such as shop.example.com"),
    "IMMUTABLE_FIELD": Code(
        _CRITICAL, _SCHEMA, "restore the value {expected!r}, or make a new deployment with 'cloud init'"
    ),
    "INVALID_TEMPLATE": Code(_CRITICAL, _SCHEMA, "use one of the templates of 'cloud template-list'"),
    "INVALID_TIMESTAMP": Code(_CRITICAL, _SCHEMA, "write an ISO 8601 time with a zone, such as 2025-11-03T08:15:00Z"),
    "INVALID_ENVIRONMENT": Code(_CRITICAL, _SCHEMA, "use dev, stage and prod; dev is there and enabled"),
    "INVALID_ACCOUNT": Code(_CRITICAL, _SCHEMA, "write the account as 12 digits in quotes"),
    "INVALID_REGION": Code(_CRITICAL, _SCHEMA, "write the code of an AWS region, such as eu-west-1"),
    "INVALID_PRIORITY": Code(_CRITICAL, _SCHEMA, "use a number from 0 to 100; higher is earlier inside a layer"),
    "INVALID_STACK_NAME": Code(_CRITICAL, _SCHEMA, "use lower-case words of letters and digits, joined by dashes"),
    "INVALID_TEMPLATE_FIELD": Code(_CRITICAL, _SCHEMA, "correct {field!r} in the template"),
    "INVALID_TEMPLATE_VARIABLE": Code(
        _CRITICAL, _SCHEMA, "use a variable of docs/manifest.md; variables stand between (( and ))"
    ),
    "UNKNOWN_KEY": Code(_WARNING, _SCHEMA, "correct the key or remove it; it has no effect"),
    "SHARED_ACCOUNT": Code(_WARNING, _SCHEMA, "give prod an account of its own"),
    "TEMPLATE_STACK_MISSING": Code(
        _ERROR, _DEPENDENCIES, "add the stack {stack!r}, with 'enabled: false' if it is not wanted"
    ),
    "MISSING_DEPENDENCY": Code(
        _CRITICAL, _DEPENDENCIES, "add the stack {dependency!r}, or remove it from the dependencies of {stack!r}"
    ),
    "DISABLED_DEPENDENCY": Code(_CRITICAL, _DEPENDENCIES, "enable {dependency!r} there, or disable {stack!r}"),
    "CIRCULAR_DEPENDENCY": Code(_CRITICAL, _DEPENDENCIES, "remove a dependency or placeholder of the cycle"),
    "TEMPLATE_DEPENDENCY_MISMATCH": Code(
        _ERROR, _DEPENDENCIES, "write the stack template's list: [{expected}]; 'cloud validate --fix' adds missing ones"
    ),
    "UNKNOWN_STACK": Code(
        _CRITICAL, _DEPENDENCIES, "correct the name, or add templates/config/{stack}.yaml and stacks/{folder}/"
    ),
    "UNDECLARED_DEPENDENCY": Code(
        _WARNING,
        _DEPENDENCIES,
        "add {dependency!r} to the dependencies of {stack!r}, in its stack template and in the manifest; "
        "without that the order is kept all the same",
    ),
    "INVALID_PLACEHOLDER": Code(_HIGH, _CONFIG, "correct the placeholder"),
    "UNRESOLVABLE_PLACEHOLDER": Code(_HIGH, _CONFIG, "{way}, or write a value"),
    "MISSING_DOMAIN": Code(_HIGH, _CONFIG, "add 'domain' to 'deployment', or write a value"),
    "UNKNOWN_ENV_KEY": Code(_HIGH, _CONFIG, "add {key!r} to 'config' of every enabled environment"),
    "PLACEHOLDER_LOOP": Code(_HIGH, _CONFIG, "give one of the keys a value of its own"),
    "UNKNOWN_OUTPUT": Code(_HIGH, _CONFIG, "use one of the outputs of {dependency!r}"),
    "OUTPUT_TYPE_MISMATCH": Code(_HIGH, _CONFIG, "use an output of the type that is needed"),
    "MISSING_PARAMETER": Code(_HIGH, _CONFIG, "set {parameter!r} in the configuration of {stack!r}"),
    "TYPE_MISMATCH": Code(_HIGH, _CONFIG, "write a value of type {expected}"),
    "INVALID_VALUE": Code(_HIGH, _CONFIG, "correct the value of {parameter!r}, or leave it out if it has a default"),
    "SECRET_IN_CLEAR": Code(
        _HIGH, _CONFIG, "store the value in Secrets Manager and write '{{{{SECRET:<name>}}}}' in its place"
    ),
    "DNS_NAME_CONFLICT": Code(_HIGH, _CONFIG, "let one stack own the name: {ways}"),
    "UNKNOWN_PARAMETER": Code(_WARNING, _CONFIG, "correct the key or remove it: a program in Python refuses it"),
    "STACK_DISABLED": Code(_WARNING, _CONFIG, "enable the stack if it is wanted there"),
    "MISSING_DESCRIPTION": Code(_WARNING, _CONFIG, "say in a sentence what it is for"),
    "NO_DEPENDENCIES": Code(_WARNING, _CONFIG, "add its dependencies if it has any"),
    "AWS_CREDENTIALS": Code(_HIGH, _FULL, "check the credentials and the role for that account"),
    "AWS_UNREACHABLE": Code(_HIGH, _FULL, "check the network, or start the sandbox: 'cloud sandbox start'"),
    "AWS_ACCOUNT_MISMATCH": Code(_HIGH, _FULL, "use credentials of the account {expected}, or correct the manifest"),
    "AWS_PERMISSION_MISSING": Code(
        _HIGH, _FULL, "allow {actions} to {principal}, or run 'cloud validate --level config'"
    ),
    "AWS_PERMISSIONS_UNKNOWN": Code(
        _WARNING,
        _FULL,
        "check the policies of {principal}; to ask about them it needs iam:SimulatePrincipalPolicy and iam:GetRole",
    ),
    "PULUMI_MISSING": Code(_HIGH, _FULL, "install the engine: 'make setup'"),
    "PULUMI_UNREACHABLE": Code(_HIGH, _FULL, "check the engine's backend and login"),
}


class Finding(BaseModel):
    """One broken rule. `location` is `file:dotted.path`, or `file:line:column` for unreadable files."""

    model_config = ConfigDict(frozen=True)

    code: str
    severity: Severity
    level: Level
    message: str
    location: str
    remediation: str
    details: dict[str, Any] = Field(default_factory=dict)

    @property
    def is_warning(self) -> bool:
        return self.severity is Severity.WARNING

    def to_data(self) -> dict[str, Any]:
        """`{code, severity, message, details: {..., location}, remediation}`."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "details": {**self.details, "location": self.location},
            "remediation": self.remediation,
        }


def finding(code: str, location: str, message: str, /, **details: Any) -> Finding:
    """A finding whose severity, level and way out come from the table."""
    entry = CODES[code]
    return Finding(
        code=code,
        severity=entry.severity,
        level=entry.level,
        message=_printable(message),
        location=_printable(location),
        remediation=_printable(entry.remediation.format(**details)),
        details=details,
    )


def _printable(text: str) -> str:
    """Names are the user's: what a terminal would obey in them (`\x1b`) is shown as its escape."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
