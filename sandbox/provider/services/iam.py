"""IAM: roles and policies."""

from __future__ import annotations

from typing import Final

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
    call,
    setting,
)
from sandbox.provider.scope import Scope

GONE: Final = ("NoSuchEntity",)
# IAM keeps five versions of a policy; the oldest one has to go before a sixth comes.
MOST_VERSIONS: Final = 5


def _delete_role(scope: Scope) -> None:
    """With `forceDetachPolicies`, what others hung on the role goes first."""
    name = {"RoleName": scope.id}
    if scope.value("forceDetachPolicies"):
        attached = scope.ask(call("list_attached_role_policies", RoleName="$id"), GONE)
        for arn in scope.pick("AttachedPolicies[].PolicyArn", attached) or ():
            scope.request("detach_role_policy", {**name, "PolicyArn": arn})
        inline = scope.ask(call("list_role_policies", RoleName="$id"), GONE)
        for policy in scope.pick("PolicyNames", inline) or ():
            scope.request("delete_role_policy", {**name, "PolicyName": policy})
    Delete((call("delete_role", RoleName="$id"),), gone=GONE)(scope)


ROLE: Final = Resource(
    token="aws:iam/role:Role",
    service="iam",
    regional=False,
    inputs=(
        Input("name", "RoleName", replaces=True, autoname=64),
        Input("namePrefix", replaces=True, stored=True),
        Input("assumeRolePolicy", "AssumeRolePolicyDocument", kind=Kind.POLICY, required=True),
        Input("description"),
        Input("forceDetachPolicies", default=False, stored=True),
        Input("maxSessionDuration", default=3600),
        Input("path", default="/", replaces=True),
        Input("permissionsBoundary", "PermissionsBoundary.PermissionsBoundaryArn"),
    ),
    outputs=(Output("arn"), Output("createDate"), Output("uniqueId", "RoleId")),
    create=Create(
        call(
            "create_role",
            "name assumeRolePolicy description maxSessionDuration path",
            PermissionsBoundary="$permissionsBoundary",
        ),
        text="{name}",
        tags="Tags",
    ),
    read=Read(call("get_role", RoleName="$id"), at="Role", gone=GONE),
    settings=(
        setting(
            "assumeRolePolicy",
            call("update_assume_role_policy", RoleName="$id", PolicyDocument="$assumeRolePolicy"),
            on_create=False,
        ),
        setting(
            "description maxSessionDuration",
            lambda scope: scope.request(
                "update_role",
                {
                    "RoleName": scope.id,
                    "Description": scope.value("description") or "",
                    "MaxSessionDuration": scope.value("maxSessionDuration"),
                },
            ),
            on_create=False,
        ),
        setting(
            "permissionsBoundary",
            call("put_role_permissions_boundary", RoleName="$id", PermissionsBoundary="$permissionsBoundary"),
            clear=call("delete_role_permissions_boundary", RoleName="$id"),
            on_create=False,
        ),
    ),
    delete=_delete_role,
    tags=Tags(
        add=call("tag_role", RoleName="$id", Tags="$new_tags"),
        remove=call("untag_role", RoleName="$id", TagKeys="$gone_keys"),
    ),
    identity=("name",),
)

PUT_ROLE_POLICY: Final = call("put_role_policy", RoleName="$role", PolicyName="$name", PolicyDocument="$policy")

ROLE_POLICY: Final = Resource(
    token="aws:iam/rolePolicy:RolePolicy",
    service="iam",
    regional=False,
    inputs=(
        Input("name", "PolicyName", replaces=True, autoname=128),
        Input("namePrefix", replaces=True, stored=True),
        Input("role", "RoleName", required=True, replaces=True),
        Input("policy", "PolicyDocument", kind=Kind.POLICY, required=True),
    ),
    create=Create(PUT_ROLE_POLICY, text="{role}:{name}"),
    read=Read(call("get_role_policy", RoleName="$role", PolicyName="$name"), at="@", gone=GONE),
    settings=(setting("policy", PUT_ROLE_POLICY, on_create=False),),
    delete=Delete((call("delete_role_policy", RoleName="$role", PolicyName="$name"),), gone=GONE),
    identity=("name", "role"),
    imports=r"(?P<role>[^:]+):(?P<name>.+)",
)

ROLE_POLICY_ATTACHMENT: Final = Resource(
    token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    service="iam",
    regional=False,
    inputs=(
        Input("role", required=True, replaces=True, stored=True),
        Input("policyArn", required=True, replaces=True),
    ),
    create=Create(call("attach_role_policy", "policyArn", RoleName="$role"), text="{role}/{policyArn}"),
    read=lambda scope: Read(
        call("list_attached_role_policies", RoleName="$role"),
        at=f"AttachedPolicies[?PolicyArn=='{scope.value('policyArn')}'] | [0]",
        gone=GONE,
    )(scope),
    delete=Delete((call("detach_role_policy", RoleName="$role", PolicyArn="$policyArn"),), gone=GONE),
    identity=("role", "policyArn"),
    imports=r"(?P<role>[^/]+)/(?P<policyArn>.+)",
)


def _read_policy(scope: Scope) -> LiveObject | None:
    """The document stands in the default version."""
    live = Read(call("get_policy", PolicyArn="$id"), at="Policy", gone=GONE)(scope)
    if live is None:
        return None
    version = scope.request("get_policy_version", {"PolicyArn": scope.id, "VersionId": live["DefaultVersionId"]})
    return {**live, "Document": version["PolicyVersion"]["Document"]}


def _other_versions(scope: Scope) -> list[str]:
    """The versions that are not in force, the newest first."""
    versions = scope.ask(call("list_policy_versions", PolicyArn="$id"), GONE)
    return scope.pick("Versions[?!IsDefaultVersion].VersionId", versions) or []


def _drop_version(scope: Scope, version: str) -> None:
    scope.request("delete_policy_version", {"PolicyArn": scope.id, "VersionId": version})


def _new_version(scope: Scope) -> None:
    others = _other_versions(scope)
    if len(others) >= MOST_VERSIONS - 1:
        _drop_version(scope, others[-1])
    scope.run(call("create_policy_version", PolicyArn="$id", PolicyDocument="$policy", SetAsDefault=True))


def _delete_policy(scope: Scope) -> None:
    for version in _other_versions(scope):
        _drop_version(scope, version)
    Delete((call("delete_policy", PolicyArn="$id"),), gone=GONE)(scope)


POLICY: Final = Resource(
    token="aws:iam/policy:Policy",
    service="iam",
    regional=False,
    inputs=(
        Input("name", "PolicyName", replaces=True, autoname=128),
        Input("namePrefix", replaces=True, stored=True),
        Input("policy", "Document", kind=Kind.POLICY, required=True),
        Input("description", replaces=True),
        Input("path", default="/", replaces=True),
    ),
    outputs=(Output("arn"), Output("policyId"), Output("attachmentCount")),
    create=Create(
        call("create_policy", "name description path", PolicyDocument="$policy"), at="Policy.Arn", tags="Tags"
    ),
    read=_read_policy,
    settings=(setting("policy", _new_version, on_create=False),),
    delete=_delete_policy,
    tags=Tags(
        add=call("tag_policy", PolicyArn="$id", Tags="$new_tags"),
        remove=call("untag_policy", PolicyArn="$id", TagKeys="$gone_keys"),
    ),
    identity=("name", "path"),
)

RESOURCES: Final = (ROLE, ROLE_POLICY, ROLE_POLICY_ATTACHMENT, POLICY)
