"""IAM: instance profiles, by which EC2 hands a role to a machine."""

from __future__ import annotations

from typing import Final

from sandbox.provider.language import Create, Delete, Input, Output, Read, Resource, Tags, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services.iam import GONE

_REMOVE: Final = "remove_role_from_instance_profile"


def _change_role(scope: Scope) -> None:
    """A profile has one role at most: the old one goes before the new one comes."""
    named = {"InstanceProfileName": scope.id}
    if before := scope.state.get("role"):
        scope.request(_REMOVE, {**named, "RoleName": before})
    if after := scope.value("role"):
        scope.request("add_role_to_instance_profile", {**named, "RoleName": after})


def _delete(scope: Scope) -> None:
    """AWS deletes only a profile without a role."""
    if scope.value("role"):
        scope.ask(call(_REMOVE, InstanceProfileName="$id", RoleName="$role"), GONE)
    Delete((call("delete_instance_profile", InstanceProfileName="$id"),), gone=GONE)(scope)


INSTANCE_PROFILE: Final = Resource(
    token="aws:iam/instanceProfile:InstanceProfile",
    service="iam",
    regional=False,
    inputs=(
        Input("name", "InstanceProfileName", replaces=True, autoname=128),
        Input("namePrefix", replaces=True, stored=True),
        Input("path", default="/", replaces=True),
        Input("role", "Roles[0].RoleName"),
    ),
    outputs=(Output("arn"), Output("createDate"), Output("uniqueId", "InstanceProfileId")),
    create=Create(call("create_instance_profile", "name path"), text="{name}", tags="Tags"),
    read=Read(call("get_instance_profile", InstanceProfileName="$id"), at="InstanceProfile", gone=GONE),
    settings=(setting("role", _change_role),),
    delete=_delete,
    tags=Tags(
        add=call("tag_instance_profile", InstanceProfileName="$id", Tags="$new_tags"),
        remove=call("untag_instance_profile", InstanceProfileName="$id", TagKeys="$gone_keys"),
    ),
    identity=("name",),
)

RESOURCES: Final = (INSTANCE_PROFILE,)
