"""Page tokens: opaque, bound to their list, and safe against anything that comes back."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.page_tokens import check_limit, decode_token, encode_token, token_called

PLACES = st.dictionaries(st.text(min_size=1), st.text(), min_size=1)


@given(st.text(), PLACES)
def test_a_token_leads_back_to_its_place(name: str, place: dict[str, str]) -> None:
    token = encode_token(name, place)
    assert decode_token(name, list(place), token) == place
    assert token.isascii()


@given(st.text())
def test_any_other_text_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput, match="next_token"):
        decode_token("list", ["SK"], token)


@given(PLACES, st.data())
def test_a_token_with_one_changed_character_is_refused(place: dict[str, str], data: st.DataObject) -> None:
    token = encode_token("list", place)
    position = data.draw(st.integers(0, len(token.rstrip("=")) - 2))
    other = data.draw(st.sampled_from("abcXYZ019-_").filter(lambda letter: letter != token[position]))
    with pytest.raises(InvalidInput, match="next_token"):
        decode_token("list", list(place), token[:position] + other + token[position + 1 :])


def test_a_token_of_another_list_or_of_other_keys_is_refused() -> None:
    token = encode_token("list", {"PK": "a", "SK": "b"})
    for name, parts in (("other", ["PK", "SK"]), ("list", ["PK"]), ("list", ["PK", "SK", "status"])):
        with pytest.raises(InvalidInput, match="none of this list's") as refusal:
            decode_token(name, parts, token)
        assert refusal.value.context["field"] == "next_token"


@pytest.mark.parametrize("token", ["x", "ü", "eA==", "/w==", "_w==", encode_token("list", {"PK": "a"})[:-2] + "AA"])
def test_a_refusal_names_the_parameter_and_the_way_out_alone(token: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        decode_token("list", ["SK"], token)
    assert refusal.value.message == (
        "next_token is none of this list's: pass it on exactly as the page before gave it, with the same filters"
    )
    assert refusal.value.suggestion == "start again without next_token"
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("place", ['["SK"]', '"SK"', "null", "[" * 10_000])
def test_a_token_that_somebody_made_up_is_refused_too(place: str) -> None:
    body = f'["list",{place}]'
    made_up = hashlib.sha256(body.encode()).hexdigest()[:8] + body
    with pytest.raises(InvalidInput, match="none of this list's"):
        decode_token("list", ["SK"], base64.urlsafe_b64encode(made_up.encode()).decode())


def test_it_is_named_as_those_call_it_who_send_it() -> None:
    with pytest.raises(InvalidInput, match="page_token is none") as refusal, token_called("page_token"):
        decode_token("list", ["SK"], "x")
    assert (refusal.value.context["field"], refusal.value.suggestion) == (
        "page_token",
        "start again without page_token",
    )
    with pytest.raises(InvalidInput, match="limit 0"), token_called("page_token"):
        check_limit(0)


def test_a_limit_is_at_least_one() -> None:
    check_limit(1)
    with pytest.raises(InvalidInput, match="limit 0 is too small"):
        check_limit(0)
