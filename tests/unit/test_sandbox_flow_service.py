"""A sandbox that uses a flow service which is not its own: what it starts then, and what it refuses."""

from __future__ import annotations

import socket

import pytest

from cloud_core.domain.errors import InvalidInput
from cloud_core.settings import Settings
from cloud_core.settings.prefect import PrefectSettings
from cloud_core.settings.sandbox import SandboxSettings
from sandbox.blueprint import Blueprint, blueprint_for
from sandbox.flow_service import FlowService, given_flow_service
from sandbox.ports import choose_ports

OTHER = SandboxSettings(own_flow_service=False)
API = "http://127.0.0.1:4200/api"


def given(**prefect: str) -> FlowService | None:
    return given_flow_service(Settings(sandbox=OTHER, prefect=PrefectSettings(**prefect)))


def test_it_starts_and_fills_all_but_the_flow_service() -> None:
    found = blueprint_for(OTHER)
    assert [spec.name for spec in found.processes] == ["moto-aws", "moto-records", "provider", "api"]
    assert [seed.name for seed in found.seeds] == ["records", "user-pool"]


def test_its_own_one_needs_everything_whatever_address_is_set() -> None:
    assert blueprint_for(SandboxSettings()) == Blueprint()
    assert given_flow_service(Settings(prefect=PrefectSettings(api_url="https://prefect.example.com/api"))) is None


def test_the_port_of_the_flow_service_may_be_taken_then() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = SandboxSettings(own_flow_service=False, prefect_port=server.getsockname()[1])
        assert set(choose_ports(taken)) == {"aws", "records", "provider", "api"}


@pytest.mark.parametrize("url", [API, f"{API}/"])
def test_pages_are_beside_the_api(url: str) -> None:
    assert given(api_url=url) == FlowService(API, "http://127.0.0.1:4200")


def test_pages_may_be_elsewhere() -> None:
    assert given(api_url=API, ui_url="http://localhost:8080") == FlowService(API, "http://localhost:8080")


def test_an_address_is_wanted() -> None:
    with pytest.raises(InvalidInput, match="CLOUD_PREFECT__API_URL names no other flow service") as found:
        given()
    assert found.value.suggestion == "set CLOUD_PREFECT__API_URL, or unset CLOUD_SANDBOX__OWN_FLOW_SERVICE"


@pytest.mark.parametrize(
    ("prefect", "variable"),
    [
        ({"api_url": "https://prefect.example.com/api"}, "CLOUD_PREFECT__API_URL"),
        ({"api_url": API, "ui_url": "http://10.0.0.12"}, "CLOUD_PREFECT__UI_URL"),
    ],
)
def test_only_one_of_this_machine_is_used(prefect: dict[str, str], variable: str) -> None:
    with pytest.raises(InvalidInput, match=f"{variable} is .* only uses a flow service of this machine"):
        given(**prefect)
