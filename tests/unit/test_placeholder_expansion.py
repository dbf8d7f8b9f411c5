"""Unfolding ENV values, and filling values in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.placeholders import environment_loops, expand, fill, references
from cloud_core.domain.values import UNKNOWN, SecretValue, mask, reveal


def expanded(value: Any, environment: dict[str, Any]) -> Any:
    tree, problems = expand(value, environment)
    assert problems == []
    result, misplaced = fill(tree, {})
    assert misplaced == []
    return result


def filled(text: str, **values: Any) -> tuple[Any, list[str]]:
    """`text` with the outputs of stack `s` filled in, and the reasons why some could not be."""
    tree, problems = expand(text, {})
    assert problems == []
    result, misplaced = fill(tree, {ref: values[ref.placeholder.output or ""] for ref in references(tree)})
    return result, [problem.reason for problem in misplaced]


@pytest.mark.parametrize("value", [2, 2.5, True, None, "text", ["a", 1], {"k": ["v"]}])
def test_a_whole_string_takes_the_environments_value_with_its_type(value: Any) -> None:
    assert expanded({"field": ["{{ENV:key}}"]}, {"key": value}) == {"field": [value]}


@pytest.mark.parametrize(("value", "text"), [(2, "2"), (2.5, "2.5"), (True, "true"), (False, "false"), ("x", "x")])
def test_inside_a_text_it_becomes_text(value: Any, text: str) -> None:
    assert expanded("a-{{ENV:key}}-b", {"key": value}) == f"a-{text}-b"


def test_environment_values_may_lead_on_and_references_tell_the_way() -> None:
    tree, problems = expand(
        {"db": {"host": "{{ENV:host}}"}},
        {"host": "{{ENV:names}}", "names": ["x", "tcp://${network.vpcId}:{{ENV:port}}"], "port": 5432},
    )
    assert problems == []
    (reference,) = references(tree)
    assert reference.field == "db.host"
    assert reference.via == ("host", "names")
    assert reference.placeholder.path == "[1]"
    assert fill(tree, {reference: "vpc-1"})[0] == {"db": {"host": ["x", "tcp://vpc-1:5432"]}}


def test_values_never_form_new_placeholders() -> None:
    environment = {"open": "{{ENV", "dollar": "$", "whole": "$${network.vpcId}"}
    tree, problems = expand("{{ENV:dollar}}{network.vpcId}", environment)
    assert fill(tree, {}) == ("${network.vpcId}", [])
    assert problems == []
    assert list(references(tree)) == []
    assert expanded("{{ENV:whole}}", environment) == "${network.vpcId}"


def test_a_loop_is_a_problem_that_names_its_way() -> None:
    _, problems = expand({"f": "x{{ENV:a}}"}, {"a": "{{ENV:b}}", "b": ["{{ENV:a}}"]})
    (problem,) = problems
    assert (problem.field, problem.text, problem.via) == ("f", "{{ENV:a}}", ("a", "b"))
    assert "a → b → a" in problem.reason


def test_a_chain_of_ten_is_followed_and_one_more_is_not() -> None:
    chain = {f"k{i}": f"{{{{ENV:k{i + 1}}}}}" for i in range(1, 11)} | {"k11": "end"}
    assert expanded("{{ENV:k2}}", chain) == "end"
    _, problems = expand("{{ENV:k1}}", chain)
    assert ["10 deep" in problem.reason for problem in problems] == [True]


def test_every_missing_key_and_malformed_placeholder_is_collected() -> None:
    _, problems = expand(
        {"a": "{{ENV:nope}}", "b": ["${HOME}", "{{ENV:bad}}"], "c": "{{ENV:azs}}"}, {"azs": 2, "bad": "{{ENV:}}"}
    )
    assert [(p.field, p.text, p.via) for p in problems] == [
        ("a", "{{ENV:nope}}", ()),
        ("b[0]", "${HOME}", ()),
        ("b[1]", "{{ENV:}}", ("bad",)),
    ]
    assert "it has: azs, bad" in problems[0].reason


def test_loops_are_listed_once_each_and_straight_chains_are_none() -> None:
    assert environment_loops({"a": "{{ENV:b}}", "b": "{{ENV:c}}", "c": 1, "d": "{{ENV:a}}{{ENV:nope}}"}) == []
    assert environment_loops({"a": "{{ENV:a}}"}) == [["a", "a"]]
    assert environment_loops({"x": "{{ENV:a}}", "a": ["{{ENV:b}}"], "b": "{{ENV:a}}"}) == [["a", "b", "a"]]


def test_a_whole_string_keeps_the_type_of_any_value() -> None:
    nested = {"list": [1, SecretValue("s")]}
    assert filled("${s.o}", o=nested) == (nested, [])
    assert filled("${s.o}", o=UNKNOWN) == (UNKNOWN, [])


def test_a_secret_inside_a_text_makes_it_secret() -> None:
    value, problems = filled("postgres://${s.user}:${s.word}@x", user="me", word=SecretValue("hunter2"))
    assert problems == []
    assert mask(value) == "***"
    assert reveal(value) == "postgres://me:hunter2@x"


def test_an_unknown_inside_a_text_makes_it_unknown_and_a_secret_one_stays_secret() -> None:
    assert filled("a${s.o}b", o=UNKNOWN) == (UNKNOWN, [])
    assert filled("${s.o}${s.p}", o=UNKNOWN, p=SecretValue("x")) == (SecretValue(UNKNOWN), [])
    assert filled("-${s.o}", o=SecretValue(UNKNOWN)) == (SecretValue(UNKNOWN), [])


@pytest.mark.parametrize(
    ("value", "what"), [([1], "a list"), ({"a": 1}, "a map"), (None, "null"), (SecretValue(["hidden"]), "a list")]
)
def test_lists_maps_and_nothing_do_not_fit_into_a_text(value: Any, what: str) -> None:
    _, (reason,) = filled("a-${s.o}", o=value)
    assert what in reason
    assert "hidden" not in reason


def test_what_has_no_value_stays_as_written() -> None:
    tree, _ = expand(["${s.o}", "a-{{SECRET:x/y}}", "$${kept}"], {})
    assert fill(tree, {}) == (["${s.o}", "a-{{SECRET:x/y}}", "${kept}"], [])


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_characters="{")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=15,
)


@given(PLAIN)
def test_configuration_without_placeholders_is_left_alone(value: Any) -> None:
    assert expanded(value, {}) == value


@given(st.text("${}aE:. ", max_size=30))
def test_any_text_can_be_written_by_doubling_its_openers(text: str) -> None:
    escaped = re.sub(r"\$\{|\{\{", lambda opener: "$${" if opener.group() == "${" else "{{{{", text)
    assert expanded(escaped, {}) == text


def test_a_long_chain_of_environment_values_is_no_loop() -> None:
    chain = {f"k{i}": f"{{{{ENV:k{i + 1}}}}}" for i in range(5000)}
    assert environment_loops(chain) == []
    assert environment_loops({**chain, "k5000": "{{ENV:k0}}"})[0][:2] == ["k0", "k1"]


def test_environment_values_can_not_blow_up_a_small_manifest() -> None:
    environment: dict[str, Any] = {f"k{i}": [f"{{{{ENV:k{i + 1}}}}}"] * 10 for i in range(9)} | {"k9": "x"}
    _, problems = expand({"f": "{{ENV:k0}}"}, environment)
    assert {problem.reason for problem in problems} == {"the environment's values unfold to more than 10000 values"}
    assert len(problems) < 100
