"""Where everything that people or programs read is written.

    answer, document, line   what was asked for: stdout; with --json nothing else ever goes there
    print                    what happened, for people: stdout, unless quiet
    note, warn               progress and hints: stderr

Output that is no terminal is never wrapped, cut, padded or redrawn, also where colours are forced as in many CI logs;
where the encoding has no marks, ASCII stands for them.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, Final

from cli.text import styled

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from cli.problems import Problem

_ENDLESS: Final = 100_000
_TRAILING: Final = re.compile(r"[ ]+((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)
_ASCII: Final = str.maketrans(
    {"✓": "+", "✗": "x", "●": "*", "○": ".", "–": "-", "!": "!", "·": "-", "→": ">", "…": "...", "×": "x", "▸": ">"}
)


class Output:
    """The streams of one command. Consoles are made when something is written: rich takes time to import."""

    def __init__(self, as_json: bool = False, verbose: bool = False, quiet: bool = False, no_color: bool = False):
        self.as_json = as_json
        self.verbose = verbose
        self.quiet = quiet
        self._no_color = no_color

    @property
    def is_live(self) -> bool:
        """Whether a view may be redrawn in place: on a terminal that can, with marks."""
        is_able = sys.stderr.isatty() and self.stderr.is_interactive and not _needs_ascii(sys.stderr)
        return is_able and not (self.quiet or self.as_json)

    @cached_property
    def stdout(self) -> Console:
        return self._console(sys.stdout)

    @cached_property
    def stderr(self) -> Console:
        return self._console(sys.stderr)

    def answer(self, data: Any, render: Callable[[], Iterable[RenderableType] | RenderableType]) -> None:
        """What the command was asked for: the data as JSON, else what `render` gives, also when quiet."""
        if self.as_json:
            self.document(data)
            return
        rendered = render()
        parts = [rendered] if isinstance(rendered, str) or not isinstance(rendered, Iterable) else rendered
        for part in parts:
            _write(self.stdout, part)

    def show(self, part: RenderableType) -> None:
        """A piece of what was asked for, at once: for commands that watch."""
        _write(self.stdout, part)

    def document(self, data: Any) -> None:
        """The one JSON document of a command that succeeded."""
        _write_json(sys.stdout, {"success": True, "data": data}, indent=2)

    def line(self, data: Any) -> None:
        """One JSON object on a line of its own, at once: for commands that watch."""
        _write_json(sys.stdout, data, indent=None)

    def raw(self, text: str) -> None:
        """The text and nothing around it."""
        _write_text(sys.stdout, text + "\n")

    def print(self, *parts: RenderableType) -> None:
        """What happened, for people."""
        if not (self.quiet or self.as_json):
            for part in parts:
                _write(self.stdout, part)

    def note(self, *parts: RenderableType) -> None:
        """Progress and hints, for people."""
        if not (self.quiet or self.as_json):
            for part in parts:
                _write(self.stderr, part)

    def warn(self, text: str) -> None:
        if not self.quiet:
            _write(self.stderr, styled(f"Warning: {text}", "yellow"))

    def fail(self, problem: Problem) -> None:
        """The one error that ends the command."""
        if self.as_json:
            _write_json(sys.stdout, {"success": False, "error": problem.to_data()}, indent=2)
            return
        for part in problem.render():
            _write(self.stderr, part)

    def _console(self, stream: IO[str]) -> Console:
        from rich.console import Console

        # No escape codes at all, bold and dim among them: that is what logs and readers of screens ask for.
        plain = self._no_color or bool(os.environ.get("NO_COLOR"))
        console = Console(file=stream, highlight=False, color_system=None if plain else "auto", soft_wrap=False)
        if not stream.isatty() and "COLUMNS" not in os.environ:
            console.width = _ENDLESS
        return console


def plain_text(parts: Iterable[RenderableType]) -> str:
    """What people would see of it, without colours, for a file."""
    from io import StringIO

    from rich.console import Console

    console = Console(file=StringIO(), width=_ENDLESS, no_color=True, highlight=False, force_terminal=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _write(console: Console, part: RenderableType) -> None:
    if console.file.isatty() and not _needs_ascii(console.file):
        console.print(part)
        return
    with console.capture() as capture:
        console.print(part)
    _write_text(console.file, _TRAILING.sub(r"\1", capture.get()))


def _encoding(stream: IO[str]) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def _needs_ascii(stream: IO[str]) -> bool:
    return not _encoding(stream).lower().startswith("utf")


def _write_text(stream: IO[str], text: str) -> None:
    """Whatever the encoding can't say is replaced: output must not fail on somebody's name."""
    if _needs_ascii(stream):
        encoding = _encoding(stream)
        text = text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    stream.write(text)
    stream.flush()


def _write_json(stream: IO[str], data: Any, indent: int | None) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=_needs_ascii(stream), default=str)
    _write_text(stream, text + "\n")
