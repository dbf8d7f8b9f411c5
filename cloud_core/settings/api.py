"""The REST API: where it listens, whom it serves, and how much of it."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from cloud_core.settings.sandbox import Port

API_BASE: Final = "/api/v1"
"""What the API stands below, wherever it is served."""
_UNITS: Final = ("second", "minute", "hour", "day")


def _rate(text: str) -> str:
    count, _, unit = text.partition("/")
    if count.isdecimal() and int(count) > 0 and unit in _UNITS:
        return text
    raise ValueError(f"a rate is a number and a unit, such as 300/minute; units: {', '.join(_UNITS)}")


Rate = Annotated[str, AfterValidator(_rate)]


class ApiSettings(BaseModel):
    """Rates are requests per unit of time, of one user or, without a valid token, of one address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = Field(
        default=None,
        description="Address of the API for those who call it, such as `https://cloud.example.com/api/v1`; in the "
        "sandbox its own.",
    )
    host: str = Field(default="127.0.0.1", description="Address that the API listens on.")
    port: Port = Field(default=8080, description="Port that the API listens on; 0 takes a free one.")
    docs: bool = Field(default=True, description="Whether `/docs` and the OpenAPI document are served.")
    dashboard: bool = Field(default=True, description="Whether the dashboard, `/monitor.html`, is served.")
    cors_origins: str = Field(
        default="", description="Origins of browsers' pages that may call the API, between commas; `*` for any."
    )
    body_limit_bytes: int = Field(
        default=1_048_576, gt=0, description="Bytes that a request's body, or a message of a socket, may have."
    )
    request_seconds: float = Field(default=30.0, gt=0, description="Seconds that an answer may take.")
    gzip_bytes: int = Field(default=1024, ge=0, description="Bytes from which on answers are compressed.")
    threads: int = Field(default=40, gt=0, description="Requests that are worked on at once; more wait.")
    health_seconds: float = Field(
        default=10.0, ge=0, description="Seconds that `/health` keeps what it has found: it is open to everybody."
    )
    metrics_seconds: float = Field(
        default=60.0, gt=0, description="Seconds between two writes of how many requests were answered."
    )
    organization_isolation: bool = Field(
        default=True, description="Whether users see only the organisations of their groups `org:<name>`."
    )
    developers_may_destroy: bool = Field(
        default=False, description="Whether Developers may destroy, other than in prod."
    )
    rate_administrators: Rate = Field(default="1000/minute", description="Rate of each of the Administrators.")
    rate_developers: Rate = Field(default="300/minute", description="Rate of each of the Developers.")
    rate_readonly: Rate = Field(default="60/minute", description="Rate of everybody else with a valid token.")
    rate_anonymous: Rate = Field(default="60/minute", description="Rate of an address without a valid token.")
    rate_storage: SecretStr | None = Field(
        default=None,
        description="Where requests are counted for all processes together, such as `redis://host:6379`; each process "
        "for itself when not set.",
    )
    proxies: str = Field(
        default="",
        description="Addresses of proxies, between commas, whose `X-Forwarded-For` is believed. Without them it is the "
        "address of whoever connects that counts.",
    )

    @property
    def origins(self) -> list[str]:
        """`cors_origins`, one by one."""
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]
