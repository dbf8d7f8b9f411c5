"""The canonical manifest, its two dialects, and what it answers."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud_core.domain.errors import InvalidInput, StackNotFound
from cloud_core.domain.manifest import Manifest, dotted, flat, is_flat, normalise, written_path
from cloud_core.domain.manifest.dialects import FLAT_DEPLOYMENT
from cloud_core.testing.manifests import a_manifest, a_network, a_security, an_environment

FLAT: dict[str, Any] = {
    "version": "4.8",
    "deployment_id": "DM0SVC2",
    "organization": "Tollgate",
    "project": "checkout",
    "domain": "checkout.tollgate.test",
    "template": "microservices",
    "pulumiOrg": "tollgate",
    "created_at": "2025-11-04T12:00:00Z",
    "metadata": {"owner": "ann"},
    "environments": {
        "dev": {"region": "us-east-1", "account_id": "410000000041"},
        "stage": {"region": "us-east-1", "account_id": "410000000041"},
    },
    "stacks": {"network": {"enabled": True, "dependencies": [], "layer": 1}},
}

config_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
    max_leaves=8,
)
configs = st.dictionaries(st.text(min_size=1), config_values, max_size=4)


@given(configs, configs, configs, st.booleans(), st.integers(0, 100))
def test_plain_data_survives_the_model(one: Any, two: Any, three: Any, flag: bool, priority: int) -> None:
    network = a_network(config=one, priority=priority, protect=flag, environments={"dev": {"config": two}})
    data = a_manifest(network=network)
    data["environments"]["dev"]["config"] = three
    data["deployment"]["tags"] = {"team": "a"}
    before = copy.deepcopy(data)
    assert Manifest.model_validate(data).to_data() == before
    assert data == before


def test_unknown_keys_and_absent_defaults_stay_as_written() -> None:
    data = a_manifest(network=a_network(owner="ann"))
    data["deployment"]["ticket"] = 7
    assert Manifest.model_validate(data).to_data() == data


def test_a_whole_priority_is_written_as_an_integer() -> None:
    data = a_manifest(a=a_network(priority=100), b=a_network(priority=0.5))
    stacks = Manifest.model_validate(data).to_data()["stacks"]
    assert repr(stacks["a"]["priority"]) == "100"
    assert stacks["b"]["priority"] == 0.5


def test_all_may_stand_without_brackets() -> None:
    manifest = Manifest.model_validate(a_manifest(monitoring={"enabled": True, "dependencies": "ALL"}))
    assert manifest.stacks["monitoring"].dependencies == ("ALL",)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("environments", "dev", "account"), 410000000017),
        (("environments", "dev", "enabled"), "yes"),
        (("stacks", "network", "priority"), "90"),
        (("stacks", "network", "priority"), True),
        (("stacks", "network", "dependencies"), "network"),
        (("stacks", "network", "dependencies"), [1]),
        (("deployment", "tags"), {"a": 1}),
    ],
)
def test_types_are_never_bent(path: tuple[str, ...], value: object) -> None:
    data = a_manifest()
    section = data
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    with pytest.raises(ValidationError):
        Manifest.model_validate(data)


def test_the_flat_dialect_becomes_the_canonical_one() -> None:
    manifest = Manifest.model_validate(normalise(FLAT))
    assert manifest.deployment.id == "DM0SVC2"
    assert manifest.deployment.org == "Tollgate"
    assert manifest.deployment.created_at == "2025-11-04T12:00:00Z"
    assert manifest.deployment.pulumi_org == "tollgate"
    assert manifest.deployment.version == "4.8"
    assert manifest.deployment.metadata == {"owner": "ann"}
    assert manifest.environments["dev"].account == "410000000041"
    assert manifest.environments["dev"].enabled
    assert not manifest.environments["stage"].enabled


def test_a_flag_of_the_flat_dialect_is_kept() -> None:
    flat = copy.deepcopy(FLAT)
    flat["environments"]["stage"]["enabled"] = True
    assert normalise(flat)["environments"]["stage"]["enabled"] is True


def test_the_canonical_dialect_becomes_the_flat_one() -> None:
    data = a_manifest()
    told = flat(data)
    assert is_flat(told)
    assert "deployment" not in told
    assert (told["deployment_id"], told["organization"]) == (data["deployment"]["id"], data["deployment"]["org"])
    assert told["environments"]["dev"]["account_id"] == data["environments"]["dev"]["account"]
    assert told["environments"]["dev"]["enabled"] is True
    assert told["stacks"] == data["stacks"]


@given(
    st.dictionaries(st.sampled_from([*FLAT_DEPLOYMENT.values()]), st.text(), min_size=1),
    st.dictionaries(st.sampled_from(["dev", "stage", "prod"]), st.fixed_dictionaries({"enabled": st.booleans()})),
    st.dictionaries(st.text(min_size=1), st.integers()),
)
def test_there_and_back_a_manifest_is_the_same(
    deployment: dict[str, Any], environments: dict[str, Any], more: dict[str, Any]
) -> None:
    sections = {"deployment": {"id": "D1BRV40", **deployment}, "environments": environments}
    data = {**{key: value for key, value in more.items() if key not in FLAT_DEPLOYMENT}, **sections}
    assert normalise(flat(data)) == data


def test_what_the_flat_dialect_has_no_name_for_is_not_lost() -> None:
    odd = {"deployment": {"id": "D1BRV40", "odd": 1}, "environments": {"dev": 5}}
    assert flat(odd) == {"deployment_id": "D1BRV40", "odd": 1, "environments": {"dev": 5}}
    assert flat({"deployment": 5, "stacks": {}}) == {"deployment": 5, "stacks": {}}


def test_normalising_changes_nothing_canonical_and_leaves_oddities_alone() -> None:
    data = a_manifest()
    assert normalise(data) == data
    assert not is_flat(data)
    odd = {"deployment_id": "D1", "environments": {"dev": 5}, "more": 1}
    assert normalise(odd) == {"deployment": {"id": "D1"}, "environments": {"dev": 5}, "more": 1}
    assert normalise({"project": "p", "environments": 3})["environments"] == 3


@pytest.mark.parametrize(
    ("path", "written"),
    [
        (("deployment", "id"), ("deployment_id",)),
        (("deployment", "createdAt"), ("created_at",)),
        (("deployment", "pulumiOrg"), ("pulumiOrg",)),
        (("deployment", "contact", "email"), ("contact", "email")),
        (("environments", "dev", "account"), ("environments", "dev", "account_id")),
        (("environments", "dev", "region"), ("environments", "dev", "region")),
        (("stacks", "network", "enabled"), ("stacks", "network", "enabled")),
    ],
)
def test_places_are_named_as_the_file_spells_them(path: tuple[str, ...], written: tuple[str, ...]) -> None:
    assert written_path(path, FLAT) == written
    assert written_path(path, a_manifest()) == path


def test_an_alternative_spelling_is_named_when_it_is_used() -> None:
    assert written_path(("deployment", "pulumiOrg"), {"project": "p", "pulumi_org": "x"}) == ("pulumi_org",)
    flat = {"project": "p", "environments": {"dev": {"account": "1"}}}
    assert written_path(("environments", "dev", "account"), flat) == ("environments", "dev", "account")
    assert written_path(("environments", "dev", "account"), {"project": "p", "environments": 1})[-1] == "account_id"


def test_dotted_paths() -> None:
    assert dotted(("stacks", "a", "dependencies", 0, "x")) == "stacks.a.dependencies[0].x"
    assert dotted(()) == ""


def a_manifest_of_two_environments() -> Manifest:
    data = a_manifest(
        network=a_network(),
        security=a_security(environments={"stage": {"enabled": False}}),
        dns=a_network(enabled=False, environments={"dev": {"enabled": True}}),
    )
    data["environments"]["stage"] = an_environment(enabled=False)
    return Manifest.model_validate(data)


def test_a_stack_is_enabled_when_all_three_flags_are() -> None:
    manifest = a_manifest_of_two_environments()
    assert manifest.is_enabled("network", "dev")
    assert not manifest.is_enabled("network", "stage")
    assert manifest.is_switched_on("network", "stage")
    assert not manifest.is_switched_on("security", "stage")
    assert not manifest.is_enabled("dns", "dev")
    assert manifest.stacks_in("stage") == ["network"]


def test_environments_come_in_the_order_of_promotion() -> None:
    data = a_manifest()
    data["environments"] = {name: an_environment(enabled=name != "stage") for name in ("prod", "qa", "stage", "dev")}
    manifest = Manifest.model_validate(data)
    assert manifest.environment_names == ["dev", "stage", "prod"]
    assert manifest.enabled_environments == ["dev", "prod"]


def test_what_is_not_there_is_named() -> None:
    manifest = Manifest.model_validate(a_manifest())
    with pytest.raises(StackNotFound, match="'netwrk' is not in the manifest: it has network, security") as misspelt:
        manifest.stack("netwrk")
    assert misspelt.value.suggestion == "did you mean network?"
    with pytest.raises(StackNotFound, match="'dns' is not in the manifest: it has network, security"):
        manifest.stack("dns")
    with pytest.raises(InvalidInput, match="'prod' is not in the manifest: it has dev"):
        manifest.environment("prod")


@pytest.mark.parametrize(("field", "value"), [("contact", {"team": "web"}), ("pulumi", {"backend": "file:///state"})])
def test_every_field_of_a_deployment_has_a_place_in_the_flat_dialect(field: str, value: object) -> None:
    flat = {"deployment_id": "D7KQ2M4", "environments": {}, "stacks": {}}
    flat[written_path(("deployment", field), flat)[0]] = value  # type: ignore[index]
    assert normalise(flat)["deployment"][field] == value
