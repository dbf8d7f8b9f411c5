"""What texts were read as is kept: never another text's answer, never a damaged one, and never in the way."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.adapters.local.parsed_texts import ParsedTexts, users_texts
from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.adapters.local.yaml_reading import UnreadableText, read_text
from cloud_core.adapters.local.yaml_text import write_text
from cloud_core.resources import data_dir

TEXT = "name: network\nsizes: [1, 2.5, 1e3, yes, null, 2026-11-27, '1']\n"
SCALARS = st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    SCALARS | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def forge(entry: Path, data: object) -> None:
    """A sound entry with another content."""
    content = json.dumps(data)
    entry.write_text(f"{hashlib.sha256(content.encode()).hexdigest()}\n{content}")


@given(st.dictionaries(st.text(), PLAIN))
def test_what_was_kept_is_what_reading_gives(data: dict[str, object]) -> None:
    text = write_text(data, "a header")
    with TemporaryDirectory() as folder:
        texts = ParsedTexts(Path(folder))
        first, second = texts.read(text, "a.yaml"), texts.read(text, "a.yaml")
    assert repr(first) == repr(second) == repr(read_text(text, "a.yaml"))


def test_a_text_is_read_once(tmp_path: Path) -> None:
    ParsedTexts(tmp_path).read(TEXT, "a.yaml")
    (entry,) = entries(tmp_path)
    forge(entry, "kept")
    assert ParsedTexts(tmp_path).read(TEXT, "other.yaml") == "kept"


def test_an_edited_text_is_read_anew(tmp_path: Path) -> None:
    texts = ParsedTexts(tmp_path)
    texts.read(TEXT, "a.yaml")
    assert texts.read(TEXT.replace("network", "dns"), "a.yaml")["name"] == "dns"


def test_what_a_caller_does_to_an_answer_is_its_own_business(tmp_path: Path) -> None:
    texts = ParsedTexts(tmp_path)
    for _ in range(3):
        answer = texts.read(TEXT, "a.yaml")
        assert answer == read_text(TEXT, "a.yaml")
        answer["sizes"].clear()


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\xfe", b"0" * 64 + b"\n{}"])
def test_a_damaged_entry_is_read_anew_and_mended(tmp_path: Path, damage: bytes) -> None:
    texts = ParsedTexts(tmp_path)
    texts.read(TEXT, "a.yaml")
    (entry,) = entries(tmp_path)
    sound = entry.read_bytes()
    entry.write_bytes(damage)
    assert texts.read(TEXT, "a.yaml") == read_text(TEXT, "a.yaml")
    assert entry.read_bytes() == sound


def test_half_an_entry_is_no_answer(tmp_path: Path) -> None:
    texts = ParsedTexts(tmp_path)
    texts.read(TEXT, "a.yaml")
    (entry,) = entries(tmp_path)
    entry.write_bytes(entry.read_bytes()[:-5])
    assert texts.read(TEXT, "a.yaml") == read_text(TEXT, "a.yaml")


def test_a_folder_that_can_not_be_used_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert ParsedTexts(tmp_path / "file").read(TEXT, "a.yaml") == read_text(TEXT, "a.yaml")


def test_a_text_that_can_not_be_read_leaves_no_entry(tmp_path: Path) -> None:
    with pytest.raises(UnreadableText, match=r"a\.yaml can't be read at line 1"):
        ParsedTexts(tmp_path).read("a: [", "a.yaml")
    assert entries(tmp_path) == []


def test_json_is_read_as_json(tmp_path: Path) -> None:
    assert ParsedTexts(tmp_path).read('{"a": 1}', "a.json") == {"a": 1}
    assert entries(tmp_path) == []


def test_only_its_owner_sees_what_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "parsed"
    ParsedTexts(folder).read(TEXT, "a.yaml")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [entry.stat().st_mode & 0o777 for entry in entries(folder)] == [0o600]


def test_entries_of_texts_that_are_gone_go_too(tmp_path: Path) -> None:
    texts = ParsedTexts(tmp_path)
    texts.read(TEXT, "a.yaml")
    (old,) = entries(tmp_path)
    os.utime(old, (time.time() - 100 * 24 * 3600,) * 2)
    texts.read("name: other\n", "a.yaml")
    assert old not in entries(tmp_path)
    assert len(entries(tmp_path)) == 1


def test_templates_come_out_of_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    nowhere = Workspace(tmp_path / "nowhere")
    plain = LocalTemplates(data_dir("templates"), nowhere).stack_templates()
    assert LocalTemplates(data_dir("templates"), nowhere, users_texts()).stack_templates() == plain
    assert len(entries(tmp_path / "cloud-platform" / "parsed")) == len(plain)
    assert LocalTemplates(data_dir("templates"), nowhere, users_texts()).stack_templates() == plain


def test_a_user_without_a_home_has_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert users_texts().read(TEXT, "a.yaml") == read_text(TEXT, "a.yaml")
