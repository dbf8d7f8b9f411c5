"""Names for machine images that people mean by `latest`, and how AWS's catalogue is searched for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

ARCHITECTURES: Final = ("x86_64", "arm64")
DEFAULT_ARCHITECTURE: Final = "x86_64"
_CANONICAL: Final = "099720109477"


@dataclass(frozen=True)
class ImageAlias:
    """`owner` is an owner alias or account; `name` is AWS's wildcard pattern with `{architecture}` in it."""

    owner: str
    name: str
    architectures: Mapping[str, str]

    def name_pattern(self, architecture: str) -> str:
        """The pattern of the images' names; KeyError for an architecture outside ARCHITECTURES."""
        return self.name.format(architecture=self.architectures[architecture])


_AWS_SPELLING: Final = MappingProxyType({"x86_64": "x86_64", "arm64": "arm64"})
_DEBIAN_SPELLING: Final = MappingProxyType({"x86_64": "amd64", "arm64": "arm64"})

IMAGE_ALIASES: Final[Mapping[str, ImageAlias]] = MappingProxyType(
    {
        "amazonLinux2": ImageAlias("amazon", "amzn2-ami-hvm-*-{architecture}-gp2", _AWS_SPELLING),
        # 'al2023-ami-2023.*' leaves out the minimal and the ECS images, whose names go on differently.
        "amazonLinux2023": ImageAlias("amazon", "al2023-ami-2023.*-kernel-*-{architecture}", _AWS_SPELLING),
        "ubuntu2204": ImageAlias(
            _CANONICAL, "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-{architecture}-server-*", _DEBIAN_SPELLING
        ),
        "ubuntu2404": ImageAlias(
            _CANONICAL, "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{architecture}-server-*", _DEBIAN_SPELLING
        ),
    }
)
