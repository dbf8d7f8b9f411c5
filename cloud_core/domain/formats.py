"""Forms of text that the inputs of stacks ask for: by name in their templates, by function in their programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Final

PRIVATE_RANGES: Final = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_LARGEST, _SMALLEST = 16, 20


class Format(StrEnum):
    """`cidr`: an IPv4 block. `vpc-cidr`: one that a VPC may have, with room for its subnets."""

    CIDR = "cidr"
    VPC_CIDR = "vpc-cidr"

    def problem(self, text: str) -> str | None:
        """The broken rule in words; None for a text of this form."""
        try:
            _CHECKS[self](text)
        except ValueError as error:
            return str(error)
        return None


def as_cidr(text: str) -> str:
    """The text itself; ValueError unless it is an IPv4 block without host bits."""
    try:
        IPv4Network(text)
    except ValueError as error:
        raise ValueError(f"must be an IPv4 CIDR block such as 10.0.0.0/16 ({error})") from None
    return text


def as_vpc_cidr(text: str) -> str:
    """The text itself; ValueError unless it is a private block (RFC 1918) between /16 and /20."""
    block = IPv4Network(as_cidr(text))
    if not any(block.subnet_of(private) for private in PRIVATE_RANGES):
        raise ValueError("must be a private block of RFC 1918 (10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16)")
    if not _LARGEST <= block.prefixlen <= _SMALLEST:
        raise ValueError(f"must be a block between /{_LARGEST} and /{_SMALLEST}")
    return text


_CHECKS: Final[Mapping[Format, Callable[[str], str]]] = MappingProxyType(
    {Format.CIDR: as_cidr, Format.VPC_CIDR: as_vpc_cidr}
)
