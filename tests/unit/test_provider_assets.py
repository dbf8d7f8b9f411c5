"""Files and archives that a program hands over."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidInput
from sandbox.provider.assets import ARCHIVE, ASSET, SIGNATURE, content


def asset(**how: Any) -> dict[str, Any]:
    return {SIGNATURE: ASSET, **how}


def archive(**how: Any) -> dict[str, Any]:
    return {SIGNATURE: ARCHIVE, **how}


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_a_text_and_a_file_are_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\x00hi")
    assert content(asset(text="")) == b""
    assert content(asset(text="ä")) == "ä".encode()
    assert content(asset(path=str(tmp_path / "a.txt"))) == b"\x00hi"


def test_an_archive_is_a_zip_file_and_equal_ones_are_equal_bytes(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.py").write_text("b")
    parts = {"index.py": asset(text="x"), "more": archive(path=str(tmp_path))}
    made = content(archive(assets=parts))
    assert unzipped(made) == {"index.py": b"x", "more/deep/b.py": b"b"}
    assert content(archive(assets=dict(reversed(parts.items())))) == made


def test_a_zip_file_is_handed_on_as_it_is(tmp_path: Path) -> None:
    made = content(archive(assets={"a": asset(text="x")}))
    (tmp_path / "made.zip").write_bytes(made)
    assert content(archive(path=str(tmp_path / "made.zip"))) == made


@pytest.mark.parametrize("given", ["text", asset(path="relative.txt"), asset(uri="https://example.com/a"), {}])
def test_what_can_not_be_read_is_told(given: Any) -> None:
    with pytest.raises(InvalidInput, match=r"absolute path|file or an archive|can't read"):
        content(given)
