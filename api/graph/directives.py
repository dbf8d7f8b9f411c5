"""Rights: what the schema files say is what is checked."""

from __future__ import annotations

from typing import Any, Final

from ariadne import SchemaDirectiveVisitor

from api.graph.asking import asked
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.errors import NotPermitted
from graphql import GraphQLField, GraphQLResolveInfo, default_field_resolver

ROOTS: Final = ("Query", "Mutation", "Subscription")


class UserPools(SchemaDirectiveVisitor):
    """`@aws_cognito_user_pools(cognito_groups: [...])` on a field: only these groups."""

    def visit_field_definition(self, field: GraphQLField, object_type: Any) -> GraphQLField:
        groups = frozenset(self.args.get("cognito_groups") or ())
        guarded = "subscribe" if object_type.name == "Subscription" else "resolve"
        original = getattr(field, guarded) or default_field_resolver

        def checked(root: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
            _require(info, groups)
            return original(root, info, **arguments)

        setattr(field, guarded, checked)
        return field

    def visit_object(self, object_: Any) -> Any:
        """Of a type it says that users may have it at all, as they may have all that they can ask for."""
        return object_


class Services(SchemaDirectiveVisitor):
    """`@aws_iam`: services that sign their requests may ask, too. Here nobody signs any: what is for services alone is
    refused to everybody."""

    def visit_field_definition(self, field: GraphQLField, object_type: Any) -> GraphQLField:
        directives = (field.ast_node.directives if field.ast_node is not None else None) or ()
        named = {one.name.value for one in directives}
        if "aws_cognito_user_pools" not in named:
            field.resolve = _refuse
        return field

    def visit_object(self, object_: Any) -> Any:
        return object_


class Nothing(SchemaDirectiveVisitor):
    """What only AppSync does: which mutations a subscription fires on."""

    def visit_field_definition(self, field: GraphQLField, object_type: Any) -> GraphQLField:
        return field

    def visit_object(self, object_: Any) -> Any:
        return object_


DIRECTIVES: Final[dict[str, Any]] = {
    "aws_cognito_user_pools": UserPools,
    "aws_iam": Services,
    "aws_subscribe": Nothing,
}


def _refuse(root: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """Raises NotPermitted."""
    raise NotPermitted(
        f"{info.field_name} is for services alone, which sign their requests to AppSync",
        suggestion="ask for the record itself, or follow it: this API tells by itself what changes",
    )


def _require(info: GraphQLResolveInfo[Any], groups: frozenset[str]) -> None:
    """Raises NotPermitted, OrganizationMismatch."""
    caller = asked(info).caller
    caller.require(Permission.READ)
    if caller.user.group not in groups:
        raise NotPermitted(
            f"{caller.name} may not ask for {info.field_name}",
            group=caller.user.group.value if caller.user.group else None,
            suggestion="ask an administrator to do it, or to put you into a group that may",
        )
