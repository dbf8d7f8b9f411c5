"""The four functions of the sockets, each with a role of its own that may do what this function does, and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from cloud_core.adapters.local.function_package import FunctionPackage
from cloud_core.domain.tables import CONNECTIONS, DEPLOYMENTS, USER_INDEX
from stacks.context import StackContext
from stacks.iam_documents import Statement, allow, document, trust
from stacks.log_groups import make_log_group, may_write
from stacks.naming import FUNCTION, ROLE

LOG_DAYS: Final = 30
_MEMORY_MB: Final = 512
_SECONDS: Final = 15


@dataclass(frozen=True)
class Grounds:
    """What functions stand on: the tables' ARNs by their definitions' names, and what the gateway's connections are
    called in policies (`arn:…:<api>/<stage>`)."""

    tables: Mapping[str, pulumi.Output[str]]
    stage_arn: pulumi.Output[str]


@dataclass(frozen=True)
class FunctionPlan:
    """`entry` is the name in `realtime.functions`."""

    entry: str
    description: str
    rights: Callable[[Grounds], list[Statement]]

    @property
    def what(self) -> str:
        return f"sockets-{self.entry}"


def _connections(*verbs: str) -> Callable[[Grounds], list[Statement]]:
    actions = [f"dynamodb:{verb}" for verb in verbs]
    return lambda grounds: [allow(actions, grounds.tables[CONNECTIONS.name], sid="Connections")]


def _of_connecting(grounds: Grounds) -> list[Statement]:
    """How many connections the user has already is looked up before there is another one."""
    by_user = pulumi.Output.concat(grounds.tables[CONNECTIONS.name], f"/index/{USER_INDEX.name}")
    return [*_connections("PutItem")(grounds), allow("dynamodb:Query", by_user, sid="ConnectionsOfUser")]


def _of_messages(grounds: Grounds) -> list[Statement]:
    """Whose deployment it is is looked at when somebody subscribes; what is refused is told on the socket."""
    own = _connections("GetItem", "PutItem", "UpdateItem", "DeleteItem")(grounds)
    deployment = allow("dynamodb:GetItem", grounds.tables[DEPLOYMENTS.name], sid="Deployments")
    sockets = [pulumi.Output.concat(grounds.stage_arn, f"/{verb}/@connections/*") for verb in ("POST", "DELETE")]
    return [*own, deployment, allow("execute-api:ManageConnections", sockets, sid="Sockets")]


PLANS: Final = (
    FunctionPlan("connect", "Looks at the token of who connects", _of_connecting),
    FunctionPlan("disconnect", "Forgets a connection", _connections("UpdateItem", "DeleteItem")),
    FunctionPlan("default", "Answers what clients send", _of_messages),
    FunctionPlan("authorize", "Looks at tokens for routes that are added later", lambda grounds: []),
)


@dataclass(frozen=True)
class SocketFunction:
    plan: FunctionPlan
    function: aws.lambda_.Function


def make_functions(
    context: StackContext, package: FunctionPackage, grounds: Grounds, variables: Mapping[str, pulumi.Input[str]]
) -> dict[str, SocketFunction]:
    """By entry."""
    code = pulumi.FileArchive(str(package.path))
    return {plan.entry: _function(plan, context, package, code, grounds, variables) for plan in PLANS}


def _function(
    plan: FunctionPlan,
    context: StackContext,
    package: FunctionPackage,
    code: pulumi.FileArchive,
    grounds: Grounds,
    variables: Mapping[str, pulumi.Input[str]],
) -> SocketFunction:
    name = context.name(FUNCTION, plan.what)
    logs = make_log_group(plan.what, f"/aws/lambda/{name}", retention_days=LOG_DAYS)
    role = aws.iam.Role(
        plan.what,
        name=context.name(ROLE, plan.what),
        description=f"What the function {name} may do",
        assume_role_policy=trust("lambda.amazonaws.com", account=aws.get_caller_identity_output().account_id),
    )
    policy = document(may_write(logs), *plan.rights(grounds))
    rights = aws.iam.RolePolicy(plan.what, role=role.name, policy=policy)
    function = aws.lambda_.Function(
        plan.what,
        name=name,
        description=plan.description,
        role=role.arn,
        runtime=package.runtime,
        architectures=[package.architecture],
        handler=f"realtime.functions.{plan.entry}",
        code=code,
        memory_size=_MEMORY_MB,
        timeout=_SECONDS,
        environment={"variables": dict(variables)},
        opts=pulumi.ResourceOptions(depends_on=[logs, rights]),
    )
    return SocketFunction(plan, function)
