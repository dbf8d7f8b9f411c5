"""EKS: who of IAM's principals gets into a cluster, and what they may do there."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandbox.provider.gaps import KEPT, WHOLE, Gap
from sandbox.provider.kept import Keeping, kept
from sandbox.provider.language import Input, Kind, LiveObject, Output
from sandbox.provider.scope import Scope
from sandbox.provider.services.eks_words import THE_CLUSTER

_entries: Final = Keeping("{clusterName}:{principalArn}", parent=THE_CLUSTER, taken="ResourceInUseException")
ENTRY: Final = kept(
    "aws:eks/accessEntry:AccessEntry",
    "eks",
    _entries,
    inputs=(
        Input("clusterName", required=True, replaces=True),
        Input("principalArn", required=True, replaces=True),
        Input("kubernetesGroups", kind=Kind.SET, computed=True),
        Input("type", default="STANDARD", replaces=True),
        Input("userName", computed=True),
    ),
    outputs=(Output("accessEntryArn", text="arn:{partition}:eks:{region}:{account}:access-entry/{clusterName}/{id}"),),
    tagged=True,
    identity=("clusterName", "principalArn"),
    imports=r"(?P<clusterName>[^:]+):(?P<principalArn>.+)",
)


def _entry(scope: Scope) -> LiveObject | None:
    """An association goes with its entry."""
    return _entries.read(replace(scope, resource=ENTRY, id=scope.format("{clusterName}:{principalArn}")))


ASSOCIATION: Final = kept(
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    "eks",
    Keeping("{clusterName}#{principalArn}#{policyArn}", parent=_entry),
    inputs=(
        Input("clusterName", required=True, replaces=True),
        Input("principalArn", required=True, replaces=True),
        Input("policyArn", required=True, replaces=True),
        Input("accessScope", required=True, replaces=True),
    ),
    identity=("clusterName", "principalArn", "policyArn"),
    imports=r"(?P<clusterName>[^#]+)#(?P<principalArn>[^#]+)#(?P<policyArn>.+)",
)

RESOURCES: Final = (ENTRY, ASSOCIATION)
GAPS: Final = (
    Gap(ENTRY.token, WHOLE, "create_access_entry has not been implemented", KEPT),
    Gap(ASSOCIATION.token, WHOLE, "associate_access_policy has not been implemented", KEPT),
)
