"""Kubernetes clusters that can be told apart.

By itself moto gives every cluster of a region one issuer of tokens and one address, so that the second cluster of an
account can't be trusted: IAM knows its issuer already. And a change of one part of a cluster's network settings
takes the other parts away.
"""

from __future__ import annotations

import secrets
from typing import Any


def give_each_cluster_its_own_issuer() -> None:
    """Make moto draw issuer and address anew for each cluster, and keep the network settings that nobody changes."""
    from moto.eks.models import Cluster, EKSBackend

    clusters: Any = Cluster
    backends: Any = EKSBackend
    make, change = clusters.__init__, backends.update_cluster_config

    def drawn(cluster: Any, *args: Any, **given: Any) -> None:
        make(cluster, *args, **given)
        number, region = secrets.token_hex(16).upper(), given["region_name"]
        cluster.identity = {"oidc": {"issuer": f"https://oidc.eks.{region}.amazonaws.com/id/{number}"}}
        cluster.endpoint = f"https://{number}.gr7.{region}.eks.amazonaws.com"

    def changed(backend: Any, name: str, resources_vpc_config: Any, **given: Any) -> Any:
        before = backend.describe_cluster(name).resources_vpc_config
        network = {**before, **resources_vpc_config} if resources_vpc_config else None
        return change(backend, name, network, **given)

    clusters.__init__ = drawn
    backends.update_cluster_config = changed
