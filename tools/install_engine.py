"""Installs the Pulumi engine, if there is none yet. Usage: python tools/install_engine.py [--quiet]

In this order: the setting CLOUD_ENGINE__BINARY, PATH, our tool folder in the user's cache; else the official
download; else a build of the pinned Go module in tools/engine. Needs nothing but Python 3.11's standard library.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import io
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parent.parent
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

from cloud_core.adapters.pulumi.discovery import (  # noqa: E402  (only importable from here on)
    BINARY_SETTING,
    PINNED_VERSION,
    FoundEngine,
    Unusable,
    ask_version,
    is_older,
    locate,
    tool_folder,
)
from cloud_core.domain.errors import EngineMissing  # noqa: E402

DOWNLOADS: Final = "https://get.pulumi.com/releases/sdk"
MODULE: Final = REPOSITORY / "tools" / "engine"
PACKAGE: Final = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_SYMBOL: Final = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
PLATFORMS: Final[Mapping[tuple[str, str], str]] = {
    ("Linux", "x86_64"): "linux-x64",
    ("Linux", "aarch64"): "linux-arm64",
    ("Darwin", "x86_64"): "darwin-x64",
    ("Darwin", "arm64"): "darwin-arm64",
}
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 30.0
PROGRESS_SECONDS: Final = 15.0
USUAL_BUILD: Final = "usually 4-5 minutes on 2 cores, seconds when Go has built it before"

Say = Callable[[str], None]
Way = Callable[[Path, Say], None]


class CannotInstall(Exception):
    """Why one way of installing did not work; one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 with an engine that can be used, 1 without."""
    options = _parser().parse_args(arguments)
    say: Say = (lambda _: None) if options.quiet else (lambda text: print(f"engine: {text}", flush=True))
    setting = os.environ.get(BINARY_SETTING)
    minimum = os.environ.get("CLOUD_ENGINE__MINIMUM_VERSION", PINNED_VERSION)
    try:
        found = install(Path(setting) if setting else None, minimum, say)
    except (EngineMissing, CannotInstall, ValueError) as problem:
        print(f"engine: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("engine: interrupted; nothing was installed", file=sys.stderr)
        return 130
    say(f"{found.version} at {found.path} (from: {found.source})")
    return 0


def install(setting: Path | None, minimum: str, say: Say, ways: Sequence[Way] | None = None) -> FoundEngine:
    """The engine that is there, else a new one in the tool folder, by the first of the `ways` that works."""
    try:
        return locate(setting, minimum)
    except EngineMissing as missing:
        if setting is not None:
            raise
        if is_older(PINNED_VERSION, minimum):
            raise CannotInstall(f"version {minimum} is required, but {PINNED_VERSION} is what we install") from None
        for problem in missing.context["problems"]:
            say(problem)
    folder = tool_folder()
    with only_one(folder.parent / "install.lock", say):
        try:
            # Another installation may have finished while we waited.
            return locate(None, minimum)
        except EngineMissing:
            _fill(folder, say, ways or (download, build))
    return locate(None, minimum)


def _fill(folder: Path, say: Say, ways: Sequence[Way]) -> None:
    """Get the engine into a draft beside the folder, then move it in."""
    problems = []
    for way in ways:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="draft-") as draft:
            try:
                way(Path(draft), say)
                _move_in(Path(draft), folder)
                return
            except CannotInstall as problem:
                problems.append(f"{way.__name__}: {problem}")
                say(problems[-1])
    raise CannotInstall(
        "the engine could not be installed:\n  "
        + "\n  ".join(problems)
        + "\ninstall Go 1.25 or later (https://go.dev/dl) and try again, or install Pulumi yourself and set "
        + BINARY_SETTING
    )


def _move_in(draft: Path, folder: Path) -> None:
    """The engine itself comes last and in one step: whoever sees it sees all of it."""
    engine = draft / "pulumi"
    try:
        version = ask_version(engine)
    except Unusable as problem:
        raise CannotInstall(str(problem)) from problem
    if version != PINNED_VERSION:
        raise CannotInstall(f"got version {version} in place of {PINNED_VERSION}")
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(draft.iterdir(), key=lambda file: file == engine):
        file.replace(folder / file.name)


def download(draft: Path, say: Say) -> None:
    """The official archive, compared with the published checksum; all of its programs, language hosts included."""
    kind = PLATFORMS.get((platform.system(), platform.machine()))
    if kind is None:
        raise CannotInstall(f"there is none for {platform.system()} {platform.machine()}")
    say(f"trying the official download ({DOWNLOADS})")
    if not reachable(DOWNLOADS):
        raise CannotInstall(f"{DOWNLOADS} can't be reached")
    name = f"pulumi-v{PINNED_VERSION}-{kind}.tar.gz"
    checksums = fetch(f"{DOWNLOADS}/pulumi-{PINNED_VERSION}-checksums.txt", say, CONNECT_SECONDS).decode()
    archive = fetch(f"{DOWNLOADS}/{name}", say)
    verify(archive, name, checksums)
    unpack(archive, draft)


def reachable(url: str) -> bool:
    """Whether the host, or the proxy that leads there, takes a connection within seconds.

    Trying each of its many addresses in turn could take a minute.
    """
    answers: list[bool] = []
    address = _first_hop(url)

    def knock() -> None:
        try:
            socket.create_connection(address, timeout=CONNECT_SECONDS).close()
        except OSError:
            return
        answers.append(True)

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    return bool(answers)


def _first_hop(url: str) -> tuple[str, int]:
    """Host and port that a connection to the address begins with."""
    target = urllib.parse.urlsplit(url)
    proxy = None if urllib.request.proxy_bypass(target.netloc) else urllib.request.getproxies().get(target.scheme)
    hop = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}") if proxy else target
    return str(hop.hostname), hop.port or (443 if hop.scheme == "https" else 80)


def fetch(url: str, say: Say, seconds: float = READ_SECONDS) -> bytes:
    """The body of a successful answer, with signs of life when it is slow; at most `seconds` of silence."""
    body, told = bytearray(), time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            while chunk := answer.read(1 << 20):
                body += chunk
                if time.monotonic() - told > PROGRESS_SECONDS:
                    told = time.monotonic()
                    say(f"still downloading, {len(body) >> 20} MB so far")
    except (urllib.error.URLError, OSError) as problem:
        raise CannotInstall(f"{url}: {problem}") from problem
    return bytes(body)


def verify(archive: bytes, name: str, checksums: str) -> None:
    """Compare with the line `<sha256>  <name>` of the published checksums."""
    published = {line.split()[-1]: line.split()[0] for line in checksums.splitlines() if len(line.split()) == 2}
    actual = hashlib.sha256(archive).hexdigest()
    if published.get(name) != actual:
        raise CannotInstall(f"the checksum of {name} is {actual}, published is {published.get(name, 'none')}")


def unpack(archive: bytes, draft: Path) -> None:
    """The archive's programs, without its folders: a path inside it can't lead anywhere."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as content:
            for member in content:
                source = content.extractfile(member)
                if source is not None:
                    target = draft / Path(member.name).name
                    target.write_bytes(source.read())
                    target.chmod(0o755)
    except (tarfile.TarError, OSError) as problem:
        raise CannotInstall(f"the archive can't be unpacked: {problem}") from problem


def build(draft: Path, say: Say) -> None:
    """`go build` of the pinned module, with signs of life."""
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if go is None:
        raise CannotInstall("Go is not installed (no 'go' in PATH)")
    check = subprocess.run([go, "version"], cwd=MODULE, capture_output=True, text=True, check=False)
    if check.returncode != 0:
        raise CannotInstall(f"{go} can't build the module: {check.stderr.strip()}")
    say(f"trying 'go build' with {check.stdout.strip()} ({USUAL_BUILD})")
    log = draft / "build.log"
    with log.open("wb") as output:
        # A session of its own, so that stopping it stops the compilers too.
        process = subprocess.Popen(
            build_command(go, draft / "pulumi"), cwd=MODULE, stdout=output, stderr=output, start_new_session=True
        )
        try:
            code = _wait(process, say)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if code != 0:
        lines = "\n    ".join(log.read_text(errors="replace").splitlines()[-10:])
        raise CannotInstall(f"go build ended with exit code {code}:\n    {lines}")
    log.unlink()


def build_command(go: str, target: Path) -> list[str]:
    """The build, with the version stamped in as the official builds have it, and without debug tables."""
    stamp = f"-s -w -X {VERSION_SYMBOL}=v{PINNED_VERSION}"
    return [go, "build", "-buildvcs=false", "-ldflags", stamp, "-o", str(target), PACKAGE]


def _wait(process: subprocess.Popen[bytes], say: Say) -> int:
    since = time.monotonic()
    while True:
        try:
            return process.wait(PROGRESS_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"still building after {time.monotonic() - since:.0f} s ({USUAL_BUILD})")


@contextmanager
def only_one(path: Path, say: Say) -> Iterator[None]:
    """Hold the lock file; wait while another installation does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another installation is at work; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tools/install_engine.py", description=__doc__.splitlines()[0])
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
    return parser


if __name__ == "__main__":
    sys.exit(main())
