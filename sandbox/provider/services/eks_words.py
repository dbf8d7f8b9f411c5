"""EKS: what its types have in common. The API writes its names as Pulumi does, in camelCase."""

from __future__ import annotations

from typing import Final

from sandbox.provider.language import Read, call
from sandbox.provider.shapes import block

GONE: Final = ("ResourceNotFoundException",)
LOWER: Final = block(lower=True)
# What belongs to a cluster reads it to know whether it is still there.
THE_CLUSTER: Final = Read(call("describe_cluster", name="$clusterName"), at="cluster", gone=GONE)
