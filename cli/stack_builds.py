"""Builds of stacks as people read them: the inputs that they type, a line for each build, one table at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from cli.options import UsageProblem
from cli.output import Output
from cli.text import joined, status_text, styled, table
from cli.wording import count, duration

if TYPE_CHECKING:
    from cloud_core.ports.builds import Builds, StackBuild

_FORM: Final = "--input takes STACK.NAME=VALUE, such as network.azCount=3"


def inputs_of(stacks: Sequence[str], typed: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Each stack with the inputs that were typed for it. UsageProblem for another form, or a stack not built."""
    # Lazy for start-up time: most builds are given no inputs.
    from cloud_core.adapters.local.yaml_reading import read_text

    found: dict[str, dict[str, Any]] = {stack: {} for stack in stacks}
    for text in typed:
        place, equals, value = text.partition("=")
        stack, dot, name = place.partition(".")
        if not (equals and dot and name):
            raise UsageProblem(f"--input {text!r} is no input", _FORM)
        if stack not in found:
            raise UsageProblem(f"--input {text!r} is for stack {stack!r}, which is not built")
        found[stack][name] = read_text(value, "--input")
    return found


def teller(output: Output, total: int) -> Callable[[str, StackBuild | None], None]:
    """Tells of each build when it starts (only --verbose) and when it has ended."""
    ended = 0

    def tell(stack: str, build: StackBuild | None) -> None:
        nonlocal ended
        if build is None:
            if output.verbose:
                output.note(styled(f"  {stack} …", "dim"))
            return
        ended += 1
        output.note(joined(f"  [{ended}/{total}] ", _status(build, stack), (f"  {duration(build.seconds)}", "dim")))

    return tell


def render_builds(result: Builds) -> list[Any]:
    """The table, every problem below it, and the verdict."""
    rows = [
        [
            styled(build.stack, "bold"),
            _status(build),
            build.failed_step or "",
            str(build.resources or "–"),
            str(build.outputs or "–"),
            duration(build.seconds),
        ]
        for build in result.builds
    ]
    numbers = ("Resources", "Outputs", "Time")
    parts: list[Any] = [styled(""), table(("Stack", "Result", "Failed at", *numbers), rows, right=numbers)]
    for build in result.failed:
        parts += [styled(""), styled(build.stack, "bold"), *(styled(f"  {text}") for text in build.problems)]
    total, failed = len(result.builds), len(result.failed)
    verdict = f"{count(total, 'stack')} built in {duration(result.seconds)}: {total - failed} passed, {failed} failed"
    return [*parts, styled(""), status_text("failed" if failed else "ok", verdict)]


def _status(build: StackBuild, word: str | None = None) -> Any:
    return status_text("ok" if build.passed else "failed", word or ("passed" if build.passed else "failed"))
