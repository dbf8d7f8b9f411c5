"""Where PostgreSQL's programs are looked for, and what is said when there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_core.testing.postgresql import find_programs

PROGRAMS = ("initdb", "postgres", "pg_isready", "psql")


def install(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch(mode=0o755)
    return folder


def test_the_newest_of_debians_versions_is_taken(tmp_path: Path) -> None:
    install(tmp_path / "9" / "bin", *PROGRAMS)
    newest = install(tmp_path / "17" / "bin", *PROGRAMS)
    install(tmp_path / "common" / "bin", *PROGRAMS)
    assert find_programs("", tmp_path) == newest


def test_those_on_the_path_win(tmp_path: Path) -> None:
    install(tmp_path / "places" / "17" / "bin", *PROGRAMS)
    own = install(tmp_path / "own", *PROGRAMS)
    assert find_programs(str(own), tmp_path / "places") == own


def test_a_version_without_its_server_does_not_count(tmp_path: Path) -> None:
    complete = install(tmp_path / "15" / "bin", *PROGRAMS)
    install(tmp_path / "17" / "bin", "psql", "pg_isready")
    assert find_programs("", tmp_path) == complete


def test_missing_ones_are_named_with_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="neither in PATH nor in") as found:
        find_programs("", tmp_path)
    assert "initdb, postgres, pg_isready, psql" in str(found.value)
    assert "sudo apt-get install postgresql" in str(found.value)
