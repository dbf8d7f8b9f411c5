"""The engine's installer: what it tries, what it refuses, and that it leaves nothing half-done."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cloud_core.adapters.pulumi.discovery import PINNED_VERSION, tool_folder
from cloud_core.domain.errors import EngineMissing

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "install_engine.py"
# A stand-in for Go: it notes its arguments, and 'builds' an engine that tells the stamped version.
GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version go1.26.8 linux/amd64"; exit 0; fi
echo "$@" >> "$(dirname "$0")/go.log"
{behaviour}
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho v%s\\n' "{version}" > "$2"
chmod 755 "$2"
"""


@pytest.fixture
def installer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install_engine", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine and no Go: an empty cache, and a PATH with the system's own programs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.delenv("CLOUD_ENGINE__BINARY", raising=False)
    monkeypatch.delenv("CLOUD_ENGINE__MINIMUM_VERSION", raising=False)


def make_go(tmp_path: Path, version: str = PINNED_VERSION, behaviour: str = "") -> Path:
    go = tmp_path / "bin" / "go"
    go.parent.mkdir(exist_ok=True)
    go.write_text(GO.format(version=version, behaviour=behaviour))
    go.chmod(0o755)
    return go


def go_calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "bin" / "go.log").read_text().splitlines()


def drafts() -> list[Path]:
    return list(tool_folder().parent.glob("draft-*"))


def fail(_: Path, say: Any) -> None:
    raise AssertionError("this way must not be tried")


def test_an_engine_that_is_there_is_kept(installer: ModuleType, tmp_path: Path) -> None:
    make_go(tmp_path)
    first = installer.install(None, PINNED_VERSION, print, (installer.build,))
    second = installer.install(None, PINNED_VERSION, print, (fail,))
    assert first == second
    assert first.path == tool_folder() / "pulumi"
    assert len(go_calls(tmp_path)) == 1


def test_the_build_is_of_the_pinned_module_with_its_version_stamped_in(installer: ModuleType) -> None:
    command = installer.build_command("/usr/local/go/bin/go", Path("/cache/pulumi"))
    assert command[:2] == ["/usr/local/go/bin/go", "build"]
    assert command[-1] == "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
    assert command[command.index("-o") + 1] == "/cache/pulumi"
    symbol = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
    assert f"-X {symbol}=v{PINNED_VERSION}" in command[command.index("-ldflags") + 1]


def test_it_says_what_it_tries_next(installer: ModuleType, tmp_path: Path) -> None:
    make_go(tmp_path)
    said: list[str] = []

    def unreachable(_: Path, say: Any) -> None:
        raise installer.CannotInstall("the host can't be reached")

    installer.install(None, PINNED_VERSION, said.append, (unreachable, installer.build))
    assert said[0].startswith("PATH: ")
    assert said[1].startswith("tool folder: ")
    assert said[2] == "unreachable: the host can't be reached"
    assert said[3].startswith("trying 'go build' with go version go1.26.8")
    assert "usually 4-5 minutes" in said[3]


def test_without_go_it_says_what_to_install(installer: ModuleType) -> None:
    def missing(_: Path, say: Any) -> None:
        raise installer.CannotInstall("Go is not installed (no 'go' in PATH)")

    with pytest.raises(installer.CannotInstall, match=r"(?s)Go is not installed.*install Go 1\.25"):
        installer.install(None, PINNED_VERSION, print, (missing,))
    assert drafts() == []
    assert not tool_folder().exists()


def test_a_failed_build_shows_its_last_lines_and_leaves_nothing(installer: ModuleType, tmp_path: Path) -> None:
    make_go(tmp_path, behaviour="echo 'no such module' >&2; exit 1")
    with pytest.raises(installer.CannotInstall, match=r"(?s)exit code 1.*no such module"):
        installer.install(None, PINNED_VERSION, print, (installer.build,))
    assert drafts() == []
    assert not tool_folder().exists()


def test_an_engine_of_another_version_is_not_moved_in(installer: ModuleType, tmp_path: Path) -> None:
    make_go(tmp_path, version="3.1.0")
    with pytest.raises(installer.CannotInstall, match=r"got version 3\.1\.0"):
        installer.install(None, PINNED_VERSION, print, (installer.build,))
    assert not tool_folder().exists()


def test_a_damaged_engine_is_replaced(installer: ModuleType, tmp_path: Path) -> None:
    make_go(tmp_path)
    tool_folder().mkdir(parents=True)
    (tool_folder() / "pulumi").write_text("half a download")
    found = installer.install(None, PINNED_VERSION, print, (installer.build,))
    assert found.version == PINNED_VERSION


def test_two_installations_build_once(installer: ModuleType, tmp_path: Path) -> None:
    make_go(tmp_path, behaviour="sleep 0.5")
    said: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        turns = [pool.submit(installer.install, None, PINNED_VERSION, said.append, (installer.build,)) for _ in "ab"]
        assert turns[0].result() == turns[1].result()
    assert len(go_calls(tmp_path)) == 1
    assert "another installation is at work; waiting for it" in said


def test_an_interrupted_build_leaves_nothing_and_no_compiler(tmp_path: Path) -> None:
    make_go(tmp_path, behaviour='echo $$ > "$(dirname "$0")/go.pid"; sleep 600')
    code = (
        f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); import install_engine as i\n"
        "try: i.install(None, i.PINNED_VERSION, print, (i.build,))\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL) as process:
        pid_file = tmp_path / "bin" / "go.pid"
        deadline = time.monotonic() + 20
        while not (pid_file.exists() and pid_file.read_text().strip()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
    assert drafts() == []


def test_a_bad_setting_is_an_error_and_nothing_is_installed(installer: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match="does not exist"):
        installer.install(tmp_path / "none", PINNED_VERSION, print, (fail,))


def test_a_newer_minimum_than_the_pinned_version_can_not_be_installed(installer: ModuleType) -> None:
    with pytest.raises(installer.CannotInstall, match=r"99\.0\.0 is required"):
        installer.install(None, "99.0.0", print, (fail,))


def test_the_program_ends_with_1_and_a_message_when_it_fails(tmp_path: Path) -> None:
    environment = {**os.environ, "CLOUD_ENGINE__BINARY": str(tmp_path / "none")}
    answer = subprocess.run([sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "CLOUD_ENGINE__BINARY" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(("options", "lines"), [([], 1), (["--quiet"], 0)])
def test_the_program_tells_which_engine_is_used_unless_it_is_quiet(
    tmp_path: Path, options: list[str], lines: int
) -> None:
    own = tmp_path / "engine"
    own.write_text(f"#!/bin/sh\necho v{PINNED_VERSION}\n")
    own.chmod(0o755)
    environment = {**os.environ, "CLOUD_ENGINE__BINARY": str(own)}
    command = [sys.executable, str(SCRIPT), *options]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert len(answer.stdout.splitlines()) == lines


def archive_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_an_archive_gives_its_programs_and_can_not_escape(installer: ModuleType, tmp_path: Path) -> None:
    draft = tmp_path / "deep" / "draft"
    draft.mkdir(parents=True)
    files = {"pulumi/pulumi": b"engine", "pulumi/pulumi-language-go": b"host", "../../escaped": b"evil"}
    installer.unpack(archive_of(files), draft)
    assert sorted(file.name for file in draft.iterdir()) == ["escaped", "pulumi", "pulumi-language-go"]
    assert not (tmp_path / "escaped").exists()
    assert os.access(draft / "pulumi", os.X_OK)


def test_what_is_no_archive_is_refused(installer: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(installer.CannotInstall, match="unpacked"):
        installer.unpack(b"<html>", tmp_path)


@pytest.mark.parametrize("published", ["", "0" * 64 + "  engine.tar.gz", "{hash}  other.tar.gz"])
def test_an_archive_without_its_published_checksum_is_refused(installer: ModuleType, published: str) -> None:
    checksums = published.format(hash=hashlib.sha256(b"archive").hexdigest())
    with pytest.raises(installer.CannotInstall, match="checksum"):
        installer.verify(b"archive", "engine.tar.gz", checksums)


def test_an_archive_with_its_published_checksum_is_accepted(installer: ModuleType) -> None:
    lines = f"{'0' * 64}  other.tar.gz\n{hashlib.sha256(b'archive').hexdigest()}  engine.tar.gz\n"
    installer.verify(b"archive", "engine.tar.gz", lines)


def test_a_missing_download_is_one_line(installer: ModuleType) -> None:
    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Nothing) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(installer.CannotInstall, match="404"):
            installer.fetch(f"http://127.0.0.1:{server.server_port}/engine.tar.gz", print)
        thread.join()


def test_a_host_that_does_not_exist_is_known_within_seconds(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    since = time.monotonic()
    assert not installer.reachable("https://downloads.invalid/releases")
    assert time.monotonic() - since < 10


@pytest.mark.parametrize(
    ("variables", "hop"),
    [
        ({}, ("downloads.invalid", 443)),
        ({"https_proxy": "http://proxy.invalid:3128"}, ("proxy.invalid", 3128)),
        ({"https_proxy": "proxy.invalid:3128"}, ("proxy.invalid", 3128)),
        ({"https_proxy": "http://proxy.invalid:3128", "no_proxy": "downloads.invalid"}, ("downloads.invalid", 443)),
    ],
)
def test_the_first_hop_is_asked(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], hop: tuple[str, int]
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert installer._first_hop("https://downloads.invalid/releases") == hop


def test_a_proxy_that_does_not_answer_is_known_within_seconds(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    since = time.monotonic()
    assert not installer.reachable("https://downloads.invalid/releases")
    assert time.monotonic() - since < 2 * installer.CONNECT_SECONDS
