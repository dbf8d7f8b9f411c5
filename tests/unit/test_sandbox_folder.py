"""The state folder is claimed, locked and wiped without ever touching somebody else's files."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud_core.adapters.local.sandbox_state import SandboxAddresses
from cloud_core.domain.errors import Conflict, InvalidInput
from cloud_core.settings.sandbox import SandboxSettings
from sandbox.folder import LOCK_FILE, claim, exclusive, furnish, is_locked, wipe
from sandbox.ports import choose_ports


def addresses(folder: Path) -> SandboxAddresses:
    url = "http://127.0.0.1:1"
    return SandboxAddresses("g1", folder, url, url, url, url, url)


def test_a_new_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    claim(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InvalidInput, match=r"thesis\.txt"):
        claim(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_wipe_leaves_the_lock_and_follows_no_link(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "sandbox"
    outside.mkdir()
    (outside / "thesis.txt").write_text("mine")
    claim(folder)
    furnish(addresses(folder))
    (folder / "work" / "link").symlink_to(outside)
    (folder / "link").symlink_to(outside)
    wipe(folder)
    assert [entry.name for entry in folder.iterdir()] == [LOCK_FILE]
    assert (outside / "thesis.txt").read_text() == "mine"


def test_each_generation_gets_fresh_secrets_that_only_the_owner_reads(tmp_path: Path) -> None:
    seen = set()
    for _ in range(2):
        claim(tmp_path)
        wipe(tmp_path)
        furnish(addresses(tmp_path))
        for file in (addresses(tmp_path).passphrase_file, addresses(tmp_path).digest_key_file):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            seen.add(file.read_text())
    assert len(seen) == 4
    assert min(map(len, seen)) >= 32


@pytest.fixture
def other_command(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process at work in the folder."""
    code = (
        "import pathlib, sandbox.folder as f\n"
        f"with f.exclusive(pathlib.Path({str(tmp_path)!r})):\n"
        "    print('held', flush=True); input()\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        yield child
        child.kill()


def test_commands_exclude_each_other_and_name_who_is_at_work(
    tmp_path: Path, other_command: subprocess.Popen[str]
) -> None:
    assert is_locked(tmp_path)
    with pytest.raises(Conflict, match=rf"pid {other_command.pid}\b"), exclusive(tmp_path):
        pass
    other_command.communicate("\n")
    assert not is_locked(tmp_path)
    with exclusive(tmp_path):
        assert is_locked(tmp_path)


def test_a_killed_command_leaves_no_lock(tmp_path: Path, other_command: subprocess.Popen[str]) -> None:
    other_command.kill()
    other_command.wait()
    with exclusive(tmp_path):
        pass


def test_asking_for_the_lock_makes_no_folder(tmp_path: Path) -> None:
    assert not is_locked(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_free_ports_differ_and_fixed_ones_are_kept() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        fixed = probe.getsockname()[1]
    ports = choose_ports(SandboxSettings(aws_port=fixed))
    assert ports["aws"] == fixed
    assert len(set(ports.values())) == 5
    assert min(ports.values()) > 0


def test_one_port_for_two_is_refused_with_both_settings() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(Conflict, match=rf"CLOUD_SANDBOX__AWS_PORT and CLOUD_SANDBOX__PREFECT_PORT are both {port}"):
        choose_ports(SandboxSettings(aws_port=port, prefect_port=port))


@pytest.mark.parametrize("name", ["aws", "records", "provider", "prefect"])
def test_a_taken_port_is_named_with_its_setting(name: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=rf"port {port} .*CLOUD_SANDBOX__{name.upper()}_PORT"):
            choose_ports(SandboxSettings(**{f"{name}_port": port}))
