"""V11 to V15, V24 and undeclared dependencies."""

from __future__ import annotations

import time
from typing import Any

from cloud_core.domain.validation import Finding, Level, Scope, validate_manifest
from cloud_core.testing.manifests import TEMPLATES, a_catalogue, a_manifest, a_network, a_security, an_environment


def findings(data: dict[str, Any], environment: str | None = None, **catalogue: Any) -> list[Finding]:
    result = validate_manifest(data, a_catalogue(**catalogue), Scope(Level.DEPENDENCIES, environment))
    return [*result.errors, *result.warnings]


def codes(data: dict[str, Any], **catalogue: Any) -> list[str]:
    return [item.code for item in findings(data, **catalogue)]


def a_stack(*dependencies: str, **fields: Any) -> dict[str, Any]:
    return {"enabled": True, "dependencies": list(dependencies), **fields}


def free(*names: str) -> dict[str, Any]:
    """A catalogue of stacks without rules of their own."""
    plain = {name: TEMPLATES["network"].model_copy(update={"name": name}) for name in names}
    return {"stack_templates": plain, "programs": frozenset(names)}


def test_the_sample_is_valid() -> None:
    assert findings(a_manifest()) == []


def test_v11_every_stack_of_the_template_is_there_if_only_disabled() -> None:
    templates = {"minimal": frozenset({"network", "security", "dns"})}
    (error,) = findings(a_manifest(), deployment_templates=templates)
    assert (error.code, error.location) == ("TEMPLATE_STACK_MISSING", "Deployment_Manifest.yaml:stacks")
    assert "'dns'" in error.message
    stacks = {"network": a_network(), "security": a_security(), "dns": a_stack(enabled=False)}
    assert findings(a_manifest(**stacks), deployment_templates=templates) == []


def test_v12_a_dependency_that_is_not_in_the_manifest() -> None:
    (error, *_rest) = findings(a_manifest(network=a_network(), security=a_security(dependencies=["networks"])))
    assert error.code == "MISSING_DEPENDENCY"
    assert error.message == "Missing dependency: networks (needed by 'security'): did you mean 'network'?"
    assert error.location == "Deployment_Manifest.yaml:stacks.security.dependencies"
    assert error.remediation == "add the stack 'networks', or remove it from the dependencies of 'security'"


def test_v12_a_disabled_stack_is_looked_at_too_and_all_is_no_stack() -> None:
    assert codes(a_manifest(a=a_stack("gone", enabled=False)), **free("a"))[0] == "MISSING_DEPENDENCY"
    assert codes(a_manifest(a=a_stack("ALL")), **free("a")) == []


def test_v13_a_disabled_dependency_in_each_environment_where_it_is() -> None:
    network = a_network(environments={"stage": {"enabled": False}, "prod": {"enabled": False}})
    data = a_manifest(network=network, security=a_security())
    data["environments"] = {name: an_environment() for name in ("dev", "stage", "prod")}
    data["environments"]["prod"]["account"] = "410000000033"
    (error,) = findings(data)
    assert error.code == "DISABLED_DEPENDENCY"
    assert error.details["environments"] == ["stage", "prod"]
    assert error.message == "'security' depends on 'network', which is disabled"


def test_v13_a_soft_dependency_may_be_off() -> None:
    assert findings(a_manifest(network=a_network(enabled=False), dns=a_stack("network"))) == []


def test_v13_a_disabled_environment_is_not_looked_at() -> None:
    data = a_manifest(network=a_network(environments={"stage": {"enabled": False}}), security=a_security())
    data["environments"]["stage"] = an_environment(enabled=False)
    assert findings(data) == []


def test_v14_the_cycle_is_named_with_its_path() -> None:
    data = a_manifest(a=a_stack("b"), b=a_stack("c"), c=a_stack("a"))
    error = next(item for item in findings(data, **free("a", "b", "c")) if item.code == "CIRCULAR_DEPENDENCY")
    assert error.message == "Circular dependency detected: a → b → c → a"
    assert error.details["path"] == ["a", "b", "c", "a"]
    assert error.location == "Deployment_Manifest.yaml:stacks.a.dependencies"


def test_v14_placeholders_and_soft_dependencies_count() -> None:
    data = a_manifest(network=a_stack(config={"vpcCidr": "${dns.zone}"}), dns=a_stack("network"))
    assert "CIRCULAR_DEPENDENCY" in codes(data)


def test_v14_two_cycles_are_two_findings() -> None:
    data = a_manifest(a=a_stack("b"), b=a_stack("a"), c=a_stack("c"))
    assert codes(data, **free("a", "b", "c")).count("CIRCULAR_DEPENDENCY") == 2


def test_v15_the_list_is_that_of_the_stack_template() -> None:
    data = a_manifest(network=a_stack("security"), security=a_stack(enabled=True))
    lines = {item.location: item for item in findings(data) if item.code == "TEMPLATE_DEPENDENCY_MISMATCH"}
    surplus = lines["Deployment_Manifest.yaml:stacks.network.dependencies"]
    missing = lines["Deployment_Manifest.yaml:stacks.security.dependencies"]
    assert "it adds security" in surplus.message
    assert "it lacks network" in missing.message
    assert "[network]" in missing.remediation


def test_v15_soft_dependencies_may_be_listed_and_all_stands_for_everyone() -> None:
    stacks = {"network": a_network(), "security": a_security(), "dns": a_stack("network")}
    for dependencies in (["security"], ["ALL"], ["security", "dns"]):
        data = a_manifest(**stacks, monitoring=a_stack(*dependencies))
        assert "TEMPLATE_DEPENDENCY_MISMATCH" not in codes(data)
    assert "TEMPLATE_DEPENDENCY_MISMATCH" in codes(a_manifest(**(stacks | {"dns": a_stack("ALL")})))


def test_v24_a_stack_needs_a_template_and_a_program() -> None:
    stacks = {"network": a_network(), "netwrok": a_stack(), "own-stack": a_stack()}
    errors = findings(a_manifest(**stacks), programs=frozenset({"network", "own-stack"}))
    assert [(item.code, item.message) for item in errors] == [
        ("UNKNOWN_STACK", "the stack 'netwrok' has no stack template and no program: did you mean 'network'?"),
        ("UNKNOWN_STACK", "the stack 'own-stack' has no stack template"),
    ]
    assert "stacks/own_stack/" in errors[1].remediation


def test_v24_a_program_alone_may_be_missing() -> None:
    (error,) = findings(a_manifest(), programs=frozenset({"network"}))
    assert error.message == "the stack 'security' has no program"


def test_a_dependency_that_only_a_placeholder_names_is_a_warning() -> None:
    data = a_manifest(a=a_stack(), b=a_stack(config={"x": "${a.vpcId}"}))
    result = validate_manifest(data, a_catalogue(**free("a", "b")), Scope(Level.DEPENDENCIES))
    assert result.valid
    (warning,) = result.warnings
    assert warning.code == "UNDECLARED_DEPENDENCY"
    assert warning.message == "'b' reads an output of 'a' without listing it as a dependency"
    assert result.dependency_layers == 2


def test_only_the_chosen_environment_is_looked_at() -> None:
    data = a_manifest(network=a_network(environments={"stage": {"enabled": False}}), security=a_security())
    data["environments"]["stage"] = an_environment()
    assert [item.code for item in findings(data, "stage")] == ["DISABLED_DEPENDENCY"]
    assert findings(data, "dev") == []


def test_v14_a_tangle_is_told_by_its_first_cycles() -> None:
    names = [f"s{number}" for number in range(200)]
    tangle = {name: a_stack(*(other for other in names if other != name)) for name in names}
    cycles = [code for code in codes(a_manifest(**tangle), **free(*names)) if code == "CIRCULAR_DEPENDENCY"]
    assert len(cycles) == 100


def test_thousands_of_unknown_names_are_told_in_seconds() -> None:
    names = [f"stack-{number}" for number in range(2000)]
    data = a_manifest(**{name: a_stack(name.replace("a", "o")) for name in names})
    started = time.monotonic()
    assert codes(data, **free(*names)).count("MISSING_DEPENDENCY") == 2000
    assert time.monotonic() - started < 60
