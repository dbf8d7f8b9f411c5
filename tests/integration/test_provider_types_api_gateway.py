"""HTTP APIs: drift, new objects in place of old ones, refusals. Their whole life is in
`provider_cases/api_gateway.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation

from sandbox.provider.testing import Clients, changes
from sandbox.provider.testing.cases import REGION

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
CERTIFICATE = f"arn:aws:acm:{REGION}:123456789012:certificate/1"


def door(
    kind: str = "HTTP_PROXY", stage: str = "live", subnet: str = "subnet-1", scopes: Sequence[str] = ("read",)
) -> aws.apigatewayv2.Api:
    """An integration of another kind, a stage of another name and a link in another subnet are new objects."""
    api = aws.apigatewayv2.Api("door", name="door", protocol_type="HTTP", description="Front door")
    made = aws.apigatewayv2.Stage("live", api_id=api.id, name=stage, description="Live")
    aws.apigatewayv2.VpcLink("link", name="link", subnet_ids=[subnet], security_group_ids=["sg-1"])
    issuer = {"audiences": ["web"], "issuer": "https://issuer.test"}
    users = aws.apigatewayv2.Authorizer(
        "users",
        api_id=api.id,
        name="users",
        authorizer_type="JWT",
        identity_sources=["$request.header.Authorization"],
        jwt_configuration=issuer,
    )
    passed = aws.apigatewayv2.Integration(
        "passed", api_id=api.id, integration_type=kind, integration_method="ANY", integration_uri="https://shop.test"
    )
    aws.apigatewayv2.Route(
        "read",
        api_id=api.id,
        route_key="GET /read",
        target=pulumi.Output.concat("integrations/", passed.id),
        authorization_type="JWT",
        authorizer_id=users.id,
        authorization_scopes=list(scopes),
    )
    name = aws.apigatewayv2.DomainName(
        "name",
        domain_name="api.shop.test",
        domain_name_configuration={
            "certificate_arn": CERTIFICATE,
            "endpoint_type": "REGIONAL",
            "security_policy": "TLS_1_2",
        },
    )
    aws.apigatewayv2.ApiMapping("name", api_id=api.id, domain_name=name.id, stage=made.name)
    pulumi.export("url", made.invoke_url)
    pulumi.export("users", users.id)
    return api


def api_id(clients: Clients) -> str:
    (api,) = clients.apigatewayv2.get_apis()["Items"]
    return str(api["ApiId"])


def test_changes_behind_our_back_are_found_and_undone(deploy: Any, clients: Clients) -> None:
    stack = deploy(door)
    made = stack.up()
    client, api = clients.apigatewayv2, api_id(clients)
    assert made.outputs["url"].value == f"https://{api}.execute-api.{REGION}.amazonaws.com/live"
    client.update_api(ApiId=api, Description="Drifted")
    drifted = {"Audience": ["other"], "Issuer": "https://issuer.test"}
    client.update_authorizer(ApiId=api, AuthorizerId=made.outputs["users"].value, JwtConfiguration=drifted)
    (integration,) = client.get_integrations(ApiId=api)["Items"]
    client.update_integration(ApiId=api, IntegrationId=integration["IntegrationId"], IntegrationUri="https://a.test")
    (route,) = client.get_routes(ApiId=api)["Items"]
    client.update_route(ApiId=api, RouteId=route["RouteId"], RouteKey="GET /drifted")
    client.delete_stage(ApiId=api, StageName="live")
    assert changes(stack.refresh()) == {"update": 4, "delete": 1}
    assert changes(stack.up()) == {"update": 4, "create": 1}
    assert changes(stack.refresh()) == {}
    assert client.get_api(ApiId=api)["Description"] == "Front door"


def test_scopes_come_and_go(deploy: Any) -> None:
    deploy(door).up()
    without = deploy(lambda: door(scopes=()))
    assert changes(without.up()) == {"update": 1}
    assert changes(without.refresh()) == {}
    assert changes(deploy(door).up()) == {"update": 1}


def test_what_aws_can_not_change_is_made_anew(deploy: Any, clients: Clients) -> None:
    deploy(door).up()
    # The route follows to the new integration.
    assert changes(deploy(lambda: door(kind="HTTP")).up()) == {"replace": 1, "update": 1}
    assert changes(deploy(lambda: door(kind="HTTP", subnet="subnet-2")).up()) == {"replace": 1}
    # The sandbox makes the mapping of another stage anew, where AWS changes it.
    later = deploy(lambda: door(kind="HTTP", subnet="subnet-2", stage="next"))
    assert changes(later.up()) == {"replace": 2}
    (mapping,) = clients.apigatewayv2.get_api_mappings(DomainName="api.shop.test")["Items"]
    assert (mapping["ApiId"], mapping["Stage"]) == (api_id(clients), "next")


def test_refusals_are_those_of_aws(deploy: Any) -> None:
    def second_route() -> None:
        aws.apigatewayv2.Route("again", api_id=door().id, route_key="GET /read")

    def second_stage() -> None:
        aws.apigatewayv2.Stage("again", api_id=door().id, name="live")

    deploy(door).up()
    with pytest.raises(automation.CommandError, match="ConflictException: Route with key GET /read already exists"):
        deploy(second_route).up()
    with pytest.raises(automation.CommandError, match="ConflictException: Stage already exists"):
        deploy(second_stage).up()
    assert changes(deploy(door).up()) == {}


def test_what_has_no_endpoint_in_the_sandbox_is_refused(deploy: Any) -> None:
    with pytest.raises(automation.CommandError, match="protocolType: 'GRPC' is none of HTTP, WEBSOCKET"):
        deploy(lambda: aws.apigatewayv2.Api("door", protocol_type="GRPC")).up()


def test_a_target_comes_and_goes(deploy: Any) -> None:
    def route(target: str | None) -> None:
        api = aws.apigatewayv2.Api("door", protocol_type="HTTP")
        aws.apigatewayv2.Route("read", api_id=api.id, route_key="GET /read", target=target)

    deploy(lambda: route("integrations/some")).up()
    without = deploy(lambda: route(None))
    assert changes(without.up()) == {"update": 1}
    assert changes(without.refresh()) == {}


def named(answering: str, second: bool = False) -> None:
    """Two APIs with stages of one name; one of them answers to the domain, or both would."""
    made = {name: aws.apigatewayv2.Api(name, name=name, protocol_type="HTTP") for name in ("old", "new")}
    for name, api in made.items():
        aws.apigatewayv2.Stage(name, api_id=api.id, name="live")
    configuration = {"certificate_arn": CERTIFICATE, "endpoint_type": "REGIONAL", "security_policy": "TLS_1_2"}
    domain = aws.apigatewayv2.DomainName("name", domain_name="api.shop.test", domain_name_configuration=configuration)
    first = aws.apigatewayv2.ApiMapping("name", api_id=made[answering].id, domain_name=domain.id, stage="live")
    if second:
        aws.apigatewayv2.ApiMapping("second", api_id=made["new"].id, domain_name=first.domain_name, stage="live")


def test_a_name_moves_to_another_api(deploy: Any, clients: Clients) -> None:
    deploy(lambda: named("old")).up()
    moved = deploy(lambda: named("new"))
    assert changes(moved.up()) == {"update": 1}
    (mapping,) = clients.apigatewayv2.get_api_mappings(DomainName="api.shop.test")["Items"]
    assert clients.apigatewayv2.get_api(ApiId=mapping["ApiId"])["Name"] == "new"
    assert changes(moved.refresh()) == {}
    with pytest.raises(automation.CommandError, match=r"ConflictException: a mapping of api\.shop\.test/ exists"):
        deploy(lambda: named("new", second=True)).up()
