"""Which Kubernetes and which add-on versions a cluster may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

DEFAULT: Final = "1.35"
# Versions that EKS still patches without a fee of its own, and until when. Younger ones than these are taken as well.
STANDARD_SUPPORT: Final[Mapping[str, str]] = {"1.34": "2026-12-02", "1.35": "2027-03-27"}


def _parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _as_text(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError(f'must be a text: write "{value}" in quotes, or 1.40 would be 1.4')
    return value


def _supported(version: str) -> str:
    if not re.fullmatch(r"1\.[0-9]{2}", version):
        raise ValueError(f"must be a version such as {DEFAULT}")
    oldest = min(STANDARD_SUPPORT, key=_parts)
    if _parts(version) < _parts(oldest):
        raise ValueError(f"is out of the standard support of EKS: use {oldest} or a younger one, such as {DEFAULT}")
    return version


KubernetesVersion = Annotated[str, AfterValidator(_supported), BeforeValidator(_as_text)]
AddonVersion = Annotated[str, Field(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+$")]
