"""What can be validated without being stored."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.schemas.deployments import Account, Region
from api.schemas.manifests import or_alone, wrapped
from api.schemas.operations import Name
from cloud_core.answers.deployments import ValidationInfo
from cloud_core.answers.parts import Finding
from cloud_core.domain.names import DEPLOYMENT_ID, EnvironmentName
from cloud_core.services.validation.account_checks import AccountCheck


class ManifestToCheck(BaseModel):
    """It may come alone. AWS and the engine are not asked; `/validate/aws` asks AWS."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=or_alone)

    manifest: dict[str, Any]
    level: Literal["syntax", "schema", "dependencies", "config"] = "config"
    environment: EnvironmentName | None = None
    strict: bool = False

    @model_validator(mode="before")
    @classmethod
    def _wrap(cls, data: Any) -> Any:
        return wrapped(data)


class Validation(BaseModel):
    """Every finding; `valid` when there is no error."""

    valid: bool
    level: str
    errors: list[Finding]
    warnings: list[Finding]
    info: ValidationInfo


class StackToCheck(BaseModel):
    """What a stack needs; those that are off are left out."""

    dependencies: list[Name] = Field(default_factory=list)
    enabled: bool = True


StacksToCheck = Annotated[
    dict[Name, StackToCheck], Field(max_length=500, json_schema_extra={"additionalProperties": False})
]


class DependenciesToCheck(BaseModel):
    """Stacks, or the deployment whose manifest has them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"stacks": {"network": {}, "security": {"dependencies": ["network"]}}}],
            "oneOf": [
                {"required": ["deployment_id"], "properties": {"deployment_id": {"type": "string"}}},
                {"required": ["stacks"], "properties": {"stacks": {"type": "object"}}},
            ],
        },
    )

    deployment_id: str | None = Field(default=None, pattern=f"^{DEPLOYMENT_ID.pattern}$")
    stacks: StacksToCheck | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.deployment_id is None) == (self.stacks is None):
            raise ValueError("give either deployment_id or stacks")
        return self


class Edge(BaseModel):
    """From the dependent to what it needs."""

    model_config = ConfigDict(populate_by_name=True)

    source: str = Field(alias="from")
    target: str = Field(alias="to")


class DependencyGraph(BaseModel):
    """As declared."""

    nodes: list[str]
    edges: list[Edge]


class Dependencies(BaseModel):
    """`layers` are in the order of deploying; `cycle` is the path of one, the first stack again at the end.
    `warnings` name what is said twice, and what a recorded stack names although it is off: if it can't do without, that
    is a finding of the manifest's own validation."""

    valid: bool
    errors: list[str]
    warnings: list[str]
    dependency_graph: DependencyGraph
    layers: list[list[str]]
    cycle: list[str]


class AccountToCheck(BaseModel):
    """An account, and what is asked there."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"region": "us-east-1", "account_id": "123456789012"}]},
    )

    region: Region
    account_id: Account
    checks: list[AccountCheck] = Field(default_factory=lambda: list(AccountCheck), min_length=1, max_length=2)


class CredentialsVerdict(BaseModel):
    """Whether we get in, and where."""

    valid: bool
    account_id: str | None
    message: str | None


class PermissionsVerdict(BaseModel):
    """What our stacks need and we may not do."""

    valid: bool
    missing_permissions: list[str]
    message: str | None


class AccountVerdicts(BaseModel):
    """Those that were asked for, as far as we get in."""

    credentials: CredentialsVerdict | None = None
    permissions: PermissionsVerdict | None = None


class AccountVerdict(BaseModel):
    """`valid` when every check is; `errors` has a sentence for each that is not."""

    valid: bool
    errors: list[str]
    checks: AccountVerdicts
