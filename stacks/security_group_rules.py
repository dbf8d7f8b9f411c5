"""Rules of security groups, each a resource of its own: rules inside the group make cycles and drift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

ANYWHERE: Final = "0.0.0.0/0"


@dataclass(frozen=True)
class GroupId:
    """A security group of another stack, by its id."""

    id: pulumi.Output[str] | str


_Rule = type[aws.vpc.SecurityGroupIngressRule] | type[aws.vpc.SecurityGroupEgressRule]
Group = aws.ec2.SecurityGroup | GroupId
Peer = Group | pulumi.Output[str] | str
"""The other side: a security group, or an IPv4 CIDR block."""


@dataclass(frozen=True)
class Ports:
    """TCP ports from `first` to `last`, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


HTTP: Final = Ports(80, 80)
HTTPS: Final = Ports(443, 443)


def allow_ingress(name: str, group: Group, peer: Peer, ports: Ports | None) -> None:
    """Let the peer in; without ports, on every port and protocol."""
    _allow(aws.vpc.SecurityGroupIngressRule, name, group, peer, ports)


def allow_egress(name: str, group: Group, peer: Peer, ports: Ports | None) -> None:
    """Let the group out to the peer; without ports, on every port and protocol."""
    _allow(aws.vpc.SecurityGroupEgressRule, name, group, peer, ports)


def _allow(rule: _Rule, name: str, group: Group, peer: Peer, ports: Ports | None) -> None:
    rule(
        name,
        security_group_id=group.id,
        cidr_ipv4=None if isinstance(peer, Group) else peer,
        referenced_security_group_id=peer.id if isinstance(peer, Group) else None,
        ip_protocol="tcp" if ports else "-1",
        from_port=ports.first if ports else None,
        to_port=ports.last if ports else None,
    )
