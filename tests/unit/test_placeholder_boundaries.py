"""How far placeholders may reach for secrets, parameters and variables."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from cloud_core.domain.placeholders import (
    NO_BOUNDARIES,
    OWN_PREFIXES,
    PrefixTemplates,
    ValueBoundaries,
    find_placeholders,
)
from cloud_core.settings.values import ValueSettings

OWN = ValueBoundaries(OWN_PREFIXES, "Harrow-Data", "lake", "dev")


def refusal(text: str, boundaries: ValueBoundaries = OWN) -> str | None:
    (placeholder,) = find_placeholders(text)
    return boundaries.refusal(placeholder)


@pytest.mark.parametrize(
    "text",
    [
        "{{SECRET:Harrow-Data/dev/db}}",
        "${aws.ssm./Harrow-Data/dev/db}",
        "${env.CLOUD_VAR_HARROW_DATA__DEV__TOKEN}",
        "${network.vpcId}",
        "{{ENV:x}}",
    ],
)
def test_own_values_and_other_kinds_may_be_read(text: str) -> None:
    assert refusal(text) is None


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("{{SECRET:Harrow-Data/prod/db}}", "Harrow-Data/dev/"),
        ("{{SECRET:Harrow-Data/dev}}", "Harrow-Data/dev/"),
        ("{{SECRET:Harrow-Data/development/db}}", "Harrow-Data/dev/"),
        ("{{SECRET:Other/dev/db}}", "Harrow-Data/dev/"),
        ("{{SECRET:arn:aws:secretsmanager:eu-west-1:410000000017:secret:x}}", "Harrow-Data/dev/"),
        ("${aws.ssm.Harrow-Data/dev/db}", "/Harrow-Data/dev/"),
        ("${env.CLOUD_VAR_TOKEN}", "CLOUD_VAR_HARROW_DATA__DEV__"),
    ],
)
def test_the_values_of_others_are_refused_with_the_prefix(text: str, prefix: str) -> None:
    assert f"start with {prefix!r}" in str(refusal(text))


def test_without_boundaries_only_the_variables_prefix_is_left() -> None:
    free = ValueBoundaries(NO_BOUNDARIES, "any / org", "p", "dev")
    assert refusal("{{SECRET:whatever}}", free) is None
    assert refusal("${env.CLOUD_VAR_X}", free) is None


def test_an_organisation_that_could_reach_into_anothers_prefix_is_refused() -> None:
    assert "can't be filled with the organization 'Harrow-Data/dev'" in str(
        refusal("{{SECRET:Harrow-Data/dev/dev/x}}", ValueBoundaries(OWN_PREFIXES, "Harrow-Data/dev", "lake", "dev"))
    )


def test_settings_default_to_no_limit_in_the_sandbox_and_own_prefixes_elsewhere() -> None:
    settings = ValueSettings()
    assert settings.prefixes(sandbox=True) == NO_BOUNDARIES
    assert settings.prefixes(sandbox=False) == OWN_PREFIXES


def test_what_is_set_wins_and_an_empty_text_sets_no_limit() -> None:
    settings = ValueSettings(secret_prefix="", parameter_prefix="/{project}/")
    assert settings.prefixes(sandbox=False) == PrefixTemplates("", "/{project}/", OWN_PREFIXES.variable)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secret_prefix", "{account}/"),
        ("secret_prefix", "{"),
        ("secret_prefix", "{}"),
        ("parameter_prefix", "{organization.upper}"),
        ("parameter_prefix", "{organization!r}"),
        ("parameter_prefix", "{organization:>9}"),
        ("variable_prefix", "MY_"),
    ],
)
def test_prefixes_that_can_not_be_filled_are_refused_at_once(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=r"prefix|'\{'"):
        ValueSettings.model_validate({name: value})
