"""The WebSocket API: its routes are functions, and messages go back by its `@connections`.

No access log: it would hold the address of the upgrade, and with it tokens in the query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from cloud_core.adapters.local.function_package import FunctionPackage
from cloud_core.domain.control_plane import ControlPlane
from stacks.context import StackContext
from stacks.control_plane.functions import Grounds, SocketFunction, make_functions
from stacks.control_plane.tables import RecordTables
from stacks.control_plane.users import Users
from stacks.naming import HTTP_API

STAGE: Final = "live"
ROUTES: Final = {"$connect": "connect", "$disconnect": "disconnect", "$default": "default"}
"""By route, the function's entry. `$connect` looks at the token itself, so that its answer says why it is refused."""
_RATE: Final = 10_000
_BURST: Final = 5_000


@dataclass(frozen=True)
class Sockets:
    """`url` is what clients connect to, `endpoint` what the relay posts to."""

    api: aws.apigatewayv2.Api
    stage: aws.apigatewayv2.Stage
    functions: dict[str, SocketFunction]
    url: pulumi.Output[str]
    endpoint: pulumi.Output[str]


def make_sockets(
    plane: ControlPlane, context: StackContext, package: FunctionPackage, tables: RecordTables, users: Users
) -> Sockets:
    api = aws.apigatewayv2.Api(
        "sockets",
        name=context.name(HTTP_API, "sockets"),
        description="What happens in deployments, told live",
        protocol_type="WEBSOCKET",
        route_selection_expression="$request.body.action",
    )
    host = api.api_endpoint.apply(lambda url: url.removeprefix("wss://"))
    endpoint = pulumi.Output.concat("https://", host, f"/{STAGE}")
    arns = {name: table.arn for name, table in tables.made.items()}
    grounds = Grounds(arns, pulumi.Output.concat(api.execution_arn, f"/{STAGE}"))
    functions = make_functions(context, package, grounds, _variables(plane, users, endpoint))
    for entry, one in functions.items():
        _let_gateway_call(entry, one, api)
    routes = [_route(key, functions[entry], api) for key, entry in ROUTES.items()]
    _authorizer(api, functions["authorize"])
    stage = aws.apigatewayv2.Stage(
        "sockets",
        api_id=api.id,
        name=STAGE,
        auto_deploy=True,
        default_route_settings={"throttling_rate_limit": _RATE, "throttling_burst_limit": _BURST},
        opts=pulumi.ResourceOptions(depends_on=routes),
    )
    return Sockets(api, stage, functions, pulumi.Output.concat("wss://", host, f"/{STAGE}"), endpoint)


def _variables(plane: ControlPlane, users: Users, endpoint: pulumi.Output[str]) -> dict[str, pulumi.Input[str]]:
    """The settings of the functions, as those of the API; none of them is a secret."""
    return {
        "CLOUD_PROFILE": "aws",
        "CLOUD_AWS__TABLE_PREFIX": plane.prefix,
        "CLOUD_AWS__RECORDS_REGION": plane.region,
        "CLOUD_COGNITO__REGION": plane.region,
        "CLOUD_COGNITO__USER_POOL_ID": users.pool.id,
        "CLOUD_COGNITO__CLIENT_ID": users.client.id,
        "CLOUD_REALTIME__ENDPOINT": endpoint,
        "CLOUD_API__ORGANIZATION_ISOLATION": str(plane.organization_isolation).lower(),
    }


def _route(key: str, one: SocketFunction, api: aws.apigatewayv2.Api) -> aws.apigatewayv2.Route:
    integration = aws.apigatewayv2.Integration(
        one.plan.entry,
        api_id=api.id,
        integration_type="AWS_PROXY",
        integration_method="POST",
        integration_uri=one.function.invoke_arn,
    )
    target = pulumi.Output.concat("integrations/", integration.id)
    return aws.apigatewayv2.Route(one.plan.entry, api_id=api.id, route_key=key, target=target)


def _authorizer(api: aws.apigatewayv2.Api, one: SocketFunction) -> None:
    """On no route: API Gateway wants one named place for the token, and browsers can only send it in the query, others
    in the header. It is there for routes that somebody adds."""
    aws.apigatewayv2.Authorizer(
        "tokens",
        api_id=api.id,
        name="tokens",
        authorizer_type="REQUEST",
        identity_sources=["route.request.header.Authorization"],
        authorizer_uri=one.function.invoke_arn,
    )


def _let_gateway_call(entry: str, one: SocketFunction, api: aws.apigatewayv2.Api) -> None:
    """Only this API."""
    aws.lambda_.Permission(
        entry,
        action="lambda:InvokeFunction",
        function=one.function.name,
        principal="apigateway.amazonaws.com",
        source_arn=pulumi.Output.concat(api.execution_arn, "/*"),
    )
