"""Manifests of version 2.3 become manifests of 3.1, step by step, and nothing else is touched."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.manifest import apply_edits
from cloud_core.domain.migration import migrate_manifest, stack_name
from cloud_core.domain.stack_template import parse_stack_template

NOW = "2026-01-01T00:00:00.000Z"
TEMPLATES = {
    name: parse_stack_template({"name": name, **more}, name)
    for name, more in {
        "network": {
            "priority": 100,
            "parameters": {"inputs": {"vpcCidr": {"type": "string"}, "dev": {"type": "object"}}},
        },
        "database-rds": {"dependencies": ["network"], "priority": 70},
    }.items()
}


def migrated(data: dict[str, Any]) -> dict[str, Any]:
    """The document after all edits; a second migration finds nothing."""
    document = deepcopy(data)
    apply_edits(document, [fix.edit for fix in migrate_manifest(data, TEMPLATES, NOW)])
    assert migrate_manifest(document, TEMPLATES, NOW) == []
    return document


def manifest(stacks: dict[str, Any] | None = None, environments: dict[str, Any] | None = None) -> dict[str, Any]:
    facts = {"id": "D1BRV40", "org": "Acme", "project": "shop", "template": "demo", "createdAt": NOW}
    dev = {"enabled": True, "account": "410000000017", "region": "us-east-1"}
    return {"deployment": facts, "environments": environments or {"dev": dev}, "stacks": stacks or {}}


def stack(**more: Any) -> dict[str, Any]:
    return {"enabled": True, "dependencies": [], **more}


@pytest.mark.parametrize(
    ("old", "new"),
    [("database_rds", "database-rds"), ("DatabaseRds", "database-rds"), ("network", "network"), ("eks2 x", "eks2-x")],
)
def test_names_of_stacks_have_one_spelling(old: str, new: str) -> None:
    assert stack_name(old) == new


@given(st.text())
def test_a_name_in_todays_spelling_stays(text: str) -> None:
    assert stack_name(stack_name(text)) == stack_name(text)


def test_a_manifest_of_today_stays_as_it_is() -> None:
    assert migrate_manifest(manifest({"network": stack()}), TEMPLATES, NOW) == []


def test_the_flat_form_becomes_the_nested_one_and_unknown_keys_survive() -> None:
    flat = {
        "version": "2.3",
        "deployment_id": "D1BRV40",
        "organization": "Acme",
        "project": "shop",
        "template": "demo",
        "created_at": NOW,
        "owner": "ann",
        "environments": {"dev": {"region": "us-east-1", "account_id": 17, "note": "keep"}},
        "stacks": {"network": stack(team="core")},
    }
    found = migrated(flat)
    assert found["deployment"] == {**manifest()["deployment"], "version": "3.1"}
    assert found["environments"]["dev"] == {
        "enabled": True,
        "region": "us-east-1",
        "account": "000000000017",
        "note": "keep",
    }
    assert (found["owner"], found["stacks"]["network"]["team"]) == ("ann", "core")
    assert "deployment_id" not in found


def test_environments_have_todays_names_everywhere() -> None:
    section = manifest()["environments"]["dev"]
    old = manifest(
        {"network": stack(environments={"production": {"config": {"x": 1}}})},
        {"development": section, "staging": section, "production": section},
    )
    found = migrated(old)
    assert list(found["environments"]) == ["dev", "stage", "prod"]
    assert found["stacks"]["network"]["environments"] == {"prod": {"config": {"x": 1}}}


def test_the_flat_forms_development_is_on_like_dev() -> None:
    flat = {
        "deployment_id": "D1BRV40",
        "environments": {name: {"region": "us-east-1"} for name in ("development", "staging")},
    }
    found = migrated({**flat, "created_at": NOW, "stacks": {}})["environments"]
    assert {name: section["enabled"] for name, section in found.items()} == {"dev": True, "stage": False}


def test_stacks_are_renamed_with_everything_that_speaks_of_them() -> None:
    old = manifest(
        {
            "network": stack(config={"dev": {"is": "an input"}}),
            "database_rds": stack(dependencies=["network"], priority=300),
            "app_web": stack(
                dependencies=["database_rds"],
                config={
                    "url": "at ${database_rds.endpoint}",
                    "all": ["{{RUNTIME:database_rds:port}}", {"n": "{{database_rds.name}}"}],
                    "other": "${env.CLOUD_VAR_X} ${network.vpcId} ${no_stack.x}",
                },
            ),
        }
    )
    stacks = migrated(old)["stacks"]
    assert list(stacks) == ["network", "database-rds", "app-web"]
    assert stacks["app-web"]["dependencies"] == ["database-rds"]
    assert stacks["app-web"]["config"] == {
        "url": "at ${database-rds.endpoint}",
        "all": ["{{RUNTIME:database-rds:port}}", {"n": "{{database-rds.name}}"}],
        "other": "${env.CLOUD_VAR_X} ${network.vpcId} ${no_stack.x}",
    }
    assert stacks["database-rds"]["priority"] == 70
    assert stacks["network"]["config"] == {"dev": {"is": "an input"}}


def test_configuration_keyed_by_environment_moves_to_the_environments() -> None:
    old = manifest({"database_rds": stack(config={"size": 1, "dev": {"size": 2}, "production": {"size": 3}})})
    section = migrated(old)["stacks"]["database-rds"]
    assert section["config"] == {"size": 1}
    assert section["environments"] == {"dev": {"config": {"size": 2}}, "prod": {"config": {"size": 3}}}


def test_what_is_there_already_is_never_overwritten() -> None:
    old = manifest(
        {
            "database_rds": stack(note="old"),
            "database-rds": stack(
                note="new",
                dependencies=["network"],
                config={"dev": {"size": 2}},
                environments={"dev": {"enabled": False}},
            ),
            "network": stack(config={"vpc_cidr": "a", "vpcCidr": "b", "other_key": 1}),
        }
    )
    stacks = migrated(old)["stacks"]
    assert (stacks["database_rds"]["note"], stacks["database-rds"]["note"]) == ("old", "new")
    assert stacks["database-rds"]["config"] == {"dev": {"size": 2}}
    assert stacks["network"]["config"] == {"vpc_cidr": "a", "vpcCidr": "b", "other_key": 1}


def test_inputs_have_the_templates_names() -> None:
    old = manifest(
        {"network": stack(config={"vpc_cidr": "10.0.0.0/16"}, environments={"dev": {"config": {"vpc_cidr": "x"}}})}
    )
    section = migrated(old)["stacks"]["network"]
    assert section["config"] == {"vpcCidr": "10.0.0.0/16"}
    assert section["environments"]["dev"]["config"] == {"vpcCidr": "x"}
