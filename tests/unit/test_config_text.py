"""Values as they are typed and shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.config_text import parse_value, written
from cli.options import UsageProblem

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-1", -1),
        ("2.5", 2.5),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ('["a", 2]', ["a", 2]),
        ("[a, b]", ["a", "b"]),
        ('{"team": {"name": "x"}}', {"team": {"name": "x"}}),
        ("{team: x}", {"team": "x"}),
        ('"3"', "3"),
        ("'true'", "true"),
    ],
)
def test_scalars_and_json_are_what_they_say(text: str, value: Any) -> None:
    parsed = parse_value(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 3",
        "db.t3.micro",
        "10.0.0.0/16",
        "yes",
        "on",
        "012345678901",
        "a: b",
        "- a",
        "# no comment",
        "#none",
        "&anchor",
        "*alias",
        "@at",
        "!tag",
        "---",
        ".inf",
        "2026-01-02",
        "{{SECRET:Acme/dev/db}}",
        "${network.vpcId}",
        "1234567890123456789012345678901234567890",
    ],
)
def test_everything_else_is_a_text_as_it_stands(text: str) -> None:
    assert parse_value(text) == text


@pytest.mark.parametrize("text", ["{a: ", '["a"', '"open', '{"a": 1, "a": 2}'])
def test_what_begins_like_json_and_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem, match="begins like JSON") as error:
        parse_value(text)
    assert "--string" in str(error.value.suggestion)


@given(plain)
def test_what_is_shown_can_be_typed_again(value: Any) -> None:
    assert parse_value(written(value)) == value
