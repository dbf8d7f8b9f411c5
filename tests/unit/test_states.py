"""The state machines, arrow by arrow, and the statuses that follow from others."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.errors import IllegalTransition
from cloud_core.domain.records import StackResult
from cloud_core.domain.states import (
    UNCHANGED,
    advance,
    can_advance,
    deployment_status_over,
    environment_status_of,
    is_up,
)
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus, StackStatus

D, S, OP = DeploymentStatus, StackStatus, OperationStatus

DEPLOYMENT = """
    initialized  -> deploying destroying
    deploying    -> deployed partial failed rolling_back
    deployed     -> deploying destroying
    partial      -> deploying destroying rolling_back
    failed       -> deploying destroying rolling_back
    rolling_back -> rolled_back failed
    rolled_back  -> deploying destroying
    destroying   -> destroyed failed
    destroyed    -> deploying destroying
"""
STACK = """
    pending    -> deploying skipped cancelled
    deploying  -> deployed failed
    deployed   -> deploying destroying
    failed     -> deploying destroying
    destroying -> destroyed failed
    destroyed  -> deploying
    skipped    ->
    cancelled  ->
    previewing ->
    previewed  ->
    refreshing ->
    refreshed  ->
    comparing  ->
    compared   ->
"""
OPERATION = """
    pending           -> awaiting_approval in_progress cancelling cancelled failed
    awaiting_approval -> pending in_progress cancelled failed
    in_progress       -> cancelling success failed cancelled
    cancelling        -> cancelled success failed
    success           ->
    failed            ->
    cancelled         ->
"""


def _arrows(table: str) -> dict[str, set[str]]:
    rows = (line.split("->") for line in table.strip().splitlines())
    return {current.strip(): set(targets.split()) for current, targets in rows}


def _every_pair() -> list[tuple[StrEnum, StrEnum, bool]]:
    machines: list[tuple[type[StrEnum], dict[str, set[str]]]] = [
        (D, _arrows(DEPLOYMENT)),
        (S, _arrows(STACK)),
        (OP, _arrows(OPERATION)),
    ]
    return [(a, b, b.value in table[a.value]) for kind, table in machines for a in kind for b in kind]


@pytest.mark.parametrize(("current", "target", "allowed"), _every_pair())
def test_every_arrow_of_the_table_and_no_other(current: StrEnum, target: StrEnum, allowed: bool) -> None:
    assert can_advance(current, target) is allowed
    if allowed:
        assert advance(current, target) is target
    else:
        with pytest.raises(IllegalTransition, match=rf"'{current.value}' to '{target.value}'"):
            advance(current, target)


def test_the_refusal_names_what_is_allowed() -> None:
    with pytest.raises(IllegalTransition) as refusal:
        advance(D.DEPLOYED, D.FAILED)
    assert refusal.value.message == (
        "a deployment can't go from 'deployed' to 'failed': allowed from here: deploying, destroying"
    )
    assert refusal.value.context["allowed"] == ["deploying", "destroying"]
    assert pickle.loads(pickle.dumps(refusal.value)).context == refusal.value.context


def test_a_final_status_is_called_final() -> None:
    with pytest.raises(IllegalTransition, match=r"an operation can't go .* 'success' is final"):
        advance(OP.SUCCESS, OP.FAILED)


def test_terminal_operations_are_those_without_arrows() -> None:
    assert {status for status in OP if status.is_terminal} == {OP.SUCCESS, OP.FAILED, OP.CANCELLED}
    assert all(not can_advance(status, target) for status in OP if status.is_terminal for target in OP)


def test_what_the_statuses_of_stacks_say_of_them() -> None:
    assert {status for status in S if not status.may_have_resources} == {S.PENDING, S.DESTROYED}
    assert {status for status in S if status.is_changing} == {S.DEPLOYING, S.DESTROYING}
    assert {status for status in S if status.may_be_interrupted} == {S.FAILED, S.DEPLOYING, S.DESTROYING}
    assert {status for status in S if status.is_passed_over} == {S.SKIPPED, S.CANCELLED}


# -- over all environments ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environments", "expected"),
    [
        ([], D.INITIALIZED),
        ([D.INITIALIZED], D.INITIALIZED),
        ([D.DEPLOYED, D.INITIALIZED], D.DEPLOYED),
        ([D.DEPLOYED, D.DESTROYED], D.DEPLOYED),
        ([D.DESTROYED, D.DESTROYED], D.DESTROYED),
        ([D.DESTROYED, D.INITIALIZED], D.INITIALIZED),
        ([D.DEPLOYED, D.PARTIAL], D.PARTIAL),
        ([D.PARTIAL, D.FAILED], D.FAILED),
        ([D.FAILED, D.ROLLING_BACK], D.ROLLING_BACK),
        ([D.ROLLING_BACK, D.DESTROYING], D.DESTROYING),
        ([D.DESTROYING, D.DEPLOYING, D.FAILED], D.DEPLOYING),
        ([D.ROLLED_BACK, D.DEPLOYED], D.DEPLOYED),
        ([D.ROLLED_BACK, D.DESTROYED, D.INITIALIZED], D.ROLLED_BACK),
    ],
)
def test_the_first_of_the_priorities_stands_for_all(environments: list[D], expected: D) -> None:
    names = ["dev", "stage", "prod"]
    assert deployment_status_over(dict(zip(names, environments, strict=False))) is expected


@given(st.dictionaries(st.sampled_from(["dev", "stage", "prod"]), st.sampled_from(D), min_size=1))
def test_it_is_one_of_theirs_or_initialized_and_their_order_does_not_matter(statuses: dict[str, D]) -> None:
    over = deployment_status_over(statuses)
    assert over in {*statuses.values(), D.INITIALIZED}
    assert over is deployment_status_over(dict(reversed(statuses.items())))


# -- after a run ----------------------------------------------------------------------------------------------------

RESULTS = {
    "deployed": StackResult(stack_name="s", status=S.DEPLOYED),
    "unchanged": StackResult(stack_name="s", status=S.SKIPPED, cause=UNCHANGED),
    "failed": StackResult(stack_name="s", status=S.FAILED),
    "skipped": StackResult(stack_name="s", status=S.SKIPPED, cause="dependency_failed:x"),
    "cancelled": StackResult(stack_name="s", status=S.CANCELLED),
    "destroyed": StackResult(stack_name="s", status=S.DESTROYED),
}


def _run(text: str) -> tuple[Mapping[str, StackResult], Mapping[str, StackStatus]]:
    """`deployed/pending` is a stack that is deployed now and was pending before; `-/x` was no part of the run."""
    pairs = [pair.split("/") for pair in text.split()]
    results = {f"s{n}": RESULTS[result] for n, (result, _) in enumerate(pairs) if result != "-"}
    return results, {f"s{n}": S(before) for n, (_, before) in enumerate(pairs)}


def _after(action: Action, results: Mapping[str, StackResult], previous: Mapping[str, StackStatus]) -> D:
    """With every stack switched on."""
    return environment_status_of(action, results, previous, previous)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("", D.DEPLOYED),
        ("deployed/pending deployed/deployed", D.DEPLOYED),
        ("deployed/pending unchanged/deployed", D.DEPLOYED),
        ("deployed/failed -/deployed", D.DEPLOYED),
        ("deployed/pending failed/pending", D.PARTIAL),
        ("deployed/pending skipped/pending", D.PARTIAL),
        ("deployed/pending cancelled/pending", D.PARTIAL),
        ("deployed/pending -/pending", D.PARTIAL),
        ("deployed/pending -/failed", D.PARTIAL),
        ("failed/pending unchanged/deployed", D.PARTIAL),
        ("failed/deployed skipped/deployed", D.PARTIAL),
        ("cancelled/deployed cancelled/deployed", D.PARTIAL),
        ("failed/pending", D.FAILED),
        ("failed/deployed", D.FAILED),
        ("failed/pending skipped/pending", D.FAILED),
        ("failed/pending -/failed", D.FAILED),
        ("cancelled/pending skipped/destroyed", D.FAILED),
        ("failed/deployed -/deployed", D.PARTIAL),
    ],
)
def test_an_environment_after_a_deploy(run: str, expected: D) -> None:
    assert _after(Action.DEPLOY, *_run(run)) is expected


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("", D.DESTROYED),
        ("destroyed/deployed destroyed/failed", D.DESTROYED),
        ("destroyed/deployed -/pending -/destroyed", D.DESTROYED),
        ("destroyed/deployed skipped/pending", D.DESTROYED),
        ("destroyed/deployed failed/deployed", D.FAILED),
        ("destroyed/deployed cancelled/deployed", D.FAILED),
        ("destroyed/deployed -/deployed", D.FAILED),
        ("destroyed/deployed -/failed", D.FAILED),
    ],
)
def test_an_environment_after_a_destroy(run: str, expected: D) -> None:
    assert _after(Action.DESTROY, *_run(run)) is expected


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("deployed/deployed destroyed/failed -/failed", D.ROLLED_BACK),
        ("unchanged/deployed", D.ROLLED_BACK),
        ("deployed/deployed failed/deployed", D.FAILED),
        ("destroyed/deployed skipped/deployed", D.FAILED),
        ("destroyed/deployed cancelled/deployed", D.FAILED),
    ],
)
def test_an_environment_after_a_rollback(run: str, expected: D) -> None:
    assert _after(Action.ROLLBACK, *_run(run)) is expected


def test_only_stacks_that_are_switched_on_count_after_a_deploy() -> None:
    results, previous = _run("deployed/pending -/destroyed -/failed")
    assert environment_status_of(Action.DEPLOY, results, previous, ["s0"]) is D.DEPLOYED
    assert environment_status_of(Action.DEPLOY, results, previous, ["s0", "s1"]) is D.PARTIAL
    assert environment_status_of(Action.DEPLOY, results, previous, ["s0", "new"]) is D.PARTIAL


_RUNS = st.lists(st.tuples(st.sampled_from(["-", *RESULTS]), st.sampled_from(["pending", "deployed", "failed"])))


@given(_RUNS)
def test_the_truth_is_told(pairs: list[tuple[str, str]]) -> None:
    results, previous = _run(" ".join(f"{result}/{before}" for result, before in pairs))
    after = _after(Action.DEPLOY, results, previous)
    assert can_advance(D.DEPLOYING, after)
    up = [name for name in previous if (is_up(results[name]) if name in results else previous[name] is S.DEPLOYED)]
    assert (after is D.DEPLOYED) == (len(up) == len(previous))
    if up:
        assert after is not D.FAILED
    if any(result.status is S.FAILED for result in results.values()):
        assert after is not D.DEPLOYED
    assert can_advance(D.DESTROYING, _after(Action.DESTROY, results, previous))
    assert can_advance(D.ROLLING_BACK, _after(Action.ROLLBACK, results, previous))
