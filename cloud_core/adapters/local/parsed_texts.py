"""What YAML texts were read as, kept in the user's cache: reading one takes a hundred times as long as loading that.

An entry's name is a digest of the text and of all that decides what is made of it: our reading code and its library. So
an entry is never another text's, nor that of another version. It begins with a digest of its content: a damaged one is
noticed. Whatever is wrong with an entry or its folder, the text is read as if there were none.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from cloud_core.adapters.local import yaml_reading
from cloud_core.adapters.local.cache_folder import cache_folder
from cloud_core.adapters.local.text_files import PRIVATE_FOLDER, write_privately
from cloud_core.adapters.local.yaml_reading import read_text
from cloud_core.domain.errors import CloudError

_KEPT_SECONDS: Final = 90 * 24 * 3600.0
_YAML: Final = ".yaml"


@dataclass(frozen=True)
class ParsedTexts:
    """Reads as `read_text`. Without a folder nothing is kept."""

    folder: Path | None = None

    def read(self, text: str, file: str) -> Any:
        """Raises what `read_text` raises; a text that can't be read leaves no entry."""
        if self.folder is None or not file.endswith(_YAML):
            return read_text(text, file)
        entry = self.folder / f"{_digest(_reader() + text)}.json"
        with suppress(OSError, ValueError):
            return _loaded(entry)
        data = read_text(text, file)
        with suppress(OSError, CloudError):
            _keep(entry, data)
        return data


def users_texts() -> ParsedTexts:
    """Over the user's cache; without a memory for a user without a home."""
    try:
        return ParsedTexts(cache_folder() / "parsed")
    except RuntimeError:
        return ParsedTexts()


def _loaded(entry: Path) -> Any:
    digest, _, content = entry.read_text(encoding="utf-8").partition("\n")
    if digest != _digest(content):
        raise ValueError(f"{entry} is damaged")
    return json.loads(content)


def _keep(entry: Path, data: Any) -> None:
    entry.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    content = json.dumps(data)
    write_privately(entry, f"{_digest(content)}\n{content}", replace=True)
    oldest = time.time() - _KEPT_SECONDS
    for other in entry.parent.iterdir():
        if other.stat().st_mtime < oldest:
            other.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _reader() -> str:
    """Another one reads the same text otherwise, maybe."""
    return f"{version('ruamel.yaml')} {_digest(Path(yaml_reading.__file__).read_text(encoding='utf-8'))}\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
