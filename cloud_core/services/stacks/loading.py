"""A stack's program over its inputs; and when it refuses them, whether that is the doing of another stack."""

from __future__ import annotations

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.statuses import StackStatus
from cloud_core.ports.engine import Program, StackPrograms
from cloud_core.services.runs.run import OperationRun
from cloud_core.services.stacks.inputs import ResolvedStack


def load(programs: StackPrograms, run: OperationRun, stack: str, resolved: ResolvedStack) -> Program:
    """Raises as `StackPrograms.load`; the error names the soft dependencies whose outputs are not there, when it is for
    want of them: what the program says of the input would lead astray."""
    try:
        return programs.load(stack, resolved.values, run.target(stack))
    except InvalidStackInput as error:
        refused = error.context.get("inputs", ())
        wanting = {name: resolved.absent[name] for name in refused if name in resolved.absent}
        if not wanting:
            raise
        raise _wanting(run, stack, error, wanting, set(refused) == set(wanting)) from None


def _wanting(
    run: OperationRun, stack: str, error: InvalidStackInput, wanting: dict[str, str], is_all: bool
) -> InvalidStackInput:
    sources = sorted(set(wanting.values()))
    texts = [
        f"{', '.join(name for name, of in sorted(wanting.items()) if of == source)} of stack {source}, which "
        f"{_fate(run, source)}"
        for source in sources
    ]
    why = f"can't do without {' and '.join(texts)}: it gave no outputs"
    message = f"stack {stack} {why}" if is_all else f"{error.message}; it {why}"
    return InvalidStackInput(message, **{**error.context, "suggestion": _way_out(run, sources)})


def _fate(run: OperationRun, source: str) -> str:
    result = run.results.get(source)
    if result is None:
        return "is not deployed"
    return "failed" if result.status is StackStatus.FAILED else f"was {result.status.value}"


def _way_out(run: OperationRun, sources: list[str]) -> str:
    operation = run.operation
    if tried := [source for source in sources if source in run.results]:
        return f"mend {', '.join(tried)} first, then do what is left with 'cloud retry {operation.place}'"
    deployment_id, environment = operation.deployment_id, operation.environment.value
    return "; ".join(
        f"deploy {stack} first: 'cloud deploy-stack {deployment_id} {stack} --environment {environment}'"
        for stack in sources
    )
