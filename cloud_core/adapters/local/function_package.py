"""The archive of the Lambda functions: our own code that they use, and the installed packages that it needs.

The same code and packages make the same bytes (with the same zlib), so that a deploy changes functions only when they
changed; an archive that is there already and holds them is left as it is. No test code is in it, nothing that a machine
wrote about itself, and nothing of the user's: settings reach the functions as variables.
"""

from __future__ import annotations

import base64
import hashlib
import platform
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Final

from cloud_core.domain.errors import InvalidInput, Unavailable

PACKAGES: Final = ("cloud_core", "realtime")
_NEVER_USED: Final = (
    "cloud_core/_data",
    "cloud_core/remote",
    "cloud_core/adapters/graph",
    "cloud_core/adapters/prefect",
    "cloud_core/adapters/pulumi",
    "cloud_core/adapters/rest",
    "realtime/clients",
)
"""Folders of ours that no function imports."""
DISTRIBUTIONS: Final = (
    *("annotated-types", "pydantic", "pydantic-core", "typing-extensions", "typing-inspection"),
    *("pydantic-settings", "python-dotenv"),
    *("cffi", "cryptography", "ecdsa", "pyasn1", "pycparser", "python-jose", "rsa", "six"),
    *("anyio", "certifi", "h11", "httpcore", "httpx", "idna"),
    *("psutil", "ruamel.yaml"),
)
OF_LAMBDA: Final = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
"""What Lambda's Python has already."""
ARCHITECTURES: Final[Mapping[str, str]] = {"x86_64": "x86_64", "aarch64": "arm64"}
LARGEST_BYTES: Final = 50_000_000
"""AWS's limit of what is sent with a function."""

_TESTS: Final = frozenset({"test", "tests", "testing", "__pycache__"})
_OF_THE_MACHINE: Final = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})
_COMPILED_FOR_LINUX: Final = "manylinux"
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16
_LEVEL: Final = 6


@dataclass(frozen=True)
class FunctionPackage:
    """`digest` is as Lambda tells it: SHA-256, in base 64. `runtime` and `architecture` are those that it runs on."""

    path: Path
    size: int
    digest: str
    runtime: str
    architecture: str


def build_package(path: Path) -> FunctionPackage:
    """Write the archive. InvalidInput on a machine whose compiled packages Lambda can't run; Unavailable for an
    installation that lacks one."""
    architecture = _architecture()
    files = {**_own_files(), **_files_of_distributions()}
    if not _holds(path, files):
        _write(path, files)
    content = path.read_bytes()
    if len(content) > LARGEST_BYTES:
        raise Unavailable(f"the functions' archive {path} has {len(content)} bytes: AWS takes {LARGEST_BYTES}")
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return FunctionPackage(path, len(content), digest, python_runtime(), architecture)


def _holds(path: Path, files: Mapping[str, Path]) -> bool:
    """Whether the archive there is whole and has just these files; told by their checksums, without unpacking."""
    try:
        with zipfile.ZipFile(path) as archive:
            known = {entry.filename: entry.CRC for entry in archive.infolist()}
    except (OSError, zipfile.BadZipFile):
        return False
    return known.keys() == files.keys() and all(
        zlib.crc32(file.read_bytes()) == known[name] for name, file in files.items()
    )


def _write(path: Path, files: Mapping[str, Path]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.external_attr, entry.compress_type = _MODE, zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes(), compresslevel=_LEVEL)
    draft.replace(path)


def python_runtime() -> str:
    """Lambda's name for the Python that this is: what is compiled for one runs on no other."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _architecture() -> str:
    found = ARCHITECTURES.get(platform.machine())
    if sys.platform != "linux" or found is None:
        raise InvalidInput(
            f"the functions' archive can't be built on {sys.platform} {platform.machine()}: the packages that are "
            "installed here run on no machine of Lambda's",
            suggestion="deploy the control plane from Linux, x86_64 or aarch64",
        )
    return found


def _own_files() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        root = Path(spec.origin).parent
        for file in root.rglob("*.py"):
            name = f"{package}/{file.relative_to(root).as_posix()}"
            if _is_wanted(PurePosixPath(name)) and not name.startswith(_NEVER_USED):
                found[name] = file
    return found


def _files_of_distributions() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for name in DISTRIBUTIONS:
        try:
            one = distribution(name)
        except PackageNotFoundError:
            raise Unavailable(f"the package {name}, which the functions need, is not installed here") from None
        files = dict(_files_of(one))
        if any(file.suffix == ".so" for file in files.values()) and not _runs_elsewhere(one):
            raise InvalidInput(
                f"the package {name} was compiled on this machine: Lambda may have older system libraries",
                suggestion="install it from its wheel, as `make setup` does",
            )
        found |= files
    return found


def _files_of(one: Distribution) -> Iterator[tuple[str, Path]]:
    for file in one.files or ():
        name = PurePosixPath(file.as_posix())
        # Scripts lie outside of the packages' folder.
        if ".." not in name.parts and _is_wanted(name):
            yield str(name), Path(str(one.locate_file(file)))


def _is_wanted(name: PurePosixPath) -> bool:
    return not _TESTS & set(name.parts) and name.name not in _OF_THE_MACHINE and name.suffix not in (".pyc", ".pyi")


def _runs_elsewhere(one: Distribution) -> bool:
    return _COMPILED_FOR_LINUX in (one.read_text("WHEEL") or "")
