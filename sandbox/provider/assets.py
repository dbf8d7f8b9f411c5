"""Files and archives that a program hands over: their content, and when two of them are the same."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cloud_core.domain.errors import InvalidInput

# How the engine's wire marks them; a map that has neither mark is no asset.
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
# Zip files know no earlier time; a fixed one makes equal archives equal bytes.
EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def content(value: Any) -> bytes:
    """The bytes of an asset, or of an archive as a zip file; InvalidInput when they can't be read here."""
    if _is(value, ARCHIVE):
        source = _file(value) if value.get("path") else None
        return source.read_bytes() if source and source.is_file() else _zip(value)
    if not _is(value, ASSET):
        raise InvalidInput("expected a file or an archive (pulumi.FileAsset, StringAsset, AssetArchive, …)")
    return str(value["text"]).encode() if value.get("text") is not None else _file(value).read_bytes()


def fingerprint(value: Any) -> str:
    """The same for the same content: the engine's own hash where it gives one."""
    known = value.get("hash") if isinstance(value, Mapping) else None
    return str(known) if known else json.dumps(value, sort_keys=True, default=str)


def _is(value: Any, mark: str) -> bool:
    return isinstance(value, Mapping) and value.get(SIGNATURE) == mark


def _file(value: Mapping[str, Any]) -> Path:
    """Where it is on this machine; the provider runs in another folder than the program."""
    path = Path(str(value.get("path") or ""))
    if not path.is_absolute() or not path.exists():
        raise InvalidInput(
            f"the sandbox can't read the file {str(path)!r} of an asset",
            suggestion="give it an absolute path on this machine; addresses on the web are not supported",
        )
    return path


def _zip(value: Mapping[str, Any]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(_entries(value)):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return written.getvalue()


def _entries(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """Name and bytes of everything in an archive: of its parts, or of its folder."""
    for name, part in (value.get("assets") or {}).items():
        if _is(part, ARCHIVE):
            yield from _entries(part, f"{prefix}{name}/")
        else:
            yield prefix + name, content(part)
    if value.get("path"):
        folder = _file(value)
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                yield prefix + file.relative_to(folder).as_posix(), file.read_bytes()
