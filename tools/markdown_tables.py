"""Tables and code spans in Markdown, for the generated parts of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; cells are made safe, code spans in them stay code."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(_cell(str(cell)) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    """In one line, without a bar; outside of code spans an angle bracket would be read as HTML."""
    parts = " ".join(text.split()).replace("|", "\\|").split("`")
    return "`".join(part if index % 2 else part.replace("<", "&lt;") for index, part in enumerate(parts))


def code(text: object) -> str:
    return f"`{text}`" if text != "" else ""


def names(items: Iterable[str]) -> str:
    """Code spans in a row; a dash for none."""
    return ", ".join(map(code, items)) or "-"
