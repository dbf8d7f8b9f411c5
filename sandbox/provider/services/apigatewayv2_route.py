"""API Gateway: routes of HTTP APIs, what checks the calls, what they are passed on to, and the private way there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.gaps import Gap
from sandbox.provider.language import Create, Delete, Input, Kind, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services.apigatewayv2_api import CONFLICT, GONE, TAGS
from sandbox.provider.services.owner_words import by_own_id, imported_with
from sandbox.provider.shapes import block

JWT: Final = block({"audiences": "Audience"})


def _part(token: str, noun: str, inputs: tuple[Input, ...], changing: str) -> Resource:
    """A part of an API, with an id of its own: `create_<noun>`, `get_<noun>`, `update_<noun>`, `delete_<noun>`."""
    own_id = f"{noun.capitalize()}Id"
    key: dict[str, Any] = {"ApiId": "$apiId", own_id: "$id"}
    change = call(f"update_{noun}", changing, **key)
    return Resource(
        token=token,
        service="apigatewayv2",
        inputs=(Input("apiId", required=True, replaces=True, stored=True), *inputs),
        create=Create(call(f"create_{noun}", changing, ApiId="$apiId"), at=own_id),
        read=by_own_id(Read(call(f"get_{noun}", **key), at="@", gone=GONE)),
        settings=(setting(changing, lambda scope: scope.run(change, scope.emptied()), on_create=False),),
        delete=Delete((call(f"delete_{noun}", **key),), gone=GONE),
        imports=imported_with("apiId"),
        id_at=own_id,
    )


AUTHORIZER: Final = _part(
    "aws:apigatewayv2/authorizer:Authorizer",
    "authorizer",
    (
        Input("authorizerType", required=True),
        Input("name", autoname=128),
        Input("identitySources", "IdentitySource", kind=Kind.SET),
        Input("jwtConfiguration", kind=Kind.BLOCK, shape=JWT, unordered=("audiences",)),
        Input("authorizerUri"),
        Input("authorizerCredentialsArn"),
        Input("authorizerPayloadFormatVersion"),
        Input("authorizerResultTtlInSeconds", computed=True),
        Input("enableSimpleResponses"),
    ),
    "authorizerType name identitySources jwtConfiguration authorizerUri authorizerCredentialsArn "
    "authorizerPayloadFormatVersion authorizerResultTtlInSeconds enableSimpleResponses",
)

INTEGRATION: Final = _part(
    "aws:apigatewayv2/integration:Integration",
    "integration",
    (
        Input("integrationType", required=True, replaces=True),
        Input("integrationMethod"),
        Input("integrationUri"),
        Input("description"),
        Input("connectionType", default="INTERNET"),
        Input("connectionId"),
        Input("credentialsArn"),
        Input("integrationSubtype", replaces=True),
        Input("payloadFormatVersion", default="1.0"),
        Input("requestParameters", kind=Kind.MAP),
        Input("timeoutMilliseconds", "TimeoutInMillis", computed=True),
        Input("tlsConfig", kind=Kind.BLOCK),
    ),
    "integrationType integrationMethod integrationUri description connectionType connectionId credentialsArn "
    "integrationSubtype payloadFormatVersion requestParameters timeoutMilliseconds tlsConfig",
)

_route: Final = _part(
    "aws:apigatewayv2/route:Route",
    "route",
    (
        Input("routeKey", required=True),
        Input("target", stored=True),
        Input("authorizationType", default="NONE"),
        Input("authorizerId"),
        Input("authorizationScopes", kind=Kind.SET, stored=True),
        Input("operationName"),
    ),
    "routeKey target authorizationType authorizerId authorizationScopes operationName",
)


def _create_route(scope: Scope) -> str:
    """The server takes a second one for the same calls, where AWS refuses it."""
    key = scope.value("routeKey")
    routes = scope.run(call("get_routes", ApiId="$apiId"))["Items"]
    if any(route["RouteKey"] == key for route in routes):
        raise AwsRefused(f"{CONFLICT}: Route with key {key} already exists for this API", aws_code=CONFLICT)
    return _route.create(scope)


ROUTE: Final = replace(_route, create=_create_route)

VPC_LINK: Final = Resource(
    token="aws:apigatewayv2/vpcLink:VpcLink",
    service="apigatewayv2",
    inputs=(
        Input("name", autoname=128),
        Input("subnetIds", kind=Kind.SET, required=True, replaces=True),
        Input("securityGroupIds", kind=Kind.SET, required=True, replaces=True),
    ),
    outputs=(Output("arn", text="arn:{partition}:apigateway:{region}::/vpclinks/{id}"),),
    create=Create(call("create_vpc_link", "name subnetIds securityGroupIds"), at="VpcLinkId", tags="Tags"),
    read=Read(call("get_vpc_link", VpcLinkId="$id"), at="@", gone=GONE),
    settings=(setting("name", call("update_vpc_link", "name", VpcLinkId="$id"), on_create=False),),
    delete=Delete((call("delete_vpc_link", VpcLinkId="$id"),), gone=GONE),
    tags=TAGS,
)

RESOURCES: Final = (AUTHORIZER, INTEGRATION, ROUTE, VPC_LINK)

GAPS: Final = (
    Gap(ROUTE.token, "routeKey", "create_route makes a second one of a key", "the provider refuses it, as AWS does"),
    Gap(ROUTE.token, "target", "update_route leaves the target when it is told that there is none"),
    Gap(ROUTE.token, "authorizationScopes", "update_route leaves the scopes when it is told that there are none"),
)
