"""What pictures of stacks are made of: boxes with a title and lines of text, arrows, and the document around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

LINE: Final = 14
PAD: Final = 10
STYLE: Final = """
  text { font: 11px sans-serif; fill: #1f2933; } .title { font-weight: bold; font-size: 13px; }
  .count { fill: #52606d; } rect { fill: #f5f7fa; stroke: #7b8794; rx: 6; } path { fill: none; stroke: #9aa5b1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7eb; } .count { fill: #9aa5b1; } rect { fill: #1f2933; stroke: #616e7c; } path { stroke: #52606d; }
  }
"""
"""For both light and dark pages. Sizes are pixels."""


def box_height(rows: int) -> int:
    """Of a box with a title and so many lines below it."""
    return 2 * PAD + LINE * (rows + 1)


def box(x: int, y: int, width: int, title: str, rows: Sequence[str], kind: str = "") -> str:
    """`kind` is the rectangle's class."""
    attribute = f' class="{kind}"' if kind else ""
    texts = [
        f'<text class="count" x="{x + PAD}" y="{y + PAD + LINE * (row + 2) - 3}">{escape(text)}</text>'
        for row, text in enumerate(rows)
    ]
    return "\n".join(
        [
            f'<rect{attribute} x="{x}" y="{y}" width="{width}" height="{box_height(len(rows))}"/>',
            f'<text class="title" x="{x + PAD}" y="{y + PAD + LINE - 3}">{escape(title)}</text>',
            *texts,
        ]
    )


def curve(x: int, y: int, to_x: int, to_y: int) -> str:
    """The path's next piece from a point, where the pen is, to another one; level at both ends."""
    middle = (x + to_x) // 2
    return f" C{middle},{y} {middle},{to_y} {to_x},{to_y}"


def document(width: int, height: int, title: str, style: str, parts: Iterable[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    return "\n".join([head, f"<title>{escape(title)}</title>", f"<style>{style}</style>", *parts, "</svg>", ""])
