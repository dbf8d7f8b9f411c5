"""What went wrong, as people and programs read it: `Error:`, then `Solution:` with the steps out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cli.exit_codes import Exit, exit_code
from cli.text import joined, styled
from cli.wording import count
from cloud_core.domain.errors import CloudError, InvalidManifest

if TYPE_CHECKING:
    import typer
    from rich.console import RenderableType

USAGE_CODE: Final = "USAGE"
_FINDINGS: Final = "findings"


@dataclass(frozen=True)
class Problem:
    """`details` is what the error knows besides, for programs; `findings` are shown one by one."""

    code: str
    message: str
    exit: Exit
    details: Mapping[str, Any] = field(default_factory=dict)
    steps: Sequence[str] = ()
    findings: Sequence[Mapping[str, Any]] = ()

    def to_data(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "details": dict(self.details),
            "suggestion": "; ".join(self.steps) or None,
        }

    def render(self) -> Iterator[RenderableType]:
        yield joined(("Error: ", "bold red"), self.message)
        for finding in self.findings:
            yield from finding_lines(finding)
        if self.steps:
            yield styled("Solution:", "bold")
            for number, step in enumerate(self.steps, 1):
                yield styled(f"  {number}. {step}")


def of_error(error: CloudError) -> Problem:
    """An error of the platform."""
    details = {key: value for key, value in error.context.items() if key not in ("suggestion", "steps")}
    findings = details.get(_FINDINGS, ()) if isinstance(error, InvalidManifest) else ()
    message = f"the manifest is not valid ({count(len(findings), 'finding')})" if findings else error.message
    steps = _steps(error, findings)
    return Problem(error.code, message, exit_code(error), details, steps, findings)


def of_usage(error: typer.TyperException) -> Problem:
    """A command line that can't be understood."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "cloud"
    step = getattr(error, "suggestion", None) or f"run '{path} --help'"
    return Problem(USAGE_CODE, error.format_message(), Exit.USAGE, steps=(step,))


def of_bug(error: Exception) -> Problem:
    """What nobody thought of. Its text is not shown: it may hold what must not be seen."""
    message = f"unexpected {type(error).__name__}: this is a mistake in the program"
    steps = ("run the command again with --log-level debug and report what it shows",)
    return Problem(CloudError.code, message, Exit.FAILED, steps=steps)


def finding_lines(finding: Mapping[str, Any]) -> Iterator[RenderableType]:
    """A finding of a validation: what, where, and how to mend it."""
    warning = finding["severity"] == "warning"
    mark, style = ("!", "yellow") if warning else ("✗", "red")
    location = finding["details"].get("location", "")
    where = ", ".join(finding["details"].get("environments", ()))
    place = f"  {location}" + (f" (in {where})" if where else "")
    yield joined("  ", (f"{mark} ", style), str(finding["message"]), (place, "dim"))
    yield joined("    ", ("→ ", "dim"), str(finding["remediation"]))


def _steps(error: CloudError, findings: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    if findings:
        return error.context.get("steps") or (
            "correct what the findings name",
            "run 'cloud validate' to see whether all is well",
        )
    return (error.suggestion,) if error.suggestion else ()
