"""EKS: clusters, each with a security group of its own for the control plane and the nodes."""

from __future__ import annotations

from typing import Any, Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.gaps import REPLACED, Gap
from sandbox.provider.language import (
    Create,
    Delete,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Tags,
    Wait,
    call,
    remember,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.services.eks_words import GONE, LOWER
from sandbox.provider.shapes import Shape, only
from sandbox.provider.tagging import TagForm

LOG_TYPES: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
NETWORK: Final = {"endpointPrivateAccess": False, "endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]}
GROUP: Final = "eks-cluster-sg-{name}"
ISSUER: Final = Shape(lambda given: given[0]["oidcs"][0], lambda found: [{"oidcs": [found]}])

_describe: Final = Read(call("describe_cluster", name="$id"), at="cluster", gone=GONE, remembers=("version",))
_create_cluster: Final = Create(
    call(
        "create_cluster",
        "name roleArn version vpcConfig encryptionConfig kubernetesNetworkConfig accessConfig upgradePolicy "
        "deletionProtection bootstrapSelfManagedAddons zonalShiftConfig",
    ),
    text="{name}",
    tags="tags",
)


def _read(scope: Scope) -> LiveObject | None:
    live = _describe(scope)
    if live is None:
        return None
    group = _group(scope)
    mine = {"vpcId": group["VpcId"], "clusterSecurityGroupId": group["GroupId"]} if group else {}
    return {**live, "resourcesVpcConfig": {**NETWORK, **live["resourcesVpcConfig"], **mine}}


def _create(scope: Scope) -> str:
    """The group is AWS's own doing: it comes with the cluster, and all in it may talk to each other."""
    subnets = scope.request("describe_subnets", {"SubnetIds": scope.value("vpcConfig")["subnetIds"]}, "ec2")
    scope.id = _create_cluster(scope)
    asked = {"GroupName": scope.format(GROUP), "Description": "Control plane and nodes of a Kubernetes cluster"}
    group = scope.request("create_security_group", {**asked, "VpcId": subnets["Subnets"][0]["VpcId"]}, "ec2")["GroupId"]
    inside = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
    scope.request("authorize_security_group_ingress", {"GroupId": group, "IpPermissions": inside}, "ec2")
    return scope.id


def _group(scope: Scope) -> dict[str, Any] | None:
    filters = [{"Name": "group-name", "Values": [GROUP.format(name=scope.id)]}]
    found = scope.request("describe_security_groups", {"Filters": filters}, "ec2")["SecurityGroups"]
    return found[0] if found else None


def _log(scope: Scope) -> None:
    """Every kind is said, on or off: the call leaves alone what it does not name."""
    wanted = scope.value("enabledClusterLogTypes") or []
    kinds = {True: wanted, False: [kind for kind in LOG_TYPES if kind not in wanted]}
    logging = [{"types": types, "enabled": enabled} for enabled, types in kinds.items() if types]
    scope.request("update_cluster_config", {"name": scope.id, "logging": {"clusterLogging": logging}})


def _authenticate(scope: Scope) -> None:
    mode = (scope.value("accessConfig") or {}).get("authenticationMode")
    scope.request("update_cluster_config", {"name": scope.id, "accessConfig": {"authenticationMode": mode}})


def _delete(scope: Scope) -> None:
    if scope.value("deletionProtection") and _describe(scope):
        code = "InvalidRequestException"
        raise AwsRefused(f"{code}: deletion protection of cluster {scope.id} is on: switch it off first", aws_code=code)
    Delete((call("delete_cluster", name="$id"),), gone=GONE, busy=("ResourceInUseException",))(scope)
    if group := _group(scope):
        scope.request("delete_security_group", {"GroupId": group["GroupId"]}, "ec2")


def _config(name: str, api: str = "") -> Any:
    """A setting that AWS takes by itself: one kind of change a call."""
    return setting(name, call("update_cluster_config", name="$id", **{api or name: f"${name}"}), on_create=False)


CLUSTER: Final = Resource(
    token="aws:eks/cluster:Cluster",
    service="eks",
    inputs=(
        Input("name", "=", replaces=True, autoname=100),
        Input("roleArn", "=", required=True, replaces=True),
        Input("version", "=", computed=True),
        Input(
            "vpcConfig",
            "resourcesVpcConfig",
            kind=Kind.BLOCK,
            required=True,
            partial=True,
            shape=LOWER,
            told=("vpcId", "clusterSecurityGroupId"),
            unordered=("subnetIds", "securityGroupIds", "publicAccessCidrs"),
        ),
        Input("enabledClusterLogTypes", "logging.clusterLogging[?enabled].types[]", kind=Kind.SET),
        Input("encryptionConfig", "=", kind=Kind.BLOCK, replaces=True, shape=only(LOWER)),
        Input("kubernetesNetworkConfig", "=", kind=Kind.BLOCK, computed=True, partial=True, replaces=True, shape=LOWER),
        Input(
            "accessConfig",
            "=",
            kind=Kind.BLOCK,
            computed=True,
            stored=True,
            shape=LOWER,
            replacing=("bootstrapClusterCreatorAdminPermissions",),
        ),
        Input("upgradePolicy", "=", kind=Kind.BLOCK, computed=True, stored=True, shape=LOWER),
        Input("zonalShiftConfig", "=", kind=Kind.BLOCK, stored=True, shape=LOWER),
        Input("deletionProtection", "=", default=False, stored=True),
        Input("bootstrapSelfManagedAddons", "=", default=True, replaces=True, stored=True),
        Input("forceUpdateVersion", stored=True),
    ),
    outputs=(
        Output("arn", "="),
        Output("certificateAuthority", "=", shape=LOWER),
        Output("createdAt", "="),
        Output("endpoint", "="),
        Output("identities", "identity.oidc", shape=ISSUER),
        Output("platformVersion", "=", volatile=True),
        Output("status", "="),
    ),
    create=_create,
    read=_read,
    settings=(
        setting("enabledClusterLogTypes", _log),
        setting("version", remember, on_create=False),
        _config("vpcConfig", "resourcesVpcConfig"),
        setting("accessConfig", _authenticate, on_create=False),
        _config("upgradePolicy"),
        _config("zonalShiftConfig"),
        _config("deletionProtection"),
    ),
    delete=_delete,
    tags=Tags(
        add=call("tag_resource", resourceArn="$arn", tags="$new_tags"),
        remove=call("untag_resource", resourceArn="$arn", tagKeys="$gone_keys"),
        form=TagForm.MAP,
        at="tags",
    ),
    ready=Wait("status", ("ACTIVE",), ("FAILED",), 1800),
    vanishes=900,
    identity=("name",),
    imports=r"(?P<name>[^/:]+)",
)

RESOURCES: Final = (CLUSTER,)

LOST: Final = "create_cluster takes it, describe_cluster does not tell it"
GAPS: Final = (
    Gap(CLUSTER.token, "version", "update_cluster_version has not been implemented", "the state remembers the new one"),
    Gap(
        CLUSTER.token,
        "vpcConfig",
        "create_cluster makes no security group, describe_cluster tells neither group nor VPC",
        "the group is made in EC2 and found by its name",
    ),
    Gap(CLUSTER.token, "encryptionConfig", "associate_encryption_config has not been implemented", REPLACED),
    *(Gap(CLUSTER.token, name, LOST) for name in ("accessConfig", "upgradePolicy", "zonalShiftConfig")),
    Gap(
        CLUSTER.token,
        "deletionProtection",
        f"{LOST}, and delete_cluster does not heed it",
        "it lives in the state, and the deletion is refused as AWS does",
    ),
)
