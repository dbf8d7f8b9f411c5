"""What is mended by itself, and that the rest is left alone."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.manifest import apply_edits
from cloud_core.domain.validation import find_fixes, validate_manifest
from cloud_core.testing.manifests import (
    ACCOUNT,
    TEMPLATES,
    a_catalogue,
    a_manifest,
    a_network,
    a_security,
    an_environment,
)

NOW = "2026-01-02T03:04:05.000Z"


def fixed(data: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    before = copy.deepcopy(data)
    fixes = find_fixes(data, TEMPLATES, NOW)
    assert data == before
    apply_edits(data, [fix.edit for fix in fixes])
    return data, [fix.description for fix in fixes]


def test_a_good_manifest_is_left_alone() -> None:
    assert find_fixes(a_manifest(), TEMPLATES, NOW) == []


def test_missing_fields_get_their_defaults() -> None:
    data = a_manifest(network={}, security={"enabled": False}, own={})
    del data["deployment"]["createdAt"]
    data["environments"] = {"dev": an_environment(), "stage": {}, "prod": {"account": "410000000033"}}
    del data["environments"]["dev"]["enabled"]
    result, lines = fixed(data)
    assert result["deployment"]["createdAt"] == NOW
    assert result["environments"] == {
        "dev": an_environment(),
        "stage": {"enabled": False, "account": ACCOUNT, "region": "eu-west-1"},
        "prod": {"enabled": False, "account": "410000000033", "region": "eu-west-1"},
    }
    assert result["stacks"]["network"] == {"enabled": True, "dependencies": []}
    assert result["stacks"]["security"] == {"enabled": False, "dependencies": ["network"]}
    assert result["stacks"]["own"] == {"enabled": True}
    assert f"set environments.stage.account to '{ACCOUNT}'" in lines


def test_staging_becomes_stage_everywhere_in_its_place() -> None:
    data = a_manifest(network=a_network(environments={"staging": {"config": {"azCount": 2}}}))
    prod = an_environment(enabled=False)
    data["environments"] = {"dev": an_environment(), "staging": {"enabled": True}, "prod": prod}
    result, lines = fixed(data)
    assert list(result["environments"]) == ["dev", "stage", "prod"]
    assert result["environments"]["stage"] == {"enabled": True, "account": ACCOUNT, "region": "eu-west-1"}
    assert result["stacks"]["network"]["environments"] == {"stage": {"config": {"azCount": 2}}}
    assert lines[0] == "renamed environments.staging to 'stage'"


def test_staging_stays_where_stage_is_there_too() -> None:
    data = a_manifest()
    data["environments"] |= {"stage": an_environment(), "staging": an_environment()}
    assert "staging" in fixed(data)[0]["environments"]


def test_quoted_numbers_become_numbers_where_a_number_belongs() -> None:
    config = {"vpcCidr": "7", "azCount": "3", "zones": ["1"]}
    own = {"dev": {"config": {"azCount": "1.5"}}}
    data = a_manifest(network=a_network(priority="90", layer="2", config=config, environments=own))
    result, _lines = fixed(data)
    network = result["stacks"]["network"]
    assert (network["priority"], network["layer"]) == (90, 2)
    assert network["config"] == {"vpcCidr": "7", "azCount": 3, "zones": ["1"]}
    assert network["environments"]["dev"]["config"] == {"azCount": 1.5}


def test_what_is_no_number_is_left_alone() -> None:
    for text in ("", "x", "1x", "{{ENV:azs}}", "1.2.3", "--1", "0x10", "²", "1e3", None, True):
        data = a_manifest(network=a_network(priority=text))
        assert fixed(data) == (a_manifest(network=a_network(priority=text)), [])


def test_missing_dependencies_of_the_stack_template_are_added_at_the_end() -> None:
    data = a_manifest(network=a_network(), dns=a_network(config={}), security=a_security(dependencies=["dns"]))
    result, lines = fixed(data)
    assert result["stacks"]["security"]["dependencies"] == ["dns", "network"]
    assert lines == ["added network to stacks.security.dependencies"]


def test_all_needs_no_additions() -> None:
    stacks = {"network": a_network(), "security": a_security(), "monitoring": {"enabled": True, "dependencies": "ALL"}}
    assert find_fixes(a_manifest(**stacks), TEMPLATES, NOW) == []
    stacks["monitoring"]["dependencies"] = ["ALL"]
    assert find_fixes(a_manifest(**stacks), TEMPLATES, NOW) == []


def test_the_flat_dialect_is_mended_in_its_own_words() -> None:
    data: dict[str, Any] = {
        "deployment_id": "DM0SVC2",
        "organization": "Tollgate",
        "project": "checkout",
        "template": "minimal",
        "environments": {"dev": {"region": "us-east-1", "account_id": ACCOUNT}, "staging": {}},
        "stacks": {"network": {"enabled": True, "dependencies": [], "priority": "90"}},
    }
    result, _lines = fixed(data)
    assert result["created_at"] == NOW
    assert result["environments"]["stage"] == {"account_id": ACCOUNT, "region": "us-east-1"}
    assert result["stacks"]["network"]["priority"] == 90


anything = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.text(max_size=2), max_size=2)
wild = st.recursive(
    anything,
    lambda inner: st.dictionaries(
        st.sampled_from(["dev", "staging", "network", "security", "config", "environments", "dependencies", "enabled"]),
        inner,
        max_size=3,
    ),
    max_leaves=10,
)


@given(wild, wild, wild)
def test_mending_never_fails_and_once_is_enough(deployment: Any, environments: Any, stacks: Any) -> None:
    data = {"deployment": deployment, "environments": environments, "stacks": stacks}
    result, _lines = fixed(data)
    assert find_fixes(result, TEMPLATES, NOW) == []


def test_a_cycle_is_not_touched() -> None:
    data = a_manifest(network=a_network(dependencies=["security"]), security=a_security())
    assert find_fixes(data, TEMPLATES, NOW) == []


def test_a_mended_manifest_is_valid() -> None:
    data = a_manifest(network=a_network(priority="90"), security=a_security(dependencies=[]))
    data["environments"] |= {"staging": {"enabled": False}}
    assert not validate_manifest(data, a_catalogue()).valid
    assert validate_manifest(fixed(data)[0], a_catalogue()).valid
