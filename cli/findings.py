"""The result of a validation: what was found, section by section, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cli.problems import finding_lines
from cli.text import joined, status_text, styled
from cli.wording import count
from cloud_core.domain.validation import Finding, Level, ValidationResult

if TYPE_CHECKING:
    from rich.text import Text

_TITLES = {
    Level.SYNTAX: "Syntax",
    Level.SCHEMA: "Schema",
    Level.DEPENDENCIES: "Dependencies",
    Level.CONFIG: "Configuration",
    Level.FULL: "AWS and engine",
}


def render_validation(result: ValidationResult) -> list[Any]:
    """Numbered sections, the environments, the verdict."""
    levels = [level for level in Level if result.level.includes(level)]
    parts: list[Any] = []
    blocked = False
    for number, level in enumerate(levels, 1):
        found = [one for one in (*result.errors, *result.warnings) if one.level is level]
        parts.append(_section(f"[{number}/{len(levels)}] {_TITLES[level]}", found, blocked))
        parts += [line for one in found for line in finding_lines(one.to_data())]
        blocked = blocked or (level in (Level.SYNTAX, Level.SCHEMA) and any(not one.is_warning for one in found))
    parts += [styled(""), *_environments(result), _verdict(result)]
    return parts


def _section(title: str, found: Iterable[Finding], blocked: bool) -> Text:
    errors = [one for one in found if not one.is_warning]
    if errors:
        return joined(("✗ ", "red"), title)
    if blocked and not found:
        return joined(("– ", "dim"), f"{title} ", ("not checked: correct what is above first", "dim"))
    return joined(("! ", "yellow") if found else ("✓ ", "green"), title)


def _environments(result: ValidationResult) -> list[Text]:
    return [joined(f"{one.name:<6} ", status_text(one.status)) for one in result.environments]


def _verdict(result: ValidationResult) -> Text:
    verdict = ("PASS", "bold green") if result.valid else ("FAIL", "bold red")
    ready = "YES" if result.valid else "NO"
    counts = f"{count(len(result.errors), 'error')}, {count(len(result.warnings), 'warning')}"
    return joined("\nValidation Result: ", verdict, f"  ({counts})\nDeployment ready: {ready}")
