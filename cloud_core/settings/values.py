"""How far the placeholders of a manifest may reach for secrets, parameters and variables."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cloud_core.domain.placeholders import NO_BOUNDARIES, OWN_PREFIXES, PrefixTemplates

_FIELDS = "may hold {organization}, {project} and {environment}; an empty text sets no limit"


class ValueSettings(BaseModel):
    """When not set: no limit in the sandbox, the prefixes of organisation and environment in real use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret_prefix: str | None = Field(default=None, description=f"What secrets' names must start with; {_FIELDS}.")
    parameter_prefix: str | None = Field(default=None, description=f"The same for SSM parameters' paths; {_FIELDS}.")
    variable_prefix: str | None = Field(
        default=None,
        description="The same for environment variables; always starts with CLOUD_VAR_, names also in upper case, "
        "such as CLOUD_VAR_{ORGANIZATION}__.",
    )

    @model_validator(mode="after")
    def _can_be_filled(self) -> Self:
        self.prefixes(sandbox=True)
        return self

    def prefixes(self, *, sandbox: bool) -> PrefixTemplates:
        """What was set, over the defaults of the sandbox or of real use."""
        default = NO_BOUNDARIES if sandbox else OWN_PREFIXES
        return PrefixTemplates(
            secret=default.secret if self.secret_prefix is None else self.secret_prefix,
            parameter=default.parameter if self.parameter_prefix is None else self.parameter_prefix,
            variable=default.variable if self.variable_prefix is None else self.variable_prefix,
        )
