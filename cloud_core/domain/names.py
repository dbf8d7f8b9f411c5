"""Names and identifiers: deployments, environments, stacks, folders and the engine's stack names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final

from cloud_core.domain.errors import InvalidInput

DEPLOYMENT_ID: Final = re.compile(r"D[A-Z0-9]{6}")
STACK_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
OPERATION_ID: Final = re.compile(r"op-[a-z0-9]{1,32}")
ACCOUNT: Final = re.compile(r"[0-9]{12}")
REGION: Final = re.compile(r"[a-z]{2}-[a-z]+-[0-9]")
IDEMPOTENCY_KEY: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
LONGEST_STACK_NAME: Final = 64
RESERVED_STACK_NAMES: Final = frozenset({"aws", "calculate", "env", "stack", "deployment"})
PROJECT_FILE: Final = "Pulumi.yaml"
"""The engine's name for the file that tells a program's language."""
_BASE36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class EnvironmentName(StrEnum):
    """The three environments, in the order of promotion."""

    DEV = "dev"
    STAGE = "stage"
    PROD = "prod"


def parse_deployment_id(text: str) -> str:
    """Return the id unchanged, or raise InvalidInput naming the rule."""
    if DEPLOYMENT_ID.fullmatch(text):
        return text
    raise InvalidInput(
        f"deployment id {text!r} is malformed: it must be 'D' and six of A-Z or 0-9, such as D1BRV40",
        field="deployment_id",
        value=text,
        suggestion="run 'cloud list' to see the deployments",
    )


def parse_idempotency_key(text: str) -> str:
    """Return the key unchanged, or raise InvalidInput for what can't travel as one."""
    if IDEMPOTENCY_KEY.fullmatch(text):
        return text
    raise InvalidInput(
        f"{text!r} is no idempotency key: it has 1 to 128 letters, digits, dots, dashes and underscores",
        field="idempotency_key",
        value=text,
        suggestion="make one of the run that asks, such as build-4711",
    )


def parse_environment(text: str) -> EnvironmentName:
    """Return the environment, or raise InvalidInput; 'staging' gets a hint."""
    try:
        return EnvironmentName(text)
    except ValueError:
        hint = "use 'stage'" if text.lower() == "staging" else "use dev, stage or prod (lower case)"
        raise InvalidInput(
            f"environment {text!r} is unknown: {hint}", field="environment", value=text, suggestion=hint
        ) from None


def generate_deployment_id(now: datetime, is_taken: Callable[[str], bool]) -> str:
    """'D' and the clock's seconds as six base-36 digits; bumped while `is_taken` says so."""
    seconds = int(now.timestamp())
    while is_taken(candidate := "D" + _base36(seconds)):
        seconds += 1
    return candidate


def _base36(number: int) -> str:
    digits = ""
    for _ in range(6):
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits


def folder_name(deployment_id: str, org: str, project: str) -> str:
    """`<id>-<org>-<project>`: case kept, each run of other characters becomes one dash."""
    clean = [re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-") for part in (org, project)]
    return "-".join([deployment_id, *clean])


def default_pulumi_org(org: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "", org)


def command_place(deployment_id: str, environment: EnvironmentName) -> str:
    """The place as a suggested command names it: without its environment a command would act on another one."""
    return f"{deployment_id} --environment {environment.value}"


def engine_stack_name(deployment_id: str, stack: str, environment: str) -> str:
    """The stack's name in the engine: `<id>-<stack>-<environment>`."""
    return f"{deployment_id}-{stack}-{environment}"


def engine_project_name(project: str) -> str:
    """The engine's project: the business project with what the engine refuses turned into dashes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", project).strip("-") or "project"
