"""Builds of stacks: import the program, hold it against its template, and preview it on the engine.

Nothing is deployed and no deployment is needed: whatever other stacks would give is unknown in the preview, so a stack
that builds can also be planned before anything exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final, TypeVar

from cloud_core.domain.errors import CloudError
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_contract import SAMPLE_FACTS, input_problems, output_problems, preview_inputs
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.stopping import StopSignal
from cloud_core.domain.template_variables import SAMPLE_ANSWERS
from cloud_core.domain.values import secret_texts
from cloud_core.ports.builds import BuildStep, OnBuild, StackBuild
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import EngineResult, StackEngine, StackPrograms, StackRun, StackTarget

T = TypeVar("T")

SAMPLE_REGION: Final = "us-east-1"


class _Found(Exception):
    """What is wrong, found in this step."""

    def __init__(self, step: BuildStep, problems: Sequence[str]) -> None:
        super().__init__(step, problems)
        self.step = step
        self.problems = tuple(problems)


class StackBuildService:
    """Safe from many threads. What goes wrong with a stack is a truthful result, not an exception."""

    def __init__(
        self,
        programs: StackPrograms,
        templates: Mapping[str, StackTemplate],
        engine: StackEngine,
        clock: Clock,
        stop: StopSignal,
    ) -> None:
        self._programs = programs
        self._templates = templates
        self._engine = engine
        self._clock = clock
        self._stop = stop

    def build_all(
        self, given: Mapping[str, Mapping[str, Any]], environment: EnvironmentName, parallel: int, tell: OnBuild
    ) -> None:
        """Build the stacks of `given`, each with the inputs that it maps to, at most so many at once."""

        def build(stack: str) -> None:
            if not self._stop.is_set:
                tell(stack, None)
                tell(stack, self.build(stack, environment, given[stack]))

        with ThreadPoolExecutor(parallel, thread_name_prefix="build") as threads:
            list(threads.map(build, given))

    def build(self, stack: str, environment: EnvironmentName, given: Mapping[str, Any]) -> StackBuild:
        """One stack, whatever happens; `given` are inputs over the template's defaults."""
        began = self._clock.monotonic()
        try:
            result = self._build(stack, environment, given)
            build = StackBuild(stack, resources=sum(result.changes.values()), outputs=len(result.outputs))
        except _Found as found:
            build = StackBuild(stack, found.step, found.problems)
        return replace(build, seconds=round(self._clock.monotonic() - began, 3))

    def _build(self, stack: str, environment: EnvironmentName, given: Mapping[str, Any]) -> EngineResult:
        taken = _step(BuildStep.IMPORT, lambda: self._programs.inputs_of(stack))
        template = self._templates.get(stack)
        if template is None:
            raise _Found(BuildStep.CONTRACT, [f"there is no stack template templates/config/{stack}.yaml"])
        _refuse(input_problems(template, taken) if taken else [])
        result = _step(BuildStep.PREVIEW, lambda: self._preview(template, environment, given))
        # A program in another language tells neither its inputs nor, before it is deployed, its outputs.
        _refuse(output_problems(template, result.outputs) if taken else [])
        return result

    def _preview(self, template: StackTemplate, environment: EnvironmentName, given: Mapping[str, Any]) -> EngineResult:
        values = preview_inputs(template, given)
        target = sample_target(template.name, environment)
        run = StackRun(
            target=target,
            operation_id="build",
            program=self._programs.load(template.name, values, target),
            on_processes=lambda _: None,
            stop=self._stop,
            redact=secret_texts(values),
        )
        return self._engine.preview(run, lambda _: None)


def sample_target(stack: str, environment: EnvironmentName) -> StackTarget:
    """The stack of the deployment that stands for any."""
    return StackTarget(
        deployment_id=SAMPLE_FACTS["id"],
        stack=stack,
        environment=environment,
        organization=SAMPLE_FACTS["org"],
        project=SAMPLE_FACTS["project"],
        region=SAMPLE_REGION,
        account=SAMPLE_ANSWERS["AWS_ACCOUNT_DEV"],
    )


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise _Found(BuildStep.CONTRACT, problems)


def _step(step: BuildStep, work: Callable[[], T]) -> T:
    try:
        return work()
    except CloudError as error:
        raise _Found(step, error.context.get("problems") or [error.message]) from error
    except Exception as error:
        raise _Found(step, [f"{type(error).__name__}: {error}"]) from error
