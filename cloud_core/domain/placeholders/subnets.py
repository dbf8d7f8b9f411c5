"""Cut a network into equal subnets."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import islice

from cloud_core.domain.errors import InvalidInput

MAX_SUBNETS = 256


def plan_subnets(cidr: str, prefix: int, count: int) -> list[str]:
    """The first `count` subnets of `cidr` with that prefix length, lowest address first.

    Raises InvalidInput when the network is malformed or holds fewer than `count` (1 to 256) such subnets.
    """
    network = _network(cidr)
    if not network.prefixlen <= prefix <= network.max_prefixlen:
        raise InvalidInput(
            f"prefix {prefix} must lie between {network.prefixlen} and {network.max_prefixlen} for {cidr}"
        )
    if not 1 <= count <= MAX_SUBNETS:
        raise InvalidInput(f"count {count} must lie between 1 and {MAX_SUBNETS}")
    available = 2 ** (prefix - network.prefixlen)
    if count > available:
        raise InvalidInput(f"{cidr} holds {available} subnets of /{prefix}, not {count}: take a longer prefix")
    return [str(subnet) for subnet in islice(network.subnets(new_prefix=prefix), count)]


def _network(cidr: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(cidr)
    except ValueError as error:
        raise InvalidInput(f"{cidr!r} is not a network: {error}") from None
