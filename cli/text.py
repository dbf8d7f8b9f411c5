"""How words, statuses and tables look to people: texts to be written by `cli.output`, which knows where they go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

STATUS_MARKS: Final = {
    "deployed": ("✓", "green"),
    "success": ("✓", "green"),
    "ok": ("✓", "green"),
    "valid": ("✓", "green"),
    "healthy": ("✓", "green"),
    "unchanged": ("✓", "green"),
    "destroyed": ("✓", "dim"),
    "previewed": ("✓", "green"),
    "refreshed": ("✓", "green"),
    "compared": ("✓", "green"),
    "deploying": ("●", "cyan"),
    "destroying": ("●", "cyan"),
    "previewing": ("●", "cyan"),
    "refreshing": ("●", "cyan"),
    "comparing": ("●", "cyan"),
    "in_progress": ("●", "cyan"),
    "cancelling": ("●", "yellow"),
    "awaiting_approval": ("◌", "yellow"),
    "failed": ("✗", "red"),
    "invalid": ("✗", "red"),
    "unhealthy": ("✗", "red"),
    "partial": ("!", "yellow"),
    "degraded": ("!", "yellow"),
    "warning": ("!", "yellow"),
    "skipped": ("–", "yellow"),
    "cancelled": ("–", "yellow"),
}
"""Mark and colour of a status; whatever is not here waits, or is gone."""


def styled(text: str, style: str = "") -> Text:
    """Text as it is: what comes from outside is never read as markup, nor steers the terminal."""
    from rich.text import Text

    return Text(_CONTROL.sub("", text), style=style)


def joined(*parts: str | tuple[str, str] | Text) -> Text:
    """Pieces, plain or with a style, in one line."""
    from rich.text import Text

    return Text.assemble(*(part if isinstance(part, Text) else styled(*_pair(part)) for part in parts))


def _pair(part: str | tuple[str, str]) -> tuple[str, str]:
    return (part, "") if isinstance(part, str) else part


def status_text(status: str, word: str | None = None) -> Text:
    """The status with its mark and colour, or another word in its place."""
    mark, style = STATUS_MARKS.get(status, ("○", "dim"))
    return styled(f"{mark} {(word or status).replace('_', ' ')}", style)


def table(headings: Sequence[str], rows: Iterable[Sequence[str | Text]], right: Sequence[str] = ()) -> Table:
    """Columns without lines around them; those named in `right` are aligned there. Nothing is cut."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold", show_header=any(headings))
    for heading in headings:
        made.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(styled(cell) if isinstance(cell, str) else cell for cell in row))
    return made


def facts(pairs: Iterable[tuple[str, str | Text]]) -> Table:
    """Names and values, one a line."""
    return table(["", ""], [[styled(name, "dim"), value] for name, value in pairs])
