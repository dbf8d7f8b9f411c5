"""Secrets and unknowns at any depth: masked, revealed, found, and never shown by accident."""

from __future__ import annotations

import copy
import pickle

from cloud_core.domain.values import (
    MASK,
    UNKNOWN,
    SecretValue,
    Unknown,
    contains,
    mask,
    reveal,
    secret_texts,
    spellings,
)

NESTED = {"plain": 1, "list": [SecretValue("hush-hush"), {"deep": SecretValue({"key": "inner-text", "n": 2})}]}


def test_no_repr_shows_a_secret() -> None:
    assert "hush" not in repr(NESTED) + str(SecretValue("hush-hush")) + f"{SecretValue('hush-hush')}"


def test_mask_hides_and_reveal_shows_at_any_depth() -> None:
    assert mask(NESTED) == {"plain": 1, "list": [MASK, {"deep": MASK}]}
    assert reveal(NESTED) == {"plain": 1, "list": ["hush-hush", {"deep": {"key": "inner-text", "n": 2}}]}


def test_what_is_inside_a_secret_is_found_too() -> None:
    assert contains(NESTED, SecretValue)
    assert contains(SecretValue([UNKNOWN]), Unknown)
    assert contains({"a": (UNKNOWN,)}, Unknown)
    assert not contains({"a": [1, "x"]}, Unknown)


def test_the_unknown_stays_itself_when_copied_and_pickled() -> None:
    assert copy.deepcopy(UNKNOWN) is UNKNOWN
    assert pickle.loads(pickle.dumps(UNKNOWN)) is UNKNOWN
    assert repr(UNKNOWN) == "UNKNOWN"


def test_texts_to_mask_are_those_of_secrets_and_long_enough_to_tell_apart() -> None:
    value = {**NESTED, "tuple": (SecretValue(["abcd", "abc", 7]), "open-text")}
    assert secret_texts(value) == {"hush-hush", "inner-text", "abcd"}


def test_a_secret_is_known_in_every_spelling_that_messages_use() -> None:
    secret = 'first/line é\n"second" line'
    assert spellings(secret) >= {
        secret,
        '"second" line',
        'first/line é\\n"second" line',
        'first/line \\u00e9\\n\\"second\\" line',
        "first%2Fline%20%C3%A9%0A%22second%22%20line",
        "Zmlyc3QvbGluZSDDqQoic2Vjb25kIiBsaW5l",
    }
