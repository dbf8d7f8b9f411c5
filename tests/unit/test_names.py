"""Names and identifiers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.names import (
    DEPLOYMENT_ID,
    EnvironmentName,
    default_pulumi_org,
    engine_project_name,
    engine_stack_name,
    folder_name,
    generate_deployment_id,
    parse_deployment_id,
    parse_environment,
)


@pytest.mark.parametrize("text", ["D1BRV40", "D000000", "DZZZZZZ"])
def test_a_well_formed_id_is_returned(text: str) -> None:
    assert parse_deployment_id(text) == text


@pytest.mark.parametrize("text", ["", "D12345", "D1234567", "E1BRV40", "d1brv40", "D1BRV4 ", "D1BRV40\n", "D1BRV4ß"])
def test_a_malformed_id_is_refused_with_the_rule(text: str) -> None:
    with pytest.raises(InvalidInput, match="must be 'D' and six of A-Z or 0-9") as error:
        parse_deployment_id(text)
    assert error.value.context["value"] == text
    assert error.value.suggestion


@pytest.mark.parametrize("name", EnvironmentName)
def test_an_environment_is_known_by_its_name(name: EnvironmentName) -> None:
    assert parse_environment(name.value) is name


@pytest.mark.parametrize(("text", "hint"), [("staging", "use 'stage'"), ("Dev", "lower case"), ("", "dev, stage or")])
def test_an_unknown_environment_is_refused_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match="is unknown") as error:
        parse_environment(text)
    assert hint in str(error.value.suggestion)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2038, 1, 1), timezones=st.just(UTC)))
def test_generated_ids_are_well_formed_and_grow_with_the_seconds(now: datetime) -> None:
    first = generate_deployment_id(now, lambda _: False)
    assert DEPLOYMENT_ID.fullmatch(first)
    assert first < generate_deployment_id(now + timedelta(seconds=1), lambda _: False)


def test_a_taken_id_is_bumped() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    taken = {generate_deployment_id(now + timedelta(seconds=n), lambda _: False) for n in range(3)}
    fresh = generate_deployment_id(now, taken.__contains__)
    assert fresh == generate_deployment_id(now + timedelta(seconds=3), lambda _: False)


@pytest.mark.parametrize(
    ("org", "project", "folder"),
    [
        ("CompanyA", "ecommerce", "D1BRV40-CompanyA-ecommerce"),
        ("Company A & Sons", "my_shop", "D1BRV40-Company-A-Sons-my-shop"),
        ("../etc", "a/b", "D1BRV40-etc-a-b"),
    ],
)
def test_a_folder_keeps_case_and_turns_the_rest_into_dashes(org: str, project: str, folder: str) -> None:
    assert folder_name("D1BRV40", org, project) == folder


def test_the_engine_s_names() -> None:
    assert engine_stack_name("D1BRV40", "network", "dev") == "D1BRV40-network-dev"
    assert default_pulumi_org("Company A_1-x!") == "CompanyA_1-x"
    assert engine_project_name("my shop/1.0") == "my-shop-1.0"
    assert engine_project_name("!!!") == "project"
