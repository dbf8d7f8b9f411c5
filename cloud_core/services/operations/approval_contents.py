"""What an operation would do, told as digests, so that somebody can agree to exactly that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cloud_core.domain.approvals import MANIFEST, PLAN, PLUGIN, PROGRAM, TEMPLATE
from cloud_core.domain.digest import content_digest
from cloud_core.domain.errors import StackNotFound
from cloud_core.domain.records import Operation
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.statuses import Action
from cloud_core.ports.engine import ProgramFiles
from cloud_core.ports.records import Records
from cloud_core.services.looking.plans import PlanService
from cloud_core.services.operations.former_manifests import expected_by
from cloud_core.services.records.graphs import OperationPlans
from cloud_core.services.records.statuses import require_deployment

_RUN_PROGRAMS: Final = (Action.DEPLOY, Action.ROLLBACK)
_MISSING: Final = "-"
"""In the place of the digest of a program that is not there."""


class Contents:
    """What an operation would do, as digests of everything that decides it before AWS is asked."""

    def __init__(
        self,
        records: Records,
        programs: Callable[[], ProgramFiles],
        stack_templates: Callable[[], Mapping[str, StackTemplate]],
    ) -> None:
        self._records = records
        self._programs = programs
        self._stack_templates = stack_templates
        self._plans = PlanService(records)
        self._operation_plans = OperationPlans(records, stack_templates)

    def digests(self, operation: Operation) -> dict[str, str]:
        """As things are now; a rollback's manifest is the one that it goes back to. A destroy runs no program: its
        stacks are what the manifest's deploys have left."""
        record = require_deployment(self._records.deployments, operation.deployment_id)
        found = {MANIFEST: expected_by(self._records, self._operation_plans, record, operation.rollback).digest}
        if operation.plan_id is not None:
            found[PLAN] = content_digest(self._plans.read(operation.deployment_id, operation.plan_id).to_data())
        return found | (self._code(operation) if operation.type in _RUN_PROGRAMS else {})

    def _code(self, operation: Operation) -> dict[str, str]:
        programs, templates = self._programs(), self._stack_templates()
        found = {f"{PLUGIN}:{name}": version for name, version in programs.plugins().items()}
        for stack in (name for layer in operation.layers for name in layer if name not in operation.destroys):
            found[f"{PROGRAM}:{stack}"] = _program(programs, stack)
            if template := templates.get(stack):
                found[f"{TEMPLATE}:{stack}"] = content_digest(template.model_dump(mode="json"))
        return found


def _program(programs: ProgramFiles, stack: str) -> str:
    try:
        return programs.digest(stack)
    except StackNotFound:
        return _MISSING
