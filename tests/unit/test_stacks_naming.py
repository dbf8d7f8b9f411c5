"""Names of resources: AWS's limits hold, and different things never share a name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.context import StackContext
from stacks.naming import BUCKET, LOAD_BALANCER, ROLE, SECURITY_GROUP, TARGET_GROUP, shorten, slug
from stacks.testing import sample_target


@pytest.fixture
def context() -> StackContext:
    return StackContext.of(sample_target("containers-apps"))


def test_a_name_tells_project_environment_stack_and_purpose(context: StackContext) -> None:
    assert context.name(SECURITY_GROUP, "web") == "web-shop-dev-containers-apps-web"
    assert context.named("web") == {"Name": "web-shop-dev-containers-apps-web"}


def test_a_name_that_the_account_shares_holds_the_deployment_id(context: StackContext) -> None:
    assert context.name(ROLE, "task") == "web-shop-d1brv40-dev-containers-apps-task"
    assert context.name(ROLE, "task").startswith(context.shared_prefix + "-")


def test_a_name_that_is_too_long_is_cut_and_stays_distinct(context: StackContext) -> None:
    public, internal = context.name(LOAD_BALANCER, "public"), context.name(LOAD_BALANCER, "internal")
    assert public != internal
    assert len(public) == len(internal) == LOAD_BALANCER.limit
    assert public.startswith("web-shop-d1brv40-dev-co")


@pytest.mark.parametrize(("text", "expected"), [("Web Shop (EU)", "web-shop-eu"), ("__a__b", "a-b"), ("Москва", "")])
def test_slug(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_a_project_without_a_single_plain_letter_still_has_a_name(context: StackContext) -> None:
    odd = replace(context, project="Магазин")
    assert odd.name(BUCKET, "logs") == "project-d1brv40-dev-containers-apps-logs"


@given(st.text(max_size=120), st.sampled_from([BUCKET, LOAD_BALANCER, TARGET_GROUP, ROLE]))
def test_every_name_is_valid_for_aws(project: str, rule: object) -> None:
    context = replace(StackContext.of(sample_target("compute-lambda")), project=project)
    name = context.name(rule, "queue")  # type: ignore[arg-type]
    assert len(name) <= rule.limit  # type: ignore[attr-defined]
    assert name == slug(name)


@given(st.text("ab-", min_size=1, max_size=60), st.text("ab-", min_size=1, max_size=60))
def test_different_names_stay_different_when_cut(first: str, second: str) -> None:
    assert (shorten(first, 32) == shorten(second, 32)) == (first == second)
