"""Which addresses each subnet gets, carved out of the VPC's block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import islice
from typing import Final

_TIER_BITS: Final = 4
_SUBNET_BITS: Final = 2
_PUBLIC_BLOCK: Final = 4
_DATABASE_BLOCK: Final = 5


@dataclass(frozen=True)
class AddressPlan:
    """One block a zone and tier, in the order of the zones."""

    public: list[str]
    private: list[str]
    database: list[str]


def plan_addresses(vpc_cidr: str, zones: int) -> AddressPlan:
    """Cut the VPC's block into 16 parts and give them out, for up to four zones.

    Parts 1-4 are the private subnets, one whole part each, since pods and tasks take VPC addresses (a /20 of a /16).
    Parts 5 and 6 are cut in four again for the public and the database subnets (a /22). Parts 7-16 stay free for later.
    A subnet's block does not depend on the number of zones, so adding a zone moves nothing.
    """
    parts = list(IPv4Network(vpc_cidr).subnets(prefixlen_diff=_TIER_BITS))
    return AddressPlan(
        public=_first(parts[_PUBLIC_BLOCK].subnets(prefixlen_diff=_SUBNET_BITS), zones),
        private=_first(iter(parts), zones),
        database=_first(parts[_DATABASE_BLOCK].subnets(prefixlen_diff=_SUBNET_BITS), zones),
    )


def _first(blocks: Iterator[IPv4Network], count: int) -> list[str]:
    return [str(block) for block in islice(blocks, count)]
