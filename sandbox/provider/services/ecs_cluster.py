"""ECS: clusters and their capacity providers.

The API writes its names as Pulumi does, in camelCase.
"""

from __future__ import annotations

from typing import Final

from sandbox.provider.language import (
    Call,
    Create,
    Delete,
    Input,
    Kind,
    Output,
    Read,
    Resource,
    Tags,
    Wait,
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import block
from sandbox.provider.tagging import TagForm

GONE: Final = ("ClusterNotFoundException",)
BUSY: Final = ("ClusterContainsServicesException", "ClusterContainsTasksException", "UpdateInProgressException")
LOWER: Final = block(lower=True)
TAGS: Final = Tags(
    add=call("tag_resource", resourceArn="$arn", tags="$new_tags"),
    remove=call("untag_resource", resourceArn="$arn", tagKeys="$gone_keys"),
    form=TagForm.LOWER,
    at="tags",
)
INACTIVE: Final = "status == 'INACTIVE'"


def read_cluster(name: str) -> Read:
    """Describe the cluster of that name or ARN."""
    asked = call("describe_clusters", clusters=[name], include=["TAGS", "SETTINGS", "CONFIGURATIONS"])
    return Read(asked, at="clusters[0]", gone=GONE, absent=INACTIVE)


CLUSTER: Final = Resource(
    token="aws:ecs/cluster:Cluster",
    service="ecs",
    inputs=(
        Input("name", "clusterName", replaces=True, autoname=255),
        Input("settings", "=", kind=Kind.SET, computed=True, shape=LOWER),
        Input("configuration", "=", kind=Kind.BLOCK, partial=True, shape=LOWER),
        Input("serviceConnectDefaults", "=", kind=Kind.BLOCK, shape=LOWER),
    ),
    outputs=(Output("arn", "clusterArn"),),
    create=Create(
        call("create_cluster", "name settings configuration serviceConnectDefaults"),
        at="cluster.clusterArn",
        tags="tags",
    ),
    read=read_cluster("$id"),
    settings=(
        setting(
            "settings configuration serviceConnectDefaults",
            call("update_cluster", "settings configuration serviceConnectDefaults", cluster="$id"),
            on_create=False,
        ),
    ),
    delete=Delete((call("delete_cluster", cluster="$id"),), gone=GONE, busy=BUSY),
    tags=TAGS,
    ready=Wait("status", ("ACTIVE",), ("FAILED",)),
    identity=("name",),
    imports=r"(?P<name>[^/]+)",
    id_at="clusterArn",
)

STRATEGY: Final = "defaultCapacityProviderStrategies"


def _put(scope: Scope) -> str:
    """Whole lists, empty ones too: the call takes nothing away that it does not name."""
    strategy = scope.value(STRATEGY) or []
    asked = {"capacityProviders": scope.value("capacityProviders") or [], "defaultCapacityProviderStrategy": strategy}
    put = Call("put_cluster_capacity_providers", parameters={"cluster": "$clusterName"})
    scope.patiently(lambda: scope.run(put, asked), BUSY, 600)
    return str(scope.value("clusterName"))


def _clear(scope: Scope) -> None:
    nothing: dict[str, list[str]] = {"capacityProviders": [], "defaultCapacityProviderStrategy": []}
    if read_cluster("$clusterName")(scope):
        scope.request("put_cluster_capacity_providers", {"cluster": scope.value("clusterName"), **nothing})


CAPACITY_PROVIDERS: Final = Resource(
    token="aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    service="ecs",
    inputs=(
        Input("clusterName", "=", required=True, replaces=True),
        Input("capacityProviders", "=", kind=Kind.SET),
        Input(STRATEGY, "defaultCapacityProviderStrategy", kind=Kind.SET, partial=True, shape=LOWER),
    ),
    create=_put,
    read=read_cluster("$clusterName"),
    settings=(setting(f"capacityProviders {STRATEGY}", _put, on_create=False),),
    delete=_clear,
    identity=("clusterName",),
    imports=r"(?P<clusterName>[^/]+)",
)

RESOURCES: Final = (CLUSTER, CAPACITY_PROVIDERS)
