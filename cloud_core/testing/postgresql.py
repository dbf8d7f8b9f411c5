"""A PostgreSQL of a test's own: in a new folder, on a port of 127.0.0.1, gone with the block.

Debian keeps the server's programs outside of PATH, a folder for each version. PostgreSQL refuses to run as root: there
the user that its package makes runs it.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_PROGRAMS: Final = ("initdb", "postgres", "pg_isready", "psql")
_PLACES: Final = Path("/usr/lib/postgresql")
_HOST: Final = "127.0.0.1"
_SYSTEM_USER: Final = "postgres"
_ADMINISTRATOR: Final = "postgres"
_OWNER: Final = "prefect"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.1


def find_programs(path: str, places: Path = _PLACES) -> Path:
    """The folder of PostgreSQL's programs: on `path`, else the newest version below `places`.

    FileNotFoundError says what to install.
    """
    on_path = shutil.which("initdb", path=path)
    versions = sorted((one for one in places.glob("*/bin") if one.parent.name.isdigit()), key=_version)
    for folder in [*([Path(on_path).resolve().parent] if on_path else []), *reversed(versions)]:
        if all((folder / name).exists() for name in _PROGRAMS):
            return folder
    raise FileNotFoundError(
        f"PostgreSQL's programs ({', '.join(_PROGRAMS)}) are neither in PATH nor in {places}/*/bin; install them, on "
        "Debian with 'sudo apt-get install postgresql'"
    )


def _version(folder: Path) -> int:
    return int(folder.parent.name)


@dataclass(frozen=True)
class Database:
    """An empty database `prefect`, whose owner of the same name has no other rights. `url` is SQLAlchemy's, with the
    password in it."""

    url: str
    port: int
    programs: Path
    administrator_password: str

    def query(self, statement: str, database: str = _OWNER) -> str:
        """What `psql` prints, as the server's administrator: a line for each row."""
        place = ("-h", _HOST, "-p", str(self.port), "-U", _ADMINISTRATOR, "-d", database)
        return subprocess.run(
            [self.programs / "psql", *place, "-v", "ON_ERROR_STOP=1", "-At", "-c", statement],
            env={"PATH": os.defpath, "PGPASSWORD": self.administrator_password},
            text=True,
            capture_output=True,
            check=True,
        ).stdout.strip()


@contextmanager
def running_database(port: int) -> Iterator[Database]:
    """A server on that port of 127.0.0.1. FileNotFoundError without PostgreSQL, RuntimeError when it does not start."""
    programs = find_programs(os.environ.get("PATH", os.defpath))
    with tempfile.TemporaryDirectory(prefix="cloud-postgresql-") as name:
        folder, user = Path(name), _unprivileged()
        password = secrets.token_hex()
        secret = folder / "password"
        secret.write_text(password)
        for owned in (folder, secret) if user else ():
            shutil.chown(owned, **user)
        _run_as(user, folder, programs / "initdb", *_of_a_cluster(folder, secret))
        with _server(programs, folder, port, user):
            owner_password = secrets.token_hex()
            url = f"postgresql+asyncpg://{_OWNER}:{owner_password}@{_HOST}:{port}/{_OWNER}"
            database = Database(url, port, programs, password)
            database.query(f"CREATE ROLE {_OWNER} LOGIN PASSWORD '{owner_password}'", _ADMINISTRATOR)
            database.query(f"CREATE DATABASE {_OWNER} OWNER {_OWNER}", _ADMINISTRATOR)
            yield database


def _of_a_cluster(folder: Path, secret: Path) -> list[str]:
    access = ["--username", _ADMINISTRATOR, "--pwfile", str(secret), "--auth", "scram-sha-256"]
    return ["--pgdata", str(folder / "data"), "--encoding", "UTF8", "--no-locale", *access]


def _unprivileged() -> dict[str, Any]:
    """Who runs the server: {} for the user that asks, unless that is root."""
    if os.getuid() != 0:
        return {}
    try:
        pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        raise FileNotFoundError(
            f"PostgreSQL refuses to run as root, and the user {_SYSTEM_USER!r}, whom its package makes, is not there; "
            "install it, on Debian with 'sudo apt-get install postgresql'"
        ) from None
    return {"user": _SYSTEM_USER, "group": _SYSTEM_USER}


def _run_as(user: Mapping[str, Any], folder: Path, program: Path, *arguments: str) -> None:
    command = [str(program), *arguments]
    given_up = _given_up(user)
    ended = subprocess.run(
        command, cwd=folder, env=_variables(), capture_output=True, text=True, check=False, **given_up
    )
    if ended.returncode:
        raise RuntimeError(f"{program.name} ended with exit code {ended.returncode}: {ended.stdout}{ended.stderr}")


@contextmanager
def _server(programs: Path, folder: Path, port: int, user: Mapping[str, Any]) -> Iterator[None]:
    options = {"listen_addresses": _HOST, "unix_socket_directories": str(folder)}
    chosen = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-p", str(port), *chosen],
            cwd=folder,
            env=_variables(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **_given_up(user),
        )
    try:
        _await_ready(programs, port, process, log)
        yield
    finally:
        process.send_signal(signal.SIGINT)  # clients are disconnected, and nothing is lost
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_ready(programs: Path, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    ask = [str(programs / "pg_isready"), "-q", "-h", _HOST, "-p", str(port)]
    while subprocess.run(ask, env=_variables(), check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start on port {port}: {log.read_text(errors='replace')}")
        time.sleep(_POLL_SECONDS)


def _variables() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _given_up(user: Mapping[str, Any]) -> dict[str, Any]:
    """Root's other groups go, too."""
    return {**user, "extra_groups": []} if user else {}
