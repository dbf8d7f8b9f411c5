"""Logins are kept for each API by itself: in memory, and in private files."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud_core.adapters.local.login_files import LoginFiles
from cloud_core.adapters.local.state_folder import state_folder
from cloud_core.domain.errors import InvalidInput, NotPermitted
from cloud_core.domain.logins import Login
from cloud_core.domain.values import SecretValue
from cloud_core.ports.logins import LoginStore
from cloud_core.testing.logins import InMemoryLogins

ONE, OTHER = "https://one.test/api/v1", "https://other.test/api/v1"
END = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def login(user: str) -> Login:
    return Login(user, "client-1", SecretValue(f"access of {user}"), SecretValue(f"refresh of {user}"), END)


@pytest.fixture(params=[lambda _: InMemoryLogins(), lambda folder: LoginFiles(lambda: folder)], ids=["memory", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LoginStore:
    make: Callable[[Path], LoginStore] = request.param
    return make(tmp_path / "state" / "logins")


def test_each_api_has_its_own(store: LoginStore) -> None:
    assert (store.get(ONE), store.remove(ONE)) == (None, False)
    store.put(ONE, login("ada"))
    store.put(OTHER, login("bob"))
    store.put(ONE, login("eve"))
    assert (store.get(ONE), store.get(OTHER)) == (login("eve"), login("bob"))
    assert store.remove(ONE)
    assert (store.get(ONE), store.get(OTHER)) == (None, login("bob"))


class TestFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "logins"

    @pytest.fixture
    def files(self, folder: Path) -> LoginFiles:
        return LoginFiles(lambda: folder)

    def test_nobody_else_can_read_them(self, files: LoginFiles, folder: Path) -> None:
        before = os.umask(0)
        try:
            files.put(ONE, login("ada"))
            files.put(ONE, login("bob"))
        finally:
            os.umask(before)
        (path,) = folder.iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", "{}", '{"api_url": "https://one.test/api/v1", "user": "ada"}'], ids=str
    )
    def test_what_is_no_login_is_none(self, files: LoginFiles, folder: Path, text: str) -> None:
        files.put(ONE, login("ada"))
        (path,) = folder.iterdir()
        path.write_text(text)
        assert files.get(ONE) is None

    def test_a_time_without_a_zone_is_none(self, files: LoginFiles, folder: Path) -> None:
        files.put(ONE, login("ada"))
        (path,) = folder.iterdir()
        path.write_text(path.read_text().replace("+00:00", ""))
        assert files.get(ONE) is None

    def test_those_of_sandboxes_that_are_gone_do_not_gather(self, files: LoginFiles, folder: Path) -> None:
        files.put(OTHER, login("ada"))
        (old,) = folder.iterdir()
        os.utime(old, (0, 0))
        files.put(ONE, login("bob"))
        assert (files.get(OTHER), files.get(ONE)) == (None, login("bob"))

    def test_a_folder_that_can_not_be_made_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(NotPermitted, match="can't be written"):
            LoginFiles(lambda: tmp_path / "file" / "logins").put(ONE, login("ada"))


def test_they_are_in_the_users_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert state_folder() == tmp_path / ".local" / "state" / "cloud-platform"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state_folder() == tmp_path / ".local" / "state" / "cloud-platform"
    monkeypatch.setenv("XDG_STATE_HOME", "/of/mine")
    assert state_folder() == Path("/of/mine/cloud-platform")


def test_without_a_home_there_is_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(InvalidInput, match="no home folder"):
        state_folder()
