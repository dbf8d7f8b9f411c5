"""Which changes need somebody else's approval."""

from __future__ import annotations

from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.names import EnvironmentName, parse_environment

_NONE: Final = "none"
_HOUR_SECONDS: Final = 3600.0


class ApprovalSettings(BaseModel):
    """The runner's decide; those of the command line, which asks for the approval, should be the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environments: str | None = Field(
        default=None,
        description="Environments, between commas, that are changed only when somebody else has approved it, or "
        "`none`; when not set: `prod` in real use, `none` in the sandbox.",
    )
    valid_hours: float = Field(
        default=24.0,
        gt=0,
        description="Hours that a request may wait for its approval, and the same again for its run after that.",
    )

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        try:
            self.rules(sandbox=True)
        except InvalidInput as error:
            raise ValueError(error.message) from None
        return self

    def rules(self, *, sandbox: bool) -> ApprovalRules:
        """What was set, over the defaults of the sandbox or of real use."""
        names = self.environments if self.environments is not None else _NONE if sandbox else EnvironmentName.PROD.value
        words = [word.strip() for word in names.split(",") if word.strip() not in ("", _NONE)]
        return ApprovalRules(frozenset(map(parse_environment, words)), self.valid_hours * _HOUR_SECONDS)
