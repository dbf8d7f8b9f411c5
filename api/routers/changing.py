"""How changes of the recorded manifest are asked for and answered: made from one version, named by the ETag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Response

from api.dependencies import Caller, Calling, Services
from api.preconditions import IfMatch, precondition, tag, version_of
from cloud_core.bootstrap import EdgeServices
from cloud_core.services.operations.recorded_manifests import ReplacedManifest

CHANGING: Final = (
    "RESOURCE_NOT_FOUND",
    "OPERATION_IN_PROGRESS",
    "VERSION_CONFLICT",
    "PRECONDITION_FAILED",
    "VALIDATION_INVALID_MANIFEST",
)
"""What may be answered in place of a change."""


@dataclass(frozen=True)
class Change:
    """A wish to change the manifest: who has it, and which version it was made from, as far as the header says."""

    caller: Caller
    services: EdgeServices
    response: Response
    if_match: str | None

    def made(self, make: Callable[[int | None], ReplacedManifest], version: int | None = None) -> dict[str, Any]:
        """What `make` makes of the version in the header, else of the given one; a stale one is refused."""
        with precondition(self.if_match):
            done = make(version_of(self.if_match) or version)
        tag(self.response, done.deployment.manifest_version)
        return {**done.to_data(), "updated_by": self.caller.name}


async def _change(caller: Calling, services: Services, response: Response, if_match: IfMatch = None) -> Change:
    return Change(caller, services, response, if_match)


Changing = Annotated[Change, Depends(_change)]
