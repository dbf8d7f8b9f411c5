"""What EKS offers."""

from __future__ import annotations

from typing import Final

from sandbox.provider.aws import Aws
from sandbox.provider.invokes.function import Invoke
from sandbox.provider.invokes.identity import Arguments, Results
from sandbox.provider.services.eks_addon import addon_version


def get_addon_version(aws: Aws, arguments: Arguments) -> Results:
    """The default version for a Kubernetes version, or the newest one (`mostRecent`)."""
    name, newest = str(arguments["addonName"]), bool(arguments.get("mostRecent"))
    version = addon_version(name, str(arguments["kubernetesVersion"]), newest)
    region = str(arguments.get("region") or aws.region)
    return {**arguments, "id": name, "region": region, "version": version}


INVOKES: Final = (Invoke("aws:eks/getAddonVersion:getAddonVersion", get_addon_version),)
