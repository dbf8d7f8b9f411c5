"""Validation of the record, through the API."""

from __future__ import annotations

from typing import Final

from cloud_core.adapters.rest.client import RestClient, place
from cloud_core.adapters.rest.reading import Data
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.errors import NotPermitted, NotRemote
from cloud_core.domain.validation import Fix, Level, ValidationResult
from cloud_core.domain.validation.result import EnvironmentVerdict
from cloud_core.remote.outlooks import findings

_WITHOUT_AWS: Final = "add --level config, which asks neither AWS nor the engine, or have somebody run it who may"


class RemoteValidation:
    """As `services.validation`, of the record: it is what runs."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def validate(
        self, deployment_id: str, level: Level = Level.FULL, environment: str | None = None, strict: bool = False
    ) -> ValidationResult:
        """Every finding. DeploymentNotFound."""
        where = place("deployments", deployment_id, "validation")
        try:
            return result_of(self._client.get(where, level=level.value, environment=environment, strict=strict))
        except NotPermitted as error:
            if error.context.get("permission") != Permission.ASK_AWS:
                raise
            raise NotPermitted(error.message, **{**error.context, "suggestion": _WITHOUT_AWS}) from None

    def fix(self, deployment_id: str, rehearse: bool = False) -> list[Fix]:
        """A file is mended, and the record has none."""
        raise NotRemote(
            "--fix mends a file, and the record has none",
            what="--fix",
            suggestion=f"run 'cloud validate {deployment_id} --fix' without --remote, then push the file",
        )


def result_of(data: Data) -> ValidationResult:
    info = data["info"]
    return ValidationResult(
        level=Level(data["level"]),
        errors=findings(data["errors"]),
        warnings=findings(data["warnings"]),
        total_stacks=info["totalStacks"],
        enabled_stacks=info["enabledStacks"],
        environments=tuple(EnvironmentVerdict.model_validate(one) for one in info["environments"]),
        dependency_layers=info["dependencyLayers"],
    )
