"""YAML and JSON texts: written, and edited so that comments survive."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor, SafeConstructor
from ruamel.yaml.representer import RoundTripRepresenter

from cloud_core.adapters.local.yaml_edits import edit_document, styled
from cloud_core.adapters.local.yaml_reading import UnreadableText, read_text
from cloud_core.domain.digest import canonical_json
from cloud_core.domain.manifest import Edit, apply_edits

_WIDTH: Final = 4096  # no line is folded: a comment or a long value stays as it was written
_FLOAT: Final = "tag:yaml.org,2002:float"
_BARE_KEY: Final = re.compile(r":\s*(#.*)?$")


class _WrittenFloat(float):
    """A decimal number that is written again as it was: the library's own keeps too few digits."""

    text: str


class _RoundTripConstructor(RoundTripConstructor):
    def construct_yaml_float(self, node: Any) -> _WrittenFloat:
        number = _WrittenFloat(SafeConstructor.construct_yaml_float(self, node))
        number.text = node.value
        return number


class _RoundTripRepresenter(RoundTripRepresenter):
    def represent_written_float(self, number: _WrittenFloat) -> Any:
        return self.represent_scalar(_FLOAT, number.text)


_RoundTripConstructor.add_constructor(_FLOAT, _RoundTripConstructor.construct_yaml_float)
_RoundTripRepresenter.add_representer(_WrittenFloat, _RoundTripRepresenter.represent_written_float)


def edit_text(text: str, file: str, edits: Sequence[Edit]) -> str:
    """The text with the edits made; in YAML comments, quotes, aliases and order are kept.

    What is written reads back as the edited content in every case: where the layout can't be kept, the content is,
    and the comments are given up. UnreadableText as `read_text`; KeyError for a path that is not there.
    """
    edited = read_text(text, file)
    apply_edits(edited, edits)
    written = _as_json(edited) if file.endswith(".json") else _edited_yaml(text.replace("\r\n", "\n"), edits, edited)
    return written.replace("\n", "\r\n") if "\r\n" in text else written


def _as_json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _edited_yaml(text: str, edits: Sequence[Edit], edited: Any) -> str:
    document = _round_trip().load(text)
    try:
        for edit in edits:
            edit_document(document, edit)
        written = _dump(document, *_indentation(text))
        if canonical_json(read_text(written, "")) == canonical_json(edited):
            return written
    except (KeyError, UnreadableText):  # a key that is no text there, or that is merged in from elsewhere
        pass
    return write_text(edited)


def write_text(data: Mapping[str, Any], header: str = "") -> str:
    """YAML with the sections apart by an empty line, short lists in one line; `header` becomes comment lines."""
    parts = [_dump(styled({key: value})) for key, value in data.items()]
    comment = "".join(f"# {_printable(line)}".rstrip() + "\n" for line in header.splitlines())
    return "\n".join([*([comment] if comment else []), *parts])


def _printable(line: str) -> str:
    return "".join(character for character in line if character.isprintable())


def _round_trip() -> YAML:
    yaml = YAML(typ="rt")
    yaml.Constructor = _RoundTripConstructor
    yaml.Representer = _RoundTripRepresenter
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    return yaml


def _dump(document: Any, mapping: int = 2, dash: int = 0) -> str:
    writer = _round_trip()
    writer.indent(mapping=mapping, sequence=dash + 2, offset=dash)
    stream = io.StringIO()
    writer.dump(document, stream)
    return stream.getvalue()


def _indentation(text: str) -> tuple[int, int]:
    """How the writer indents: the spaces of a nested map, and those before a dash; 2 and 0 when nothing tells."""
    found: dict[bool, int] = {}
    parent: int | None = None
    for line in text.splitlines():
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        depth = len(line) - len(line.lstrip())
        if parent is not None:
            found.setdefault(content.startswith("- "), depth - parent)
        parent = depth if _BARE_KEY.search(line) else None
    return max(found.get(False, 2), 2), max(found.get(True, 0), 0)
