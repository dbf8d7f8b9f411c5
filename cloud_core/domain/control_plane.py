"""The control plane: what the platform itself stands on in AWS. Those of one account differ in their prefix."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cloud_core.domain.errors import InvalidInput

STACK: Final = "control-plane"
"""The engine's stack that makes it."""
_PREFIX: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*-")
_LONGEST: Final = 24
"""With what follows, AWS's shortest limit (64, of functions and roles) is kept."""

_SETTINGS: Final[Mapping[str, str]] = {
    "tablePrefix": "CLOUD_AWS__TABLE_PREFIX",
    "region": "CLOUD_AWS__RECORDS_REGION",
    "userPoolRegion": "CLOUD_COGNITO__REGION",
    "userPoolId": "CLOUD_COGNITO__USER_POOL_ID",
    "userPoolClientId": "CLOUD_COGNITO__CLIENT_ID",
}
"""By the output that tells it, the variable of whoever uses the control plane."""
_ONLY_IN_AWS: Final[Mapping[str, str]] = {
    "connectionsEndpoint": "CLOUD_REALTIME__ENDPOINT",
    "graphqlUrl": "CLOUD_GRAPHQL__APPSYNC_URL",
}
"""Addresses at which nothing answers in a sandbox."""


@dataclass(frozen=True)
class ControlPlane:
    """`prefix` is what every name in it begins with, the tables' names too. Without `protect` neither the engine nor
    AWS keeps anybody from deleting what holds data. `organization_isolation` is as the API's setting has it."""

    prefix: str
    region: str
    protect: bool = True
    organization_isolation: bool = True

    @property
    def name(self) -> str:
        """What somebody types to have it destroyed, and part of the engine's name of the stack."""
        return self.prefix.removesuffix("-")

    def require_nameable(self) -> None:
        """InvalidInput for a prefix that some kind of name in AWS could not begin with."""
        if _PREFIX.fullmatch(self.prefix) is None or len(self.prefix) > _LONGEST:
            raise InvalidInput(
                f"the prefix {self.prefix!r} can't begin the names of a control plane: it takes small letters, digits "
                f"and single dashes, a dash at the end, and at most {_LONGEST} characters, such as 'cloud-'",
                field="aws.table_prefix",
                value=self.prefix,
                suggestion="set CLOUD_AWS__TABLE_PREFIX to such a prefix",
            )


def settings_of(outputs: Mapping[str, Any]) -> dict[str, str]:
    """The variables that lead `cloud`, `cloud serve` and workers to a control plane with these outputs."""
    return _told(outputs, {**_SETTINGS, **_ONLY_IN_AWS})


def sandbox_settings_of(outputs: Mapping[str, Any], endpoint: str) -> dict[str, str]:
    """The same for one in the sandbox, whose AWS is at the endpoint: the pool's issuer would name AWS's own address."""
    pool = outputs.get("userPoolId")
    keys = {} if pool is None else {"CLOUD_COGNITO__JWKS_URL": f"{endpoint}/{pool}/.well-known/jwks.json"}
    return {**_told(outputs, _SETTINGS), **keys}


def _told(outputs: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {variable: str(outputs[name]) for name, variable in names.items() if outputs.get(name) is not None}
