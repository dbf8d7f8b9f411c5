"""What comes before any destroy: what would go is shown, and somebody agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.plans import render_destroy_plan
from cli.prompts import Consent, confirm_change
from cli.wording import count

if TYPE_CHECKING:
    from rich.text import Text

    from cli.session import Session
    from cloud_core.domain.graph import StackGraph
    from cloud_core.services.looking.report import EnvironmentReport
    from cloud_core.services.operations.guards import StartOperation


def foreseen(session: Session, request: StartOperation) -> tuple[EnvironmentReport, StackGraph]:
    """The environment as it is, and the stacks of it that would go, in the order of going."""
    report = session.services.status.report(request.deployment_id, request.environment).environments[0]
    return report, session.services.operations.plan(request).graph


def show_destroy(session: Session, report: EnvironmentReport, graph: StackGraph, *afterwards: Text) -> None:
    """What would go, and for people what would come `afterwards`; the answer of a rehearsal."""
    session.output.answer(report.destroy_data(graph), lambda: [*render_destroy_plan(report, graph), *afterwards])


def agree_to_destroy(
    session: Session, request: StartOperation, report: EnvironmentReport, graph: StackGraph, consent: Consent
) -> None:
    """Show every stack with its resources and ask; raises as `confirm_change`."""
    session.output.print(*render_destroy_plan(report, graph))
    question = f"Are you sure? {count(len(graph.names), 'stack')} of {request.environment.value} will be destroyed."
    confirm_change(session.output, question, request.deployment_id, request.environment, consent)
