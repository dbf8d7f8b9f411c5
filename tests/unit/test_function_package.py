"""The archive of the functions: the same each time, small, and nothing in it that has no business there."""

from __future__ import annotations

import platform
import re
import sys
import zipfile
from pathlib import Path

import pytest

from cloud_core.adapters.local.function_package import FunctionPackage, build_package
from cloud_core.domain.errors import InvalidInput

LARGEST = 12_000_000
CANARY = "canary-9f31-secret"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> FunctionPackage:
    """Built where secrets are about."""
    folder = tmp_path_factory.mktemp("package")
    (folder / ".env").write_text(CANARY)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("CLOUD_ENGINE__PASSPHRASE", CANARY)
        return build_package(folder / "functions.zip")


@pytest.fixture(scope="module")
def names(package: FunctionPackage) -> list[str]:
    with zipfile.ZipFile(package.path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_it_is_small(package: FunctionPackage) -> None:
    assert package.size == package.path.stat().st_size < LARGEST


def test_it_says_what_it_runs_on(package: FunctionPackage) -> None:
    assert package.runtime == f"python3.{sys.version_info.minor}"
    assert package.architecture in ("x86_64", "arm64")


def test_the_same_again_is_the_same_bytes(package: FunctionPackage, tmp_path: Path) -> None:
    again = build_package(tmp_path / "again.zip")
    assert again.digest == package.digest
    assert again.path.read_bytes() == package.path.read_bytes()


def test_one_that_is_there_is_left_and_a_broken_one_made_anew(package: FunctionPackage) -> None:
    before = package.path.stat().st_mtime_ns
    assert build_package(package.path) == package
    assert package.path.stat().st_mtime_ns == before
    package.path.write_bytes(package.path.read_bytes()[:-100])
    assert build_package(package.path) == package


def test_no_tests_and_no_traces_of_the_machine(names: list[str]) -> None:
    unwanted = re.compile(r"(^|/)(tests?|testing|__pycache__)/|\.pyc$|RECORD$|direct_url|INSTALLER$|\.env$")
    assert [name for name in names if unwanted.search(name)] == []
    assert sorted(names) == names


def test_only_what_functions_use(names: list[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {"cloud_core", "realtime", "pydantic", "jose", "cryptography"} <= tops
    assert not {"pulumi", "prefect", "moto", "fastapi", "boto3", "botocore", "api", "cli", "stacks", "sandbox"} & tops
    assert "realtime/functions.py" in names
    assert not [name for name in names if name.startswith(("realtime/clients/", "cloud_core/adapters/pulumi/"))]


def test_no_secret_of_who_builds_it(package: FunctionPackage) -> None:
    with zipfile.ZipFile(package.path) as archive:
        found = [name for name in archive.namelist() if CANARY.encode() in archive.read(name)]
    assert found == []


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "riscv64")])
def test_where_lambda_could_not_run_it_nothing_is_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, machine: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with pytest.raises(InvalidInput, match=f"can't be built on {system} {machine}"):
        build_package(tmp_path / "functions.zip")
    assert not list(tmp_path.iterdir())
