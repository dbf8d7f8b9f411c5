"""API Gateway: an HTTP API with all that belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi_aws as aws

from sandbox.provider.services.apigatewayv2_api import API, STAGE
from sandbox.provider.services.apigatewayv2_domain import API_MAPPING, DOMAIN_NAME
from sandbox.provider.services.apigatewayv2_route import AUTHORIZER, INTEGRATION, ROUTE
from sandbox.provider.testing import Case, Clients, lacks
from sandbox.provider.testing.cases import REGION

ACCOUNT = "123456789012"
LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:calls"
SAID = {False: "first", True: "second"}


def front_door(later: bool) -> None:
    api = aws.apigatewayv2.Api(
        "front",
        name=f"front-{SAID[later]}",
        protocol_type="HTTP",
        description="" if later else "first",
        version=SAID[later],
        disable_execute_api_endpoint=later,
        cors_configuration=None
        if later
        else {"allow_origins": ["https://b.test", "https://a.test"], "allow_methods": ["GET"], "max_age": 60},
        tags={"Team": SAID[later]},
    )
    stage = aws.apigatewayv2.Stage(
        "default",
        api_id=api.id,
        name="$default",
        auto_deploy=True,
        description=SAID[later],
        access_log_settings={"destination_arn": LOG_GROUP, "format": "$context.path"},
        default_route_settings={"throttling_rate_limit": 20 if later else 10, "throttling_burst_limit": 30},
        stage_variables={"colour": SAID[later]},
        tags={"Team": SAID[later]},
    )
    routed(api, later)
    named(api, stage, later)
    sockets(later)


def sockets(later: bool) -> None:
    """A WebSocket API over a function."""
    api = aws.apigatewayv2.Api(
        "sockets",
        name=f"sockets-{SAID[later]}",
        protocol_type="WEBSOCKET",
        route_selection_expression="$request.body.action",
    )
    function = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{SAID[later]}/invocations"
    called = aws.apigatewayv2.Integration(
        "sockets", api_id=api.id, integration_type="AWS_PROXY", integration_method="POST", integration_uri=function
    )
    aws.apigatewayv2.Route(
        "sockets", api_id=api.id, route_key="$default", target=called.id.apply(lambda id: f"integrations/{id}")
    )
    aws.apigatewayv2.Stage(
        "sockets",
        api_id=api.id,
        name="live",
        auto_deploy=True,
        default_route_settings={"throttling_rate_limit": 20 if later else 10, "throttling_burst_limit": 30},
    )


def routed(api: aws.apigatewayv2.Api, later: bool) -> None:
    link = aws.apigatewayv2.VpcLink(
        "link", name=f"link-{SAID[later]}", subnet_ids=["subnet-2", "subnet-1"], security_group_ids=["sg-1"]
    )
    users = aws.apigatewayv2.Authorizer(
        "users",
        api_id=api.id,
        name="users",
        authorizer_type="JWT",
        identity_sources=["$request.header.Authorization"],
        jwt_configuration={"audiences": ["web", "mobile"] if later else ["web"], "issuer": "https://issuer.test"},
    )
    passed = aws.apigatewayv2.Integration(
        "passed",
        api_id=api.id,
        integration_type="HTTP_PROXY",
        integration_method="ANY",
        integration_uri=f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/{SAID[later]}/1/2",
        description=SAID[later],
        connection_type="VPC_LINK",
        connection_id=link.id,
        request_parameters={"overwrite:header.x-version": SAID[later]},
        timeout_milliseconds=20000 if later else 10000,
        tls_config={"server_name_to_verify": f"{SAID[later]}.test"},
    )
    target = passed.id.apply(lambda id: f"integrations/{id}")
    aws.apigatewayv2.Route(
        "everything",
        api_id=api.id,
        route_key="ANY /{proxy+}",
        target=target,
        authorization_type="JWT",
        authorizer_id=users.id,
        authorization_scopes=["write", "read"] if later else ["read"],
        operation_name=SAID[later],
    )
    aws.apigatewayv2.Route("open", api_id=api.id, route_key="GET /health", target=target)
    by_functions(api, later)


def by_functions(api: aws.apigatewayv2.Api, later: bool) -> None:
    """A function that checks calls, and a service of AWS that takes them."""
    role = f"arn:aws:iam::{ACCOUNT}:role/{SAID[later]}"
    aws.apigatewayv2.Authorizer(
        "function",
        api_id=api.id,
        authorizer_type="REQUEST",
        authorizer_uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{SAID[later]}/invocations",
        authorizer_credentials_arn=role,
        authorizer_payload_format_version="1.0" if later else "2.0",
        authorizer_result_ttl_in_seconds=60 if later else 0,
        enable_simple_responses=not later,
        identity_sources=["$request.header.Key"],
    )
    aws.apigatewayv2.Integration(
        "queue",
        api_id=api.id,
        integration_type="AWS_PROXY",
        integration_subtype="SQS-SendMessage",
        credentials_arn=role,
        request_parameters={"QueueUrl": "$request.header.queueUrl", "MessageBody": "$request.body.message"},
    )


def named(api: aws.apigatewayv2.Api, stage: aws.apigatewayv2.Stage, later: bool) -> None:
    name = aws.apigatewayv2.DomainName(
        "name",
        domain_name="api.shop.test",
        domain_name_configuration={
            "certificate_arn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{SAID[later]}",
            "endpoint_type": "REGIONAL",
            "security_policy": "TLS_1_2",
        },
        tags={"Team": SAID[later]},
    )
    aws.apigatewayv2.ApiMapping("name", api_id=api.id, domain_name=name.id, stage=stage.name)


def left(server: Clients) -> dict[str, Any]:
    client = server.apigatewayv2
    return {
        "apis": client.get_apis()["Items"],
        "links": client.get_vpc_links()["Items"],
        "names": client.get_domain_names()["Items"],
    }


def _probe(operation: str, **asked: Any) -> Any:
    return lambda server: lacks(lambda: getattr(server.apigatewayv2, operation)(**asked))


def _with_owner(owner: str) -> Any:
    return lambda outputs: f"{outputs[owner]}/{outputs['id']}"


def _in_api(probe: Callable[[Any, str], bool], protocol: str = "HTTP") -> Callable[[Clients], bool]:
    """The probe on a new API, which is gone afterwards."""

    def on_server(server: Clients) -> bool:
        client = server.apigatewayv2
        api = client.create_api(Name="lossy", ProtocolType=protocol)["ApiId"]
        try:
            return probe(client, api)
        finally:
            client.delete_api(ApiId=api)

    return on_server


def _takes_second_stage(client: Any, api: str) -> bool:
    for said in SAID.values():
        client.create_stage(ApiId=api, StageName="live", Description=said)
    (stage,) = client.get_stages(ApiId=api)["Items"]
    return bool(stage["Description"] == SAID[True])


def _takes_second_route(client: Any, api: str) -> bool:
    for _ in range(2):
        client.create_route(ApiId=api, RouteKey="GET /read")
    return len(client.get_routes(ApiId=api)["Items"]) == 2


def _takes_second_mapping(client: Any, api: str) -> bool:
    domain = {"DomainName": "lossy.shop.test"}
    client.create_domain_name(**domain)
    for said in SAID.values():
        client.create_api_mapping(**domain, ApiId=api, Stage=said)
    found = client.get_api_mappings(**domain)["Items"]
    for one in found:
        client.delete_api_mapping(**domain, ApiMappingId=one["ApiMappingId"])
    client.delete_domain_name(**domain)
    return len(found) == len(SAID)


def _leaves_target(client: Any, api: str) -> bool:
    route = client.create_route(ApiId=api, RouteKey="GET /read", Target="integrations/some")["RouteId"]
    client.update_route(ApiId=api, RouteId=route, Target="")
    return bool(client.get_route(ApiId=api, RouteId=route)["Target"])


def _leaves_scopes(client: Any, api: str) -> bool:
    route = client.create_route(ApiId=api, RouteKey="GET /read", AuthorizationScopes=["read"])["RouteId"]
    client.update_route(ApiId=api, RouteId=route, AuthorizationScopes=[])
    return bool(client.get_route(ApiId=api, RouteId=route)["AuthorizationScopes"])


UPDATE_MAPPING = _probe("update_api_mapping", ApiId="a", ApiMappingId="b", DomainName="api.shop.test")

CASE = Case(
    modules=("apigatewayv2_api", "apigatewayv2_route", "apigatewayv2_domain"),
    program=front_door,
    left=left,
    constant=frozenset({API_MAPPING.token}),
    import_ids={
        **{one.token: _with_owner("apiId") for one in (STAGE, AUTHORIZER, INTEGRATION, ROUTE)},
        API_MAPPING.token: lambda outputs: f"{outputs['id']}/{outputs['domainName']}",
    },
    probes={
        (API.token, "protocolType"): _in_api(
            lambda client, api: client.get_api(ApiId=api)["ApiEndpoint"].startswith("https:"), protocol="WEBSOCKET"
        ),
        (ROUTE.token, "target"): _in_api(_leaves_target),
        (STAGE.token, "name"): _in_api(_takes_second_stage),
        (ROUTE.token, "routeKey"): _in_api(_takes_second_route),
        (ROUTE.token, "authorizationScopes"): _in_api(_leaves_scopes),
        (STAGE.token, "description"): _probe("update_stage", ApiId="a", StageName="b"),
        (DOMAIN_NAME.token, "domainNameConfiguration"): _probe("update_domain_name", DomainName="api.shop.test"),
        **{(API_MAPPING.token, name): UPDATE_MAPPING for name in ("stage", "apiMappingKey", "apiId")},
        (API_MAPPING.token, "domainName"): _in_api(_takes_second_mapping),
    },
)
