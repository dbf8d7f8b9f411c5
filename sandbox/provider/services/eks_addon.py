"""EKS: add-ons, and which versions of them there are."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.gaps import KEPT, WHOLE, Gap
from sandbox.provider.kept import Keeping, kept
from sandbox.provider.language import Input, Kind, Output
from sandbox.provider.scope import Scope
from sandbox.provider.services.eks_words import THE_CLUSTER

# AWS offers dozens of versions; here each add-on has two for any Kubernetes: the default one and the newest.
VERSIONS: Final[Mapping[str, tuple[str, str]]] = {
    "aws-ebs-csi-driver": ("v1.54.0-eksbuild.1", "v1.56.0-eksbuild.1"),
    "coredns": ("v1.12.4-eksbuild.1", "v1.13.2-eksbuild.1"),
    "eks-pod-identity-agent": ("v1.3.8-eksbuild.2", "v1.3.10-eksbuild.2"),
    "kube-proxy": ("v{kubernetes}.0-eksbuild.1", "v{kubernetes}.0-eksbuild.2"),
    "metrics-server": ("v0.8.0-eksbuild.2", "v0.8.0-eksbuild.6"),
    "vpc-cni": ("v1.20.4-eksbuild.1", "v1.21.1-eksbuild.1"),
}
ARN: Final = "arn:{partition}:eks:{region}:{account}:addon/{clusterName}/{addonName}/{number}"
_VERSION: Final = re.compile(r"v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+")
_UNKNOWN: Final = "InvalidParameterException"


def addon_version(name: str, kubernetes: str, newest: bool = False) -> str:
    """The default (or newest) version of the add-on; AwsRefused for one that isn't offered."""
    if name not in VERSIONS:
        offered = ", ".join(VERSIONS)
        raise AwsRefused(f"{_UNKNOWN}: Addon {name} is not supported; the sandbox has {offered}", aws_code=_UNKNOWN)
    return VERSIONS[name][newest].format(kubernetes=kubernetes)


def _drawn(scope: Scope) -> dict[str, Any]:
    name, asked, cluster = str(scope.value("addonName")), scope.value("addonVersion"), THE_CLUSTER(scope)
    usual = addon_version(name, cluster["version"] if cluster else "")
    if asked and not _VERSION.fullmatch(asked):
        raise AwsRefused(f"{_UNKNOWN}: Addon version specified is not supported: {asked}", aws_code=_UNKNOWN)
    arn = scope.format(ARN, {"number": uuid.uuid4()})
    return {"addonVersion": asked or usual, "arn": arn, "createdAt": datetime.now(UTC).isoformat()}


ADDON: Final = kept(
    "aws:eks/addon:Addon",
    "eks",
    Keeping("{clusterName}:{addonName}", parent=THE_CLUSTER, taken="ResourceInUseException", drawn=_drawn),
    inputs=(
        Input("clusterName", required=True, replaces=True),
        Input("addonName", required=True, replaces=True),
        Input("addonVersion", computed=True),
        Input("configurationValues", kind=Kind.JSON),
        Input("podIdentityAssociations", kind=Kind.SET),
        Input("preserve"),
        Input("resolveConflictsOnCreate"),
        Input("resolveConflictsOnUpdate"),
        Input("serviceAccountRoleArn"),
    ),
    outputs=(Output("arn"), Output("createdAt")),
    tagged=True,
    identity=("clusterName", "addonName"),
    imports=r"(?P<clusterName>[^:]+):(?P<addonName>[^:]+)",
)

RESOURCES: Final = (ADDON,)
GAPS: Final = (Gap(ADDON.token, WHOLE, "create_addon has not been implemented", KEPT),)
