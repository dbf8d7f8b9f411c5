"""Signing in, and who somebody is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from cloud_core.answers.parts import Timestamp
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.access.users import Group
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action


class Credentials(BaseModel):
    """As the user pool knows them."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"user": "ada", "password": "…"}]})

    user: str = Field(min_length=1, max_length=128)
    password: SecretStr = Field(min_length=1, max_length=256)


class Renewal(BaseModel):
    """What `login` gave."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"user": "ada", "refresh_token": "…"}]})

    user: str = Field(min_length=1, max_length=128)
    refresh_token: SecretStr = Field(min_length=1, max_length=8192)


class SessionToken(BaseModel):
    """`access_token` is what requests show until `expires_at`; `refresh_token` gets the next one."""

    user: str
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_at: Timestamp


class Rights(BaseModel):
    """What the caller may do in an environment, and operations of which types they may start, cancel and retry."""

    permissions: list[Permission]
    operations: list[Action]


class Myself(BaseModel):
    """Whoever the token is of. `organizations` are those whose deployments they see, null for all of them."""

    user: str
    group: Group
    organizations: list[str] | None
    expires_at: Timestamp
    rights: dict[EnvironmentName, Rights]
