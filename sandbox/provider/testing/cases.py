"""A case: one program over the types of one or a few services, and what is expected of its whole life.

`tests/integration/provider_cases/` has one file per service or family, with a `CASE`; the tests find it there.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

from sandbox.provider.gaps import Gap
from sandbox.provider.registry import described_in
from sandbox.refusals import NOT_IMPLEMENTED

REGION: Final = "eu-central-1"
CANARY: Final = "canary-7c1f-secret"


class Clients:
    """boto3's clients of one server: `clients.ec2`, or `clients["cognito-idp"]`."""

    def __init__(self, url: str, region: str = REGION) -> None:
        self._client = _session(region).client
        self._url = url

    def __getitem__(self, service: str) -> Any:
        return self._client(service, endpoint_url=self._url)

    def __getattr__(self, service: str) -> Any:
        return self[service]


@cache
def _session(region: str) -> Any:
    """Shared, as it reads AWS's service models."""
    return boto3.Session(region_name=region, aws_access_key_id="x", aws_secret_access_key="x")


def lacks(ask: Callable[[], object]) -> bool:
    """Whether the server answers the call that it has not been implemented: a probe of a gap."""
    try:
        ask()
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == NOT_IMPLEMENTED)
    return False


@dataclass(frozen=True)
class Case:
    """`program(later)` makes every type of `modules` (files in `services/`) with as many inputs as they take;
    `later` changes whatever can be changed in place, and nothing that replaces.

    `left`: what boto3 still finds once all is destroyed, by kind. `constant`: tokens of types of which `later`
    changes nothing. `untold`: properties that only the program knows, so that an import can't tell them.
    `not_importable`: tokens of types without an import. `import_ids`: how an import names an object where that is
    not its id, out of its outputs and the id. `probes`: by (token, property), whether a gap is still there.
    """

    modules: tuple[str, ...]
    program: Callable[[bool], object]
    left: Callable[[Clients], Mapping[str, Any]]
    constant: frozenset[str] = frozenset()
    untold: frozenset[str] = frozenset()
    not_importable: frozenset[str] = frozenset()
    import_ids: Mapping[str, Callable[[Mapping[str, Any]], str]] = field(default_factory=dict)
    probes: Mapping[tuple[str, str], Callable[[Clients], bool]] = field(default_factory=dict)

    @property
    def tokens(self) -> set[str]:
        return {one.token for module in self.modules for one in described_in(module, "RESOURCES")}

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return tuple(gap for module in self.modules for gap in described_in(module, "GAPS"))


def cases(folder: Path) -> Iterator[tuple[str, Case]]:
    """Name and case of every file in the folder."""
    for file in sorted(folder.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"provider_case_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield file.stem, module.CASE
