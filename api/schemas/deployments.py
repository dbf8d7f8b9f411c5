"""Deployments: their list, and what makes a new one."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.schemas.paging import Pagination
from cloud_core.answers.deployments import ListedDeployment
from cloud_core.domain.names import ACCOUNT, DEPLOYMENT_ID, REGION, EnvironmentName
from cloud_core.services.manifests.creation import InitRequest

Text = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^<>\x00-\x1f\x7f]+$")]
Account = Annotated[str, Field(pattern=f"^{ACCOUNT.pattern}$")]
Region = Annotated[str, Field(pattern=f"^{REGION.pattern}$")]


class DeploymentPage(BaseModel):
    """Deployments that the caller sees."""

    deployments: list[ListedDeployment]
    pagination: Pagination


class StatusWish(BaseModel):
    """Which part of a status is asked for. One model: the framework reads it at half the cost of four parameters."""

    model_config = ConfigDict(frozen=True)

    environment: EnvironmentName | None = Field(default=None, description="Only this environment.")
    stack: str | None = Field(default=None, max_length=64, description="Only this stack.")
    all_environments: bool = Field(default=False, description="Disabled ones too.")
    with_deployment: bool = Field(default=False, description="The deployment around it, also for one environment.")


class InitEnvironment(BaseModel):
    """Where an environment lives. Only dev is on, if nothing is said."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    region: Region
    account_id: Account


class GenerateManifest(BaseModel):
    """`environments` must have dev; a region or account of prod or stage is dev's when it is not given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "organization": "Birchway",
                    "project": "shop",
                    "domain": "shop.example.com",
                    "environments": {"dev": {"region": "us-east-1", "account_id": "123456789012"}},
                }
            ]
        },
    )

    organization: Text
    project: Text
    domain: Text
    environments: dict[EnvironmentName, InitEnvironment] = Field(json_schema_extra={"required": ["dev"]})
    deployment_id: str | None = Field(default=None, pattern=f"^{DEPLOYMENT_ID.pattern}$")
    description: str | None = Field(default=None, max_length=1000)
    contact: dict[str, str] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    stacks_enabled: list[str] = Field(default_factory=list)
    stacks_disabled: list[str] = Field(default_factory=list)
    variables: dict[str, Any] = Field(default_factory=dict, description="Of the template.")

    @model_validator(mode="after")
    def _has_dev(self) -> Self:
        if EnvironmentName.DEV not in self.environments:
            raise ValueError("environments must have dev")
        return self


class InitDeployment(GenerateManifest):
    """As the wishes, from a template."""

    template: Text = "default"

    def request(self, user: str) -> InitRequest:
        dev, prod = self.environments[EnvironmentName.DEV], self.environments.get(EnvironmentName.PROD)
        switched = {name.value: one.enabled for name, one in self.environments.items() if one.enabled is not None}
        return InitRequest(
            org=self.organization,
            project=self.project,
            domain=self.domain,
            template=self.template,
            region=dev.region,
            region_secondary=prod.region if prod else None,
            accounts={name.value: one.account_id for name, one in self.environments.items()},
            environments_enabled=switched,
            user=user,
            deployment_id=self.deployment_id,
            description=self.description,
            contact=self.contact,
            tags=self.tags,
            stacks_enabled=tuple(self.stacks_enabled),
            stacks_disabled=tuple(self.stacks_disabled),
            variables=self.variables,
            needs_record=True,
        )
