"""The graph of an environment: declared, soft and implicit dependencies."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import DependencyCycle, InvalidInput, InvalidManifest
from cloud_core.domain.manifest import Manifest, environment_edges, environment_graph
from cloud_core.testing.manifests import TEMPLATES, a_manifest, a_network, a_security, an_environment


def a_stack(*dependencies: str, **fields: Any) -> dict[str, Any]:
    return {"enabled": True, "dependencies": list(dependencies), **fields}


def parsed(data: dict[str, Any]) -> Manifest:
    return Manifest.model_validate(data)


def test_declared_dependencies_make_the_layers() -> None:
    graph = environment_graph(parsed(a_manifest()), "dev", TEMPLATES)
    assert graph.layers == [["network"], ["security"]]


def test_a_placeholder_makes_a_hard_edge_which_is_told_when_it_is_not_listed() -> None:
    manifest = parsed(
        a_manifest(a=a_stack(), b=a_stack(config={"x": ["see ${a.out}"]}), c=a_stack("a", config={"x": "${a.out}"}))
    )
    edges = environment_edges(manifest, "dev", {})
    assert edges["b"].hard == edges["b"].undeclared == {"a"}
    assert edges["c"].hard == {"a"}
    assert edges["c"].undeclared == frozenset()


def test_the_default_of_a_stack_template_makes_an_edge() -> None:
    manifest = parsed(a_manifest(network=a_network(), security=a_stack()))
    assert environment_graph(manifest, "dev", TEMPLATES).hard["security"] == {"network"}


def test_an_edge_through_the_values_of_the_environment() -> None:
    data = a_manifest(a=a_stack(), b=a_stack(config={"x": "{{ENV:key}}"}))
    data["environments"] = {
        "dev": an_environment(config={"key": "{{ENV:more}}", "more": "{{RUNTIME:a:out}}"}),
        "stage": an_environment(config={"key": "plain"}),
    }
    assert environment_graph(parsed(data), "dev", {}).hard["b"] == {"a"}
    assert environment_graph(parsed(data), "stage", {}).hard["b"] == frozenset()


def test_what_the_template_calls_soft_is_soft_however_it_is_named() -> None:
    listed = parsed(a_manifest(network=a_network(), dns=a_stack("network")))
    read = parsed(a_manifest(network=a_network(), dns=a_stack(config={"vpcId": "${network.vpcId}"})))
    for manifest in (listed, read):
        edges = environment_edges(manifest, "dev", TEMPLATES)["dns"]
        assert (edges.hard, edges.soft, edges.undeclared) == (frozenset(), {"network"}, frozenset())


def test_a_soft_dependency_that_is_off_or_absent_is_no_edge() -> None:
    off = parsed(a_manifest(network=a_network(enabled=False), dns=a_stack("network")))
    absent = parsed(a_manifest(dns=a_stack("network", config={"vpcId": "${network.vpcId}"})))
    for manifest in (off, absent):
        assert environment_graph(manifest, "dev", TEMPLATES).dependencies("dns") == frozenset()


def test_all_is_every_other_enabled_stack_and_soft() -> None:
    stacks = {"a": a_stack(), "b": a_stack(), "off": a_stack(enabled=False), "watch": a_stack("ALL")}
    edges = environment_edges(parsed(a_manifest(**stacks)), "dev", {})["watch"]
    assert (edges.hard, edges.soft) == (frozenset(), {"a", "b"})


@pytest.mark.parametrize("dependencies", [["ALL"], ["security"], ["security", "ALL"]])
def test_all_keeps_the_templates_hard_dependencies_hard(dependencies: list[str]) -> None:
    stacks = {"network": a_network(), "security": a_security(), "monitoring": a_stack(*dependencies)}
    graph = environment_graph(parsed(a_manifest(**stacks)), "dev", TEMPLATES)
    assert graph.hard["monitoring"] == {"security"}
    assert graph.soft["monitoring"] == {"network"}
    assert graph.layer_of("monitoring") == 3


def test_all_and_a_stack_that_is_read_stay_soft() -> None:
    stacks = {"a": a_stack(), "watch": a_stack("ALL", config={"x": "${a.out}"})}
    edges = environment_edges(parsed(a_manifest(**stacks)), "dev", {})["watch"]
    assert (edges.hard, edges.soft, edges.undeclared) == (frozenset(), {"a"}, frozenset())


def test_a_missing_dependency() -> None:
    with pytest.raises(InvalidInput, match="Missing dependency: network"):
        environment_graph(parsed(a_manifest(security=a_security())), "dev", TEMPLATES)


def test_a_disabled_dependency_names_both() -> None:
    manifest = parsed(a_manifest(network=a_network(environments={"dev": {"enabled": False}}), security=a_security()))
    with pytest.raises(InvalidManifest, match="'security' depends on 'network', which is disabled in dev") as caught:
        environment_graph(manifest, "dev", TEMPLATES)
    assert caught.value.suggestion is not None
    assert "enable the stack 'network'" in caught.value.suggestion


def test_a_cycle_through_a_placeholder() -> None:
    manifest = parsed(a_manifest(a=a_stack("b"), b=a_stack(config={"x": "${a.out}"})))
    with pytest.raises(DependencyCycle, match="a → b → a"):
        environment_graph(manifest, "dev", {})


def test_a_stack_that_reads_itself_is_a_cycle() -> None:
    with pytest.raises(DependencyCycle, match="a → a"):
        environment_graph(parsed(a_manifest(a=a_stack(config={"x": "${a.out}"}))), "dev", {})


def test_priorities_come_from_the_manifest_then_the_template() -> None:
    stacks = {"network": a_network(), "dns": a_stack(priority=99.5), "own": a_stack()}
    graph = environment_graph(parsed(a_manifest(**stacks)), "dev", {name: TEMPLATES[name] for name in ("network",)})
    assert graph.priorities == {"network": 100, "dns": 99.5, "own": 50}
    assert graph.layers == [["network", "dns", "own"]]


def test_the_graph_of_a_disabled_environment_is_as_if_it_was_enabled() -> None:
    data = a_manifest()
    data["environments"]["prod"] = an_environment(enabled=False)
    assert environment_graph(parsed(data), "prod", TEMPLATES).names == ["network", "security"]


def test_an_unknown_environment() -> None:
    with pytest.raises(InvalidInput, match="'prod' is not in the manifest"):
        environment_graph(parsed(a_manifest()), "prod", TEMPLATES)
