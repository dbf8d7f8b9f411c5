"""A flow service that the sandbox uses but does not start: a Prefect server of this machine, with workers of its own.

It is asked for by a setting of the sandbox, never by an address alone: whoever has the address of the flow service of
their real accounts in the environment must not register a sandbox's runs there.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloud_core.adapters.local.environment import is_loopback
from cloud_core.domain.errors import InvalidInput
from cloud_core.settings import Settings


@dataclass(frozen=True)
class FlowService:
    """The address of its API, and of its pages for people."""

    api: str
    pages: str


def given_flow_service(settings: Settings) -> FlowService | None:
    """The one of the settings, None when the sandbox has its own; InvalidInput without an address on this machine."""
    if settings.sandbox.own_flow_service:
        return None
    api = settings.prefect.api_url
    if api is None:
        raise InvalidInput(
            "CLOUD_SANDBOX__OWN_FLOW_SERVICE is false, but CLOUD_PREFECT__API_URL names no other flow service",
            field="prefect.api_url",
            suggestion="set CLOUD_PREFECT__API_URL, or unset CLOUD_SANDBOX__OWN_FLOW_SERVICE",
        )
    api = api.rstrip("/")
    pages = settings.prefect.ui_url or api.removesuffix("/api")
    for name, url in {"api_url": api, "ui_url": pages}.items():
        if not is_loopback(url):
            raise InvalidInput(
                f"CLOUD_PREFECT__{name.upper()} is {url!r}: a sandbox only uses a flow service of this machine, at an "
                "http address such as http://127.0.0.1:4200",
                field=f"prefect.{name}",
                value=url,
                suggestion="give an address on 127.0.0.1, or unset CLOUD_SANDBOX__OWN_FLOW_SERVICE",
            )
    return FlowService(api, pages)
