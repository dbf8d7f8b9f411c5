"""Each DNS name has one owner in an environment."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.stack_template import StackTemplate, parse_stack_template
from cloud_core.domain.validation import Finding, Level, Scope, validate_manifest
from cloud_core.testing.manifests import a_catalogue, a_manifest, an_environment

ZONE = {
    "name": "zone",
    "parameters": {
        "inputs": {"domain": {"type": "string", "default": "${deployment.domain}"}},
        "outputs": {"domainName": {"type": "string", "input": "domain"}, "zoneId": {"type": "string"}},
    },
}


def a_site(name: str, *, reads: str = "${zone.domainName}", **fields: Any) -> dict[str, Any]:
    """Owns `api.<domain>` unless `manageApiRecord` is false, and `<site>` softly."""
    inputs = {
        "domainName": {"type": "string", "default": reads},
        "manageApiRecord": {"type": "boolean", "default": True},
        "namespace": {"type": "string"},
    }
    names = [
        {"name": "api.{domainName}", "owned_if": "manageApiRecord"},
        {"name": "{namespace}", "private": True},
    ]
    return {
        "name": name,
        "soft_dependencies": ["zone"],
        "parameters": {"inputs": inputs},
        "dns_names": names,
        **fields,
    }


def templates(*more: dict[str, Any]) -> dict[str, StackTemplate]:
    every = (ZONE, a_site("apps"), a_site("gateway"), *more)
    return {data["name"]: parse_stack_template(data, data["name"]) for data in every}


def on(**fields: Any) -> dict[str, Any]:
    return {"enabled": True, "dependencies": [], **fields}


def conflicts(known: dict[str, StackTemplate] | None = None, **stacks: Any) -> list[Finding]:
    """Conflicts between the stacks of dev and stage; `zone` is on unless given."""
    found = known or templates()
    data = a_manifest(**{"zone": on(), **stacks})
    data["environments"]["stage"] = an_environment()
    catalogue = a_catalogue(stack_templates=found, programs=frozenset(found))
    result = validate_manifest(data, catalogue, Scope(Level.CONFIG, file=""))
    return [error for error in result.errors if error.code == "DNS_NAME_CONFLICT"]


def test_two_owners_are_an_error_with_both_places_and_a_way_out() -> None:
    (error,) = conflicts(apps=on(config={"manageApiRecord": True}), gateway=on())
    assert error.message == (
        "the DNS name 'api.landing.birchway.test' has more than one owner: "
        "'apps' (stacks.apps.config.manageApiRecord) and 'gateway' (stacks.gateway)"
    )
    assert error.location == "stacks.gateway"
    assert error.details["stacks"] == ["apps", "gateway"]
    assert error.details["places"] == ["stacks.apps.config.manageApiRecord", "stacks.gateway"]
    assert error.details["environments"] == ["dev", "stage"]
    assert error.remediation == (
        "let one stack own the name: set 'manageApiRecord' of 'apps' to false or "
        "set 'manageApiRecord' of 'gateway' to false"
    )


@pytest.mark.parametrize(
    "apps",
    [
        on(config={"manageApiRecord": False}),
        on(enabled=False),
        on(config={"domainName": "other.test"}),
        on(config={"domainName": None}),
    ],
    ids=["flag off", "stack off", "another domain", "no domain"],
)
def test_one_owner_is_fine(apps: dict[str, Any]) -> None:
    assert conflicts(apps=apps, gateway=on()) == []


def test_only_the_environment_with_both_is_named() -> None:
    apps = on(environments={"dev": {"config": {"manageApiRecord": False}}})
    (error,) = conflicts(apps=apps, gateway=on())
    assert error.details["environments"] == ["stage"]


@pytest.mark.parametrize(
    "spelling",
    [
        "landing.birchway.test",
        "Landing.Birchway.Test",
        "${deployment.domain}",
        "{{RUNTIME:zone:domainName}}",
        "{{ENV:site}}",
    ],
)
def test_the_same_name_in_another_spelling_is_the_same_name(spelling: str) -> None:
    known = templates()
    data = a_manifest(zone=on(), apps=on(config={"domainName": spelling}), gateway=on())
    data["environments"]["dev"]["config"] = {"site": "landing.${deployment.org}.test"}
    data["deployment"]["org"] = "birchway"
    catalogue = a_catalogue(stack_templates=known, programs=frozenset(known))
    errors = validate_manifest(data, catalogue, Scope(Level.CONFIG)).errors
    assert [error.code for error in errors] == ["DNS_NAME_CONFLICT"]


def test_a_name_that_only_the_deployment_can_tell_is_the_same_where_it_is_read_from_the_same_place() -> None:
    read = on(config={"domainName": "x.${zone.zoneId}"})
    assert [error.details["name"] for error in conflicts(apps=read, gateway=read)] == ["api.x.${zone.zoneid}"]
    assert conflicts(apps=read, gateway=on(config={"domainName": "x.{{SECRET:name}}"})) == []


def test_without_the_zone_there_are_no_names() -> None:
    assert conflicts(zone=on(enabled=False), apps=on(), gateway=on()) == []


def test_private_names_clash_with_private_ones_alone() -> None:
    apps = on(config={"namespace": "api.landing.birchway.test", "manageApiRecord": False})
    assert conflicts(apps=apps, gateway=on()) == []
    (error,) = conflicts(apps=apps, gateway=on(config={"namespace": "api.landing.birchway.test"}))
    assert error.remediation == "let one stack own the name: disable 'apps' there or disable 'gateway' there"


def test_outputs_that_lead_back_to_themselves_are_no_endless_loop() -> None:
    loop = {
        "name": "loop",
        "soft_dependencies": ["zone"],
        "parameters": {
            "inputs": {"domain": {"type": "string", "default": "${zone.domainName}"}},
            "outputs": {"domainName": {"type": "string", "input": "domain"}},
        },
    }
    known = templates(loop)
    zone = on(config={"domain": "${loop.domainName}"})
    assert [error.details["stacks"] for error in conflicts(known, zone=zone, loop=on(), apps=on(), gateway=on())] == [
        ["apps", "gateway"]
    ]
