"""The root of the settings tree."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.records import LogLevel
from cloud_core.settings.api import ApiSettings
from cloud_core.settings.approvals import ApprovalSettings
from cloud_core.settings.aws import AwsSettings
from cloud_core.settings.cognito import CognitoSettings
from cloud_core.settings.engine import EngineSettings
from cloud_core.settings.graph import GraphQLSettings
from cloud_core.settings.prefect import PrefectSettings
from cloud_core.settings.realtime import RealtimeSettings
from cloud_core.settings.sandbox import SandboxSettings
from cloud_core.settings.values import ValueSettings


class Profile(StrEnum):
    """`sandbox` works with no account on this machine; `aws` is the real one. They never mix."""

    SANDBOX = "sandbox"
    AWS = "aws"


class Settings(BaseSettings):
    """All settings. A variable is `CLOUD_` and the field's path with `__` between levels, such as
    `CLOUD_ENGINE__BINARY`."""

    model_config = SettingsConfigDict(
        env_prefix="CLOUD_", env_nested_delimiter="__", frozen=True, extra="ignore", case_sensitive=False
    )

    profile: Profile = Field(default=Profile.SANDBOX, description="`sandbox` or `aws`.")
    workspace: Path | None = Field(default=None, description="The user's workspace folder.")
    log_level: LogLevel = Field(default=LogLevel.INFO, description="Least level of what flow runs log.")
    log_json: bool = Field(default=False, description="The log file of flow runs as JSON lines instead of text.")
    log_file: Path | None = Field(
        default=None,
        description="File that flow runs append their log lines to, beside their pages in Prefect; "
        "in the sandbox `<state_dir>/logs/flow-runs.log` when not set.",
    )
    aws: AwsSettings = Field(default_factory=AwsSettings, description="AWS access and tables.")
    engine: EngineSettings = Field(default_factory=EngineSettings, description="The Pulumi engine.")
    cognito: CognitoSettings = Field(default_factory=CognitoSettings, description="The user pool.")
    api: ApiSettings = Field(default_factory=ApiSettings, description="The REST API.")
    realtime: RealtimeSettings = Field(default_factory=RealtimeSettings, description="Sockets of those who watch.")
    graphql: GraphQLSettings = Field(default_factory=GraphQLSettings, description="GraphQL.")
    prefect: PrefectSettings = Field(default_factory=PrefectSettings, description="The flow service.")
    sandbox: SandboxSettings = Field(default_factory=SandboxSettings, description="The embedded default.")
    approvals: ApprovalSettings = Field(default_factory=ApprovalSettings, description="Who has to agree to what.")
    values: ValueSettings = Field(default_factory=ValueSettings, description="How far placeholders may reach.")


def load_settings() -> Settings:
    """Read the environment once; call it at an edge (command, application, flow start) only.

    Raises InvalidInput that names each variable with a wrong value, and what is wrong with it; never the value,
    which may be a secret.
    """
    try:
        return Settings()
    except (ValidationError, SettingsError) as problem:
        raise InvalidInput(
            "the environment has wrong settings: " + "; ".join(_wrong(problem)),
            suggestion="change or unset these variables; docs/settings.md tells what they take",
        ) from None


def _wrong(problem: ValidationError | SettingsError) -> list[str]:
    if isinstance(problem, SettingsError):
        return [str(problem)]
    found = problem.errors(include_url=False, include_context=False, include_input=False)
    return [f"CLOUD_{'__'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in found]
