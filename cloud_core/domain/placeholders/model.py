"""One placeholder as it was written, told apart by kind; and what is wrong with a malformed one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PlaceholderKind(StrEnum):
    ENV = "env"
    STACK_OUTPUT = "stack_output"
    AWS = "aws"
    SECRET = "secret"
    SSM = "ssm"
    CALCULATE = "calculate"
    OS_ENV = "os_env"
    DEPLOYMENT = "deployment"


class AwsQuery(StrEnum):
    """`Placeholder.key` of kind AWS, with its arguments in order."""

    HOSTED_ZONE = "hostedZone"  # domain
    CERTIFICATE = "certificate"  # domain
    LATEST_IMAGE = "latestImage"  # alias, architecture, and a region when one was written
    AVAILABILITY_ZONES = "availabilityZones"  # a region when one was written
    DEFAULT_VPC = "defaultVpc"  # none
    RESOURCE_BY_TAG = "resourceByTag"  # `vpc` or `subnet`, tag key, tag value


class Calculation(StrEnum):
    """`Placeholder.key` of kind CALCULATE, with its arguments in order."""

    SUBNETS = "subnets"  # CIDR, prefix length, count
    TIMESTAMP = "timestamp"  # none; ISO 8601
    PASSWORD = "password"  # length
    UUID = "uuid"  # none


@dataclass(frozen=True)
class Placeholder:
    """A well-formed placeholder.

    `text` is as written, braces included. `path` is where it stands in the searched value, such as
    `subnets[0].name`. `is_whole` says that the string holds nothing else, so that the value keeps its type.
    `stack` and `output` are set for STACK_OUTPUT alone. `key` is the ENV key, the secret's name, the parameter's
    path, the variable's name, the deployment's field, or an AwsQuery or Calculation, whose arguments follow.
    """

    text: str
    kind: PlaceholderKind
    stack: str | None = None
    output: str | None = None
    key: str | None = None
    arguments: tuple[str, ...] = ()
    path: str = ""
    is_whole: bool = False


@dataclass(frozen=True)
class PlaceholderProblem:
    """A malformed placeholder: as written, where, and the rule that it breaks with the way out."""

    text: str
    path: str
    reason: str


class MalformedPlaceholder(Exception):
    """Raised inside this package only; its text is the reason."""
