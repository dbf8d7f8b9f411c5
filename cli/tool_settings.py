"""The tool's own settings: the keys of its configuration files, read and written one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cli.configuration import OPTIONS, SECTION, check_default, configuration_files, read_defaults, user_file
from cli.options import Refused
from cloud_core.adapters.local.text_files import write_atomically
from cloud_core.adapters.local.yaml_reading import file_text
from cloud_core.adapters.local.yaml_text import edit_text, write_text
from cloud_core.domain.errors import InvalidInput, NotFound
from cloud_core.domain.manifest import RemoveKey, SetValue, apply_edits

_NUMBERS = frozenset({"parallel"})
KEYS = tuple(f"{SECTION}.{name}" for name in OPTIONS)


@dataclass(frozen=True)
class ToolSetting:
    """A value in force, and the file that sets it."""

    key: str
    value: Any
    file: Path

    def to_data(self) -> dict[str, Any]:
        return {"key": self.key, "value": self.value, "file": str(self.file)}


@dataclass(frozen=True)
class ToolChange:
    """`overridden_by` is a file that sets the key as well, and wins."""

    key: str
    old: Any
    new: Any
    file: Path
    overridden_by: Path | None

    def to_data(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "old": self.old,
            "new": self.new,
            "file": str(self.file),
            "changed": self.old != self.new,
            "overridden_by": str(self.overridden_by) if self.overridden_by else None,
        }


class ToolSettings:
    """Reads all files, and writes the chosen one, else the person's own. Raises as `cli.configuration` does."""

    def __init__(self, chosen: Path | None, home: Path, start: Path) -> None:
        self._files = configuration_files(chosen, home, start)
        self._target = chosen or user_file(home)

    def list(self) -> tuple[ToolSetting, ...]:
        """What is set, by key."""
        found = {
            name: ToolSetting(f"{SECTION}.{name}", _typed(name, value), path)
            for path in self._files
            for name, value in read_defaults(path).items()
        }
        return tuple(found[name] for name in OPTIONS if name in found)

    def get(self, key: str) -> ToolSetting:
        """NotFound for a key that there is not, or that is not set."""
        _require(key)
        for setting in self.list():
            if setting.key == key:
                return setting
        suggestion = f"set it with 'cloud config-set --tool {key} VALUE'"
        raise NotFound(f"the setting {key!r} of the tool is not set", key=key, suggestion=suggestion)

    def set(self, key: str, text: str, rehearse: bool = False) -> ToolChange:
        """NotFound for a key that there is not; Refused for a value that its option would refuse."""
        name = _require(key)
        try:
            check_default(name, text)
        except InvalidInput as error:
            raise Refused(error) from None
        change = self._change(name, _typed(name, text))
        if not rehearse and change.old != change.new:
            self._write(SetValue((SECTION, name), change.new))
        return change

    def unset(self, key: str, rehearse: bool = False) -> ToolChange:
        """NotFound for a key that the file does not set."""
        name = _require(key)
        change = self._change(name, None)
        if change.old is None:
            raise NotFound(
                f"{self._target} does not set {key!r}", key=key, suggestion="'cloud config-list --tool' lists them"
            )
        if not rehearse:
            self._write(RemoveKey((SECTION, name)))
        return change

    def _change(self, name: str, value: Any) -> ToolChange:
        old = self._read(self._target).get(name)
        winners = [path for path in self._files if path != self._target and name in read_defaults(path)]
        return ToolChange(f"{SECTION}.{name}", _typed(name, old), value, self._target, winners[-1] if winners else None)

    def _read(self, path: Path) -> Mapping[str, Any]:
        return read_defaults(path) if path in self._files else {}

    def _write(self, edit: SetValue | RemoveKey) -> None:
        path = self._target
        text = file_text(path) if path in self._files else ""
        if text.strip():
            written = edit_text(text, path.name, [edit])
        else:
            document: dict[str, Any] = {}
            apply_edits(document, [edit])
            written = write_text(document)
        write_atomically(path, written)


def _typed(name: str, value: Any) -> Any:
    return int(value) if name in _NUMBERS and value is not None else value


def _require(key: str) -> str:
    """The option's name."""
    if key in KEYS:
        return key.removeprefix(f"{SECTION}.")
    close = get_close_matches(key, KEYS, n=1) or list(KEYS)
    raise NotFound(
        f"the tool has no setting {key!r}",
        key=key,
        close_matches=close,
        suggestion=f"did you mean {close[0]}?" if len(close) == 1 else f"there are {', '.join(KEYS)}",
    )
