"""Calculated values: drawn once, kept, unknown in a preview."""

from __future__ import annotations

import string
import uuid
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.placeholders import Placeholder, find_placeholders, plan_subnets
from cloud_core.domain.values import UNKNOWN, SecretValue
from cloud_core.ports.values import CalculationKey
from cloud_core.services.values.calculations import Calculations, draw_password
from cloud_core.testing.in_memory.calculations import InMemoryCalculationStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def calculations() -> Calculations:
    return Calculations(InMemoryCalculationStore(), lambda: NOON)


def placeholder(text: str) -> Placeholder:
    (found,) = find_placeholders(text)
    return found


def key(text: str, stack: str = "network") -> CalculationKey:
    return CalculationKey("D1BRV40", EnvironmentName.DEV, stack, "field", text)


def test_a_password_is_secret_as_long_as_asked_and_the_same_ever_after() -> None:
    text, drawn = "${calculate.password.20}", calculations()
    first = drawn.value(placeholder(text), key(text), preview=False)
    assert isinstance(first, SecretValue)
    assert len(first.value) == 20
    assert drawn.value(placeholder(text), key(text), preview=False) == first
    assert drawn.value(placeholder(text), key(text), preview=True) == first
    assert drawn.value(placeholder(text), key(text, "dns"), preview=False) != first


def test_uuids_and_timestamps_are_plain_and_kept() -> None:
    drawn = calculations()
    text = "${calculate.uuid}"
    first = drawn.value(placeholder(text), key(text), preview=False)
    assert uuid.UUID(first).version == 4
    assert drawn.value(placeholder(text), key(text), preview=False) == first
    text = "${calculate.timestamp.iso8601}"
    assert drawn.value(placeholder(text), key(text), preview=False) == "2026-03-01T12:00:00.000Z"


def test_a_preview_draws_nothing() -> None:
    drawn = calculations()
    password, plain = "${calculate.password.20}", "${calculate.uuid}"
    assert drawn.value(placeholder(password), key(password), preview=True) == SecretValue(UNKNOWN)
    assert drawn.value(placeholder(plain), key(plain), preview=True) is UNKNOWN
    assert drawn.store.get(key(password)) is None
    assert drawn.store.get(key(plain)) is None


@given(st.integers(8, 128))
def test_passwords_hold_every_class_and_start_with_a_letter(length: int) -> None:
    password = draw_password(length)
    assert len(password) == length
    assert password[0] in string.ascii_letters
    for members in (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.~"):
        assert set(password) & set(members)
    assert set(password) <= set(string.ascii_letters + string.digits + "-_.~")


def test_subnets_are_the_lowest_ones_in_order() -> None:
    assert plan_subnets("10.40.0.0/16", 24, 3) == ["10.40.0.0/24", "10.40.1.0/24", "10.40.2.0/24"]
    assert plan_subnets("fd00::/48", 64, 2) == ["fd00::/64", "fd00:0:0:1::/64"]
    assert plan_subnets("10.0.0.0/28", 28, 1) == ["10.0.0.0/28"]
