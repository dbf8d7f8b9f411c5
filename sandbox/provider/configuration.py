"""The provider's own configuration, as programs and the engine write it.

Nested settings (`assumeRoles`, `defaultTags`, `allowedAccountIds`, …) come as JSON texts from an explicit
provider and from stack configuration alike; plain values are taken too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.values import Unknown, Value, contains, reveal
from sandbox.provider.aws import Aws

DEFAULT_REGION: Final = "us-east-1"
NESTED: Final = ("assumeRoles", "assumeRole", "defaultTags", "allowedAccountIds", "forbiddenAccountIds")
# Settings that mean something else, or nothing, on the sandbox: they are taken and have no effect.
WITHOUT_EFFECT: Final = frozenset(
    {
        "version", "pluginDownloadURL", "maxRetries", "retryMode", "httpProxy", "httpsProxy", "noProxy", "insecure",
        "skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId",
        "s3UsePathStyle", "s3UsEast1RegionalEndpoint", "useDualstackEndpoint", "useFipsEndpoint",
        "ec2MetadataServiceEndpoint", "ec2MetadataServiceEndpointMode", "stsRegion", "tokenBucketRateLimiterCapacity",
    }
)  # fmt: skip
# Real credentials and other endpoints have no place here: the run must fail, not silently do something else.
REFUSED: Final = frozenset(
    {
        "accessKey", "secretKey", "token", "profile", "sharedConfigFiles", "sharedCredentialsFiles", "endpoints",
        "assumeRoleWithWebIdentity", "customCaBundle",
    }
)  # fmt: skip
KNOWN: Final = frozenset({"region", *NESTED, *WITHOUT_EFFECT})


@dataclass(frozen=True)
class Configuration:
    """One run's settings. `roles`: ARNs to assume one after the other; they lead to the account."""

    region: str = DEFAULT_REGION
    roles: tuple[str, ...] = ()
    default_tags: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)
    allowed_accounts: tuple[str, ...] = ()
    forbidden_accounts: tuple[str, ...] = ()

    def connect(self, endpoint: str) -> Aws:
        """The way to AWS in the region and account that are asked for; InvalidInput for a forbidden account."""
        aws = Aws(endpoint, self.region)
        for role in self.roles:
            aws = aws.assume(role)
        refused = aws.account in self.forbidden_accounts or (
            self.allowed_accounts and aws.account not in self.allowed_accounts
        )
        if refused:
            raise InvalidInput(
                f"AWS account ID not allowed: {aws.account}; allowed are "
                f"{', '.join(self.allowed_accounts) or 'all but ' + ', '.join(self.forbidden_accounts)}",
            )
        return aws


def failures(values: Mapping[str, Value]) -> list[tuple[str, str]]:
    """What CheckConfig has to say: property and reason."""
    found: list[tuple[str, str]] = []
    for name, value in values.items():
        if name in REFUSED:
            found.append((name, f"the sandbox's aws provider does not take '{name}': it has fixed credentials"))
        elif name not in KNOWN:
            found.append((name, f"the sandbox's aws provider has no setting '{name}'"))
        elif name in NESTED and not contains(value, Unknown):
            try:
                nested(name, value)
            except InvalidInput as error:
                found.append((name, error.message))
    return found


def nested(name: str, value: Value) -> Any:
    """A nested setting, out of its JSON text where it comes as one."""
    plain = reveal(value)
    if not isinstance(plain, str):
        return plain
    try:
        return json.loads(plain)
    except ValueError:
        raise InvalidInput(f"the setting '{name}' is not readable JSON") from None


def parse(values: Mapping[str, Value]) -> Configuration:
    """The settings of a Configure call."""
    found = {name: nested(name, value) for name, value in values.items() if name in NESTED}
    return Configuration(
        region=str(reveal(values.get("region")) or DEFAULT_REGION),
        roles=_roles(found),
        default_tags=dict((found.get("defaultTags") or {}).get("tags") or {}),
        allowed_accounts=tuple(map(str, found.get("allowedAccountIds") or ())),
        forbidden_accounts=tuple(map(str, found.get("forbiddenAccountIds") or ())),
    )


def _roles(found: Mapping[str, Any]) -> tuple[str, ...]:
    """`assumeRoles` is a list, though stack configuration often gives one map; `assumeRole` is the old name.

    A program that writes plain maps gets Python's spelling through to here. InvalidInput for an entry without
    a role: to go on would mean another account.
    """
    given = found.get("assumeRoles") or found.get("assumeRole") or []
    entries = [given] if isinstance(given, Mapping) else given
    roles = [entry.get("roleArn") or entry.get("role_arn") for entry in entries]
    if not all(roles):
        raise InvalidInput("an entry of 'assumeRoles' names no 'roleArn'")
    return tuple(str(role) for role in roles)
