"""Which of the engine's packages are installed, told by folders: the same as by asking every package."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

from cloud_core.adapters.local.program_digest import engine_packages


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    engine_packages.cache_clear()
    yield
    engine_packages.cache_clear()


def test_they_are_those_that_all_packages_tell_of_themselves() -> None:
    told = {package.name.lower().replace("_", "-"): package.version for package in distributions()}
    assert engine_packages() == {name: told[name] for name in sorted(told) if name.startswith("pulumi")}
    assert {"pulumi", "pulumi-aws"} <= engine_packages().keys()


def test_one_in_another_folder_of_the_path_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "Pulumi_Other-1.2.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Pulumi_Other\nVersion: 1.2.3\n")
    monkeypatch.syspath_prepend(str(tmp_path / "no-folder"))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert engine_packages()["pulumi-other"] == "1.2.3"
