"""V4 to V10: the values of the fields, the same for every environment, enabled or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import ACCOUNT, DEPLOYMENT_ID, REGION, RESERVED_STACK_NAMES, STACK_NAME, EnvironmentName
from cloud_core.domain.regions import KNOWN_REGIONS
from cloud_core.domain.validation.findings import Finding
from cloud_core.domain.validation.subject import Subject

# Accepted as names even where a template's file is not at hand.
STANDARD_TEMPLATES: Final = frozenset({"default", "minimal", "microservices", "data-platform"})
MAX_NAME: Final = 100
_DOMAIN: Final = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.I
)
PRIORITIES: Final = (0, 100)


def check_id(subject: Subject) -> Iterator[Finding]:
    """V4: the id's pattern, and that it is the folder's."""
    value, path = subject.manifest.deployment.id, ("deployment", "id")
    if not DEPLOYMENT_ID.fullmatch(value):
        yield subject.found("INVALID_DEPLOYMENT_ID", path, f"the deployment id {value!r} is malformed")
    elif subject.expected_id not in (None, value):
        message = f"the deployment id {value!r} is not that of the deployment: {subject.expected_id!r}"
        yield subject.found("INVALID_DEPLOYMENT_ID", path, message)


def check_names(subject: Subject) -> Iterator[Finding]:
    """V5: org and project have 1 to 100 printable characters and are not blank."""
    for field in ("org", "project"):
        value: str = getattr(subject.manifest.deployment, field)
        if not value.strip():
            yield subject.found("INVALID_NAME", ("deployment", field), f"the {field} is blank")
        elif len(value) > MAX_NAME:
            message = f"the {field} has {len(value)} characters; {MAX_NAME} is the most"
            yield subject.found("INVALID_NAME", ("deployment", field), message)
        elif not value.isprintable():
            message = f"the {field} {value!r} holds characters that can't be printed"
            yield subject.found("INVALID_NAME", ("deployment", field), message)


def check_domain(subject: Subject) -> Iterator[Finding]:
    """The domain, when there is one, is a DNS name of at least two labels without a dot at its end."""
    domain = subject.manifest.deployment.domain
    if domain is not None and not _DOMAIN.fullmatch(domain):
        yield subject.found("INVALID_DOMAIN", ("deployment", "domain"), f"the domain {domain!r} is not a DNS name")


def check_template(subject: Subject) -> Iterator[Finding]:
    """V6: the template is a known one."""
    known = STANDARD_TEMPLATES | subject.catalogue.deployment_templates.keys()
    value = subject.manifest.deployment.template
    if value not in known:
        message = f"the template {value!r} is unknown: there are {', '.join(sorted(known))}"
        yield subject.found("INVALID_TEMPLATE", ("deployment", "template"), message)


def check_timestamps(subject: Subject) -> Iterator[Finding]:
    """V7: ISO 8601 with a zone."""
    deployment = subject.manifest.deployment
    for key, value in (("createdAt", deployment.created_at), ("updatedAt", deployment.updated_at)):
        if value is not None and not _is_timestamp(value):
            message = f"{key} {value!r} is not an ISO 8601 time with a zone"
            yield subject.found("INVALID_TIMESTAMP", ("deployment", key), message)


def _is_timestamp(value: str) -> bool:
    try:
        parse_timestamp(value)
    except ValueError:
        return False
    return True


def check_environments(subject: Subject) -> Iterator[Finding]:
    """V8: only dev, stage and prod, in `environments` and in every stack; dev is there and enabled."""
    manifest = subject.manifest
    for path, names in _environment_keys(manifest):
        for name in names:
            if name not in set(EnvironmentName):
                hint = "write 'stage'" if name.lower() == "staging" else "there are dev, stage and prod"
                message = f"environment {name!r} is unknown: {hint}"
                yield subject.found("INVALID_ENVIRONMENT", (*path, name), message)
    dev = manifest.environments.get(EnvironmentName.DEV)
    if dev is None:
        yield subject.found("INVALID_ENVIRONMENT", ("environments",), "the environment 'dev' is missing")
    elif not dev.enabled:
        path = ("environments", "dev", "enabled")
        yield subject.found("INVALID_ENVIRONMENT", path, "the environment 'dev' can't be disabled")


def _environment_keys(manifest: Manifest) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    yield ("environments",), list(manifest.environments)
    for name, stack in manifest.stacks.items():
        yield ("stacks", name, "environments"), list(stack.environments)


def check_accounts(subject: Subject) -> Iterator[Finding]:
    """V9, first half: twelve digits."""
    for name, section in subject.manifest.environments.items():
        if not ACCOUNT.fullmatch(section.account):
            message = f"the account {section.account!r} of {name!r} is not 12 digits"
            yield subject.found("INVALID_ACCOUNT", ("environments", name, "account"), message)


def check_regions(subject: Subject) -> Iterator[Finding]:
    """V9, second half: the pattern, and that the region exists."""
    for name, section in subject.manifest.environments.items():
        path = ("environments", name, "region")
        if not REGION.fullmatch(section.region):
            yield subject.found("INVALID_REGION", path, f"the region {section.region!r} of {name!r} is malformed")
        elif section.region not in KNOWN_REGIONS:
            yield subject.found("INVALID_REGION", path, f"the region {section.region!r} of {name!r} does not exist")


def check_priorities(subject: Subject) -> Iterator[Finding]:
    """V10, first half: 0 to 100."""
    low, high = PRIORITIES
    for name, stack in subject.manifest.stacks.items():
        if stack.priority is not None and not low <= stack.priority <= high:
            message = f"the priority {stack.priority:g} of {name!r} is not between {low} and {high}"
            yield subject.found("INVALID_PRIORITY", ("stacks", name, "priority"), message)


def check_stack_names(subject: Subject) -> Iterator[Finding]:
    """V10, second half: the pattern, and not a word that placeholders reserve."""
    for name in subject.manifest.stacks:
        if not STACK_NAME.fullmatch(name):
            yield subject.found("INVALID_STACK_NAME", ("stacks", name), f"the stack name {name!r} is malformed")
        elif name in RESERVED_STACK_NAMES:
            message = f"the stack name {name!r} is a reserved word of placeholders"
            yield subject.found("INVALID_STACK_NAME", ("stacks", name), message)


def check_shared_account(subject: Subject) -> Iterator[Finding]:
    """An enabled prod in the account of another enabled environment is worth a word."""
    sections = {name: subject.manifest.environments[name] for name in subject.manifest.enabled_environments}
    prod = sections.pop(EnvironmentName.PROD, None)
    for name, section in sections.items():
        if prod is not None and prod.account == section.account:
            message = f"prod and {name} share the account {prod.account}"
            yield subject.found("SHARED_ACCOUNT", ("environments", "prod", "account"), message)
