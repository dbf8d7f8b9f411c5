"""Making a plan: validate, have every stack previewed, show what was found, keep it."""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.destroying import foreseen, show_destroy
from cli.exit_codes import Exit
from cli.following import follow, tell_page
from cli.options import UsageProblem
from cli.plan_text import render_plan
from cli.plans import render_deploy_plan
from cli.problems import Problem
from cli.results import FAILED_CODE, tell_ending
from cli.text import joined, styled
from cli.wording import count
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.plan import Plan
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus

if TYPE_CHECKING:
    from cli.session import Session
    from cloud_core.domain.graph import StackGraph
    from cloud_core.services.operations.guards import StartOperation
    from cloud_core.services.operations.preparation import Preparation


def matching_stacks(session: Session, request: StartOperation, globs: list[str]) -> StartOperation:
    """The request, confined to the stacks that the globs mean; UsageProblem for a glob that means none."""
    if not globs:
        return request
    names = session.services.operations.plan(request).graph.names
    chosen: list[str] = []
    for glob in globs:
        found = [name for name in names if fnmatchcase(name, glob)]
        if not found:
            raise UsageProblem(f"--stack {glob!r} matches none of {', '.join(names) or 'no stacks'}")
        chosen += [name for name in found if name not in chosen]
    return replace(request, stacks=chosen)


def show_quickly(session: Session, request: StartOperation, skip_validation: bool, strict: bool) -> Exit:
    """The graph, and why each stack would be deployed, from the records alone."""
    if request.goal is Action.DESTROY:
        show_destroy(session, *foreseen(session, request))
        return Exit.SUCCESS
    prepared = prepare(session, request, skip_validation, strict, rehearse=True)
    if prepared.plan is None:
        return tell_invalid(session, prepared)
    session.output.answer(prepared.to_data(), lambda: render_deploy_plan(prepared))
    return Exit.SUCCESS


def make_plan(
    session: Session, request: StartOperation, skip_validation: bool, strict: bool, out: Path | None = None
) -> Exit:
    """The whole way; an edited manifest is pushed first, since the record is what is previewed."""
    if out is not None and not out.parent.is_dir():
        raise UsageProblem(f"--out {out}: there is no folder {out.parent}")
    if request.goal is Action.DESTROY:
        return _look_ahead_to_destroy(session, request, out)
    prepared = prepare(session, request, skip_validation, strict, rehearse=False)
    if prepared.plan is None:
        return tell_invalid(session, prepared)
    session.services.preparation.push(prepared)
    return _look_ahead(session, request, prepared.plan.graph, out)


def _look_ahead_to_destroy(session: Session, request: StartOperation, out: Path | None) -> Exit:
    report, graph = foreseen(session, request)
    if graph.names:
        return _look_ahead(session, request, graph, out)
    place = f"{request.deployment_id} {request.environment.value}"
    session.output.answer(report.destroy_data(graph), lambda: styled(f"Nothing to destroy in {place}."))
    return Exit.SUCCESS


def _look_ahead(session: Session, request: StartOperation, graph: StackGraph, out: Path | None) -> Exit:
    plan = look_ahead(session, request, graph)
    return plan if isinstance(plan, Exit) else _tell(session, plan, out)


def look_ahead(session: Session, request: StartOperation, graph: StackGraph) -> Plan | Exit:
    """Have a preview made, and see it as `see_preview`."""
    return see_preview(session, session.services.operations.start(request), graph)


def see_preview(session: Session, operation: Operation, graph: StackGraph | None = None) -> Plan | Exit:
    """The plan that a preview makes, complete or not; an exit when it never got to one, which is told then."""
    stacks = count(sum(map(len, operation.layers)), "stack")
    session.output.note(
        joined("Looking ahead: ", (operation.operation_id, "bold"), f", {stacks}"),
        *tell_page(session, operation),
    )
    ending = follow(session, operation, graph, on_interrupt=_give_up)
    if ending.broken is not None or ending.operation.status is OperationStatus.CANCELLED:
        return tell_ending(session, ending)
    return session.services.plans.read(operation.deployment_id, operation.operation_id)


def _give_up(session: Session, operation: Operation) -> None:
    """Nobody else waits for a preview."""
    session.services.operations.request_cancel(operation.deployment_id, operation.operation_id)
    session.output.note(styled("Stopped: nothing was changed."))


def _tell(session: Session, plan: Plan, out: Path | None) -> Exit:
    if not plan.is_complete:
        return tell_incomplete(session, plan)
    if out is not None:
        _keep(out, plan)
    session.output.answer(plan.to_data(), lambda: render_plan(plan, session.output.verbose))
    if out is not None:
        session.output.note(styled(f"Kept in {out}: deploy it with cloud deploy {plan.place} --plan {out}"))
    return Exit.SUCCESS


def tell_incomplete(session: Session, plan: Plan) -> Exit:
    """What was found all the same, and which stacks could not be looked at."""
    missing = [stack.name for stack in plan.stacks if stack.error]
    message = f"not every stack could be previewed: {', '.join(missing) or 'the preview broke off'}"
    if not session.output.as_json:
        session.output.print(*render_plan(plan, session.output.verbose))
    session.output.fail(Problem(FAILED_CODE, message, Exit.FAILED, plan.to_data()))
    return Exit.FAILED


def _keep(path: Path, plan: Plan) -> None:
    # Lazy for start-up time: it is seldom asked for.
    from cloud_core.adapters.local.text_files import file_errors, write_atomically

    with file_errors("the plan could not be written", path):
        write_atomically(path, json.dumps(plan.to_file(), indent=2) + "\n")


def read_plan(path: Path) -> Plan:
    """The plan of a file; InvalidInput names what is wrong with it."""
    try:
        data: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else f"it is no JSON ({error})"
        raise InvalidInput(
            f"the plan {path} can't be read: {why}",
            field="--plan",
            value=str(path),
            suggestion="make one with 'cloud plan DEPLOYMENT_ID --out FILE'",
        ) from None
    return Plan.from_file(data)


def prepare(
    session: Session, request: StartOperation, skip_validation: bool, strict: bool, rehearse: bool
) -> Preparation:
    """Validate the manifest, and plan by the graph."""
    # Lazy for start-up time, as all that a command imports.
    from cloud_core.domain.validation import Level

    if skip_validation:
        session.output.warn("the manifest is not validated")
    level = None if skip_validation else Level.FULL
    return session.services.preparation.prepare(request, level, strict, rehearse)


def tell_invalid(session: Session, prepared: Preparation) -> Exit:
    """The findings, as the error that they are."""
    from cli.commands.validate import exit_of
    from cli.findings import render_validation
    from cli.problems import of_error
    from cloud_core.domain.validation import invalid_manifest

    result = prepared.validation
    assert result is not None
    if session.output.as_json:
        session.output.fail(of_error(invalid_manifest(result.errors)))
    else:
        session.output.note(*render_validation(result))
    return exit_of(result)
