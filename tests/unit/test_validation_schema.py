"""V1 to V10: structure and values, all findings at once, at the place where they stand in the file."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.errors import InvalidManifest
from cloud_core.domain.validation import Level, Scope, Severity, parse_manifest, validate_manifest
from cloud_core.testing.manifests import a_catalogue, a_manifest, a_network, an_environment

SCHEMA = Scope(Level.SCHEMA)


def found(data: Any, scope: Scope = SCHEMA, **catalogue: Any) -> list[tuple[str, str]]:
    """Codes and places of all findings, the file's name left out."""
    result = validate_manifest(data, a_catalogue(**catalogue), scope)
    every = [*result.errors, *result.warnings]
    return [(item.code, item.location.removeprefix("Deployment_Manifest.yaml").removeprefix(":")) for item in every]


def changed(path: str, value: Any) -> dict[str, Any]:
    """The sample manifest with one field set (or removed, for None)."""
    data = a_manifest()
    *way, last = path.split(".")
    section: dict[str, Any] = data
    for key in way:
        section = section.setdefault(key, {})
    if value is None:
        del section[last]
    else:
        section[last] = value
    return data


def test_the_sample_is_valid() -> None:
    assert found(a_manifest()) == []


@pytest.mark.parametrize("data", [None, [], "text", 5, True])
def test_v1_the_top_level_is_a_map(data: Any) -> None:
    assert found(data) == [("SYNTAX_ERROR", "")]
    assert found(data, Scope(Level.SYNTAX)) == [("SYNTAX_ERROR", "")]


@pytest.mark.parametrize("section", ["deployment", "environments", "stacks"])
def test_v2_the_three_sections_are_maps(section: str) -> None:
    for level in (Level.SYNTAX, Level.FULL):
        assert found(changed(section, None), Scope(level)) == [("MISSING_SECTION", "")]
        assert found(changed(section, [1]), Scope(level)) == [("MISSING_SECTION", section)]


def test_v2_an_empty_map_lacks_all_of_them() -> None:
    assert found({}) == [("MISSING_SECTION", "")] * 3


@pytest.mark.parametrize("field", ["id", "org", "project", "template", "createdAt"])
def test_v3_required_fields_of_the_deployment(field: str) -> None:
    assert found(changed(f"deployment.{field}", None)) == [("REQUIRED_FIELD", f"deployment.{field}")]


@pytest.mark.parametrize("field", ["enabled", "account", "region"])
def test_v3_required_fields_of_an_environment(field: str) -> None:
    assert found(changed(f"environments.dev.{field}", None)) == [("REQUIRED_FIELD", f"environments.dev.{field}")]


@pytest.mark.parametrize("field", ["enabled", "dependencies"])
def test_v3_required_fields_of_a_stack(field: str) -> None:
    assert found(changed(f"stacks.network.{field}", None)) == [("REQUIRED_FIELD", f"stacks.network.{field}")]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("deployment.id", 5, "a text (put numbers in quotes), but it is a number"),
        ("deployment.tags", {"a": 1}, "a text"),
        ("deployment.contact", "me", "a map, but it is a text"),
        ("environments.dev", [], "a map, but it is a list"),
        ("environments.dev.account", 410000000017, "a text (put numbers in quotes)"),
        ("environments.dev.enabled", "yes", "true or false, but it is a text"),
        ("environments.dev.config", 1, "a map"),
        ("stacks.network", True, "a map, but it is true or false"),
        ("stacks.network.dependencies", "dns", "a list of stack names, or ALL"),
        ("stacks.network.dependencies", {"a": 1}, "but it is a map"),
        ("stacks.network.priority", "90", "a number without quotes"),
        ("stacks.network.layer", 1.5, "a whole number"),
        ("stacks.network.environments.dev", [], "a map"),
    ],
)
def test_v3_types(path: str, value: Any, says: str) -> None:
    result = validate_manifest(changed(path, value), a_catalogue(), SCHEMA)
    (error,) = result.errors
    assert error.code == "INVALID_TYPE"
    assert says in error.message
    assert error.location.startswith(f"Deployment_Manifest.yaml:{path}")


def test_v3_a_bad_item_of_a_list_is_named_by_its_index() -> None:
    data = changed("stacks.network.dependencies", ["dns", 5])
    assert found(data) == [("INVALID_TYPE", "stacks.network.dependencies[1]")]


def test_v3_values_are_not_shown() -> None:
    data = changed("stacks.network.config", "hunter2")
    (error,) = validate_manifest(data, a_catalogue(), SCHEMA).errors
    assert "hunter2" not in str(error)


@pytest.mark.parametrize("value", ["D12345", "D12345678", "E1BRV40", "d1brv40", "", "D1BRV4Ö"])
def test_v4_malformed_ids(value: str) -> None:
    assert found(changed("deployment.id", value)) == [("INVALID_DEPLOYMENT_ID", "deployment.id")]


def test_v4_the_id_is_that_of_the_folder() -> None:
    assert found(a_manifest(), Scope(Level.SCHEMA, expected_id="D7KQ2M4")) == []
    assert found(a_manifest(), Scope(Level.SCHEMA, expected_id="D000000")) == [
        ("INVALID_DEPLOYMENT_ID", "deployment.id")
    ]


@pytest.mark.parametrize("field", ["org", "project"])
@pytest.mark.parametrize("value", ["", "   ", "x" * 101, "a\nb", "a\x00b"])
def test_v5_names(field: str, value: str) -> None:
    assert found(changed(f"deployment.{field}", value)) == [("INVALID_NAME", f"deployment.{field}")]


@pytest.mark.parametrize("value", ["x", "x" * 100, "Ökonomie & Söhne: 'GmbH'"])
def test_v5_good_names(value: str) -> None:
    assert found(changed("deployment.org", value)) == []


@pytest.mark.parametrize("value", ["", "localhost", "a b.test", "x.test.", "-a.test", ".test", "http://x.test"])
def test_the_domain_is_a_dns_name(value: str) -> None:
    assert found(changed("deployment.domain", value)) == [("INVALID_DOMAIN", "deployment.domain")]


def test_a_manifest_may_have_no_domain() -> None:
    assert found(changed("deployment.domain", None)) == []


def test_v6_templates() -> None:
    assert found(changed("deployment.template", "nope")) == [("INVALID_TEMPLATE", "deployment.template")]
    assert found(changed("deployment.template", "ours"), deployment_templates={"ours": frozenset()}) == []
    assert found(changed("deployment.template", "data-platform")) == []


@pytest.mark.parametrize("field", ["createdAt", "updatedAt"])
@pytest.mark.parametrize("value", ["", "yesterday", "2025-11-03", "2025-11-03T08:15:00", "2025-13-03T08:15:00Z"])
def test_v7_timestamps(field: str, value: str) -> None:
    assert found(changed(f"deployment.{field}", value)) == [("INVALID_TIMESTAMP", f"deployment.{field}")]


def test_v8_unknown_environments_anywhere() -> None:
    data = changed("environments.qa", an_environment())
    data["stacks"]["network"]["environments"] = {"Dev": {}}
    assert found(data) == [
        ("INVALID_ENVIRONMENT", "environments.qa"),
        ("INVALID_ENVIRONMENT", "stacks.network.environments.Dev"),
    ]


def test_v8_staging_gets_a_hint() -> None:
    (error,) = validate_manifest(changed("environments.staging", an_environment()), a_catalogue(), SCHEMA).errors
    assert "write 'stage'" in error.message


def test_v8_dev_is_there_and_enabled() -> None:
    assert found(changed("environments", {"stage": an_environment()})) == [("INVALID_ENVIRONMENT", "environments")]
    assert found(changed("environments.dev.enabled", False)) == [("INVALID_ENVIRONMENT", "environments.dev.enabled")]


@pytest.mark.parametrize("value", ["", "41000000001", "4100000000170", "41000000001x", "４１００００００００１７"])
def test_v9_accounts(value: str) -> None:
    assert found(changed("environments.dev.account", value)) == [("INVALID_ACCOUNT", "environments.dev.account")]


@pytest.mark.parametrize("value", ["", "eu-west", "EU-WEST-1", "us-gov-west-1", "eu-west-9", "xx-moon-1"])
def test_v9_regions(value: str) -> None:
    assert found(changed("environments.dev.region", value)) == [("INVALID_REGION", "environments.dev.region")]


def test_v9_disabled_environments_are_checked_too() -> None:
    data = changed("environments.prod", an_environment(enabled=False, account="1"))
    assert found(data) == [("INVALID_ACCOUNT", "environments.prod.account")]


@pytest.mark.parametrize(("value", "good"), [(-1, False), (0, True), (55.5, True), (100, True), (100.5, False)])
def test_v10_priorities(value: float, good: bool) -> None:
    expected = [] if good else [("INVALID_PRIORITY", "stacks.network.priority")]
    assert found(changed("stacks.network.priority", value)) == expected


@pytest.mark.parametrize("name", ["", "Network", "net_work", "-net", "net-", "1net", "net--work", "aws", "env"])
def test_v10_stack_names(name: str) -> None:
    data = a_manifest()
    data["stacks"][name] = a_network()
    assert found(data)[0] == ("INVALID_STACK_NAME", f"stacks.{name}")


def test_unknown_keys_are_warned_of_with_what_was_probably_meant() -> None:
    data = a_manifest(network=a_network(depedencies=[], environments={"dev": {"confg": {}}}))
    data["deployment"]["contact"] = {"emial": "x"}
    data["environments"]["dev"]["acount"] = "1"
    data["organization"] = "x"
    data["zzz"] = 1
    result = validate_manifest(data, a_catalogue(), SCHEMA)
    assert result.valid
    assert {(item.location.partition(":")[2], item.message) for item in result.warnings} == {
        ("organization", "the key 'organization' is unknown: write it as 'deployment.org'"),
        ("zzz", "the key 'zzz' is unknown"),
        ("deployment.contact.emial", "the key 'emial' is unknown: did you mean 'email'?"),
        ("environments.dev.acount", "the key 'acount' is unknown: did you mean 'account'?"),
        ("stacks.network.depedencies", "the key 'depedencies' is unknown: did you mean 'dependencies'?"),
        ("stacks.network.environments.dev.confg", "the key 'confg' is unknown: did you mean 'config'?"),
    }


def test_an_enabled_prod_in_a_shared_account_is_worth_a_warning() -> None:
    data = changed("environments.prod", an_environment())
    assert found(data) == [("SHARED_ACCOUNT", "environments.prod.account")]
    data["environments"]["prod"]["enabled"] = False
    assert found(data) == []


def test_places_are_those_of_the_flat_dialect() -> None:
    flat = {
        "deployment_id": "nope",
        "organization": "",
        "project": "p",
        "template": "minimal",
        "created_at": "2025-11-04T12:00:00Z",
        "environments": {"dev": {"region": "us-east-1", "account_id": "1"}},
        "stacks": {"network": {"enabled": True, "dependencies": []}},
    }
    assert found(flat) == [
        ("INVALID_DEPLOYMENT_ID", "deployment_id"),
        ("INVALID_NAME", "organization"),
        ("INVALID_ACCOUNT", "environments.dev.account_id"),
    ]


def test_one_fault_does_not_hide_the_others() -> None:
    data = a_manifest(a=a_network(dependencies=["b"]), b=a_network(dependencies=["a"]), c={"enabled": 1})
    data["deployment"]["id"] = 5
    data["environments"]["dev"]["region"] = None
    codes = [code for code, _place in found(data, Scope(Level.DEPENDENCIES), programs=frozenset("abc"))]
    assert codes == [
        "INVALID_TYPE",
        "INVALID_TYPE",
        "INVALID_TYPE",
        "REQUIRED_FIELD",
        "CIRCULAR_DEPENDENCY",
        *["UNKNOWN_STACK"] * 3,
    ]


def test_strict_turns_warnings_into_errors() -> None:
    data = changed("stacks.network.typo", 1)
    result = validate_manifest(data, a_catalogue(), Scope(Level.SCHEMA, strict=True))
    assert not result.valid
    assert [(error.code, error.severity) for error in result.errors] == [("UNKNOWN_KEY", Severity.ERROR)]
    assert result.warnings == ()


def test_a_valid_manifest_is_parsed_and_an_invalid_one_tells_everything() -> None:
    assert parse_manifest(a_manifest(), a_catalogue(), SCHEMA).deployment.org == "Birchway"
    data = changed("deployment.org", "")
    data["environments"]["dev"]["account"] = "1"
    with pytest.raises(InvalidManifest, match="the org is blank") as caught:
        parse_manifest(data, a_catalogue(), SCHEMA)
    assert [item["code"] for item in caught.value.context["findings"]] == ["INVALID_NAME", "INVALID_ACCOUNT"]
    assert caught.value.context["findings"][1] == {
        "code": "INVALID_ACCOUNT",
        "severity": "critical",
        "message": "the account '1' of 'dev' is not 12 digits",
        "details": {"location": "Deployment_Manifest.yaml:environments.dev.account"},
        "remediation": "write the account as 12 digits in quotes",
    }


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
paths = st.sampled_from(
    [
        "deployment",
        "deployment.id",
        "deployment.tags",
        "environments",
        "environments.dev",
        "environments.dev.config",
        "environments.stage",
        "stacks",
        "stacks.network",
        "stacks.network.dependencies",
        "stacks.network.environments",
        "stacks.network.config",
        "stacks.x y",
    ]
)


@given(st.lists(st.tuples(paths, anything), max_size=4))
def test_whatever_is_written_the_validation_ends_in_a_result(changes: list[tuple[str, Any]]) -> None:
    data = a_manifest()
    for path, value in changes:
        *way, last = path.split(".")
        section: Any = data
        for key in way:
            section = section.get(key, {}) if isinstance(section, dict) else {}
        if isinstance(section, dict):
            section[last] = value
    result = validate_manifest(data, a_catalogue())
    assert all(item.location.startswith("Deployment_Manifest.yaml") for item in result.errors)


def test_what_a_terminal_would_obey_is_shown_as_its_escape() -> None:
    stack = {"enabled": True, "dependencies": []}
    result = validate_manifest(a_manifest(**{"net\x1b[31m\u202e": stack}), a_catalogue(), Scope(Level.CONFIG))
    shown = [text for found in result.errors for text in (found.message, found.location, found.remediation)]
    assert any(text.endswith(r":stacks.net\x1b[31m\u202e") for text in shown)
    assert all(text.isprintable() for text in shown)


def test_the_canonical_dialect_has_one_spelling() -> None:
    data = a_manifest()
    data["deployment"]["created_at"] = data["deployment"].pop("createdAt")
    assert found(data) == [("REQUIRED_FIELD", "deployment.createdAt"), ("UNKNOWN_KEY", "deployment.created_at")]
