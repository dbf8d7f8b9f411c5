"""What the gateway does with a call: checks who calls, and passes it on privately to the running services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.naming import SECURITY_GROUP, VPC_LINK, slug
from stacks.security_group_rules import HTTPS, GroupId, Ports, allow_egress, allow_ingress
from stacks.services_api.contract import ALB, EVERY_PATH, NONE, Inputs
from stacks.services_api.gateway import Gateway

# One route a method: `ANY` would also take the question that browsers ask before a call, which comes without a token.
# Where no route is for it, the gateway answers by itself.
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_TIMEOUT_MILLISECONDS: Final = 29000


@dataclass(frozen=True)
class Routes:
    """`link` is None when nothing is passed on."""

    authorizer: aws.apigatewayv2.Authorizer
    link: aws.apigatewayv2.VpcLink | None


def make_routes(inputs: Inputs, context: StackContext, gateway: Gateway) -> Routes:
    """The public routes are open; everything else needs a token of the deployment's own users."""
    authorizer = _authorizer(inputs, gateway)
    if inputs.integration_target == NONE:
        return Routes(authorizer, None)
    link = _link(inputs, context)
    target = pulumi.Output.concat("integrations/", _integration(inputs, gateway, link).id)
    for route in inputs.public_routes:
        what = slug(route)
        aws.apigatewayv2.Route(what, api_id=gateway.api.id, route_key=route, target=target, authorization_type="NONE")
    for method in _METHODS:
        aws.apigatewayv2.Route(
            f"every-{slug(method)}",
            api_id=gateway.api.id,
            route_key=f"{method} {EVERY_PATH}",
            target=target,
            authorization_type="JWT",
            authorizer_id=authorizer.id,
        )
    return Routes(authorizer, link)


def _authorizer(inputs: Inputs, gateway: Gateway) -> aws.apigatewayv2.Authorizer:
    """Only tokens that the user pool gave to one of our own applications."""
    clients = [inputs.web_client_id, *([] if inputs.mobile_client_id is None else [inputs.mobile_client_id])]
    return aws.apigatewayv2.Authorizer(
        "users",
        api_id=gateway.api.id,
        name="users",
        authorizer_type="JWT",
        identity_sources=["$request.header.Authorization"],
        jwt_configuration={
            "audiences": clients,
            "issuer": pulumi.Output.concat("https://", inputs.user_pool_endpoint),
        },
    )


def _link(inputs: Inputs, context: StackContext) -> aws.apigatewayv2.VpcLink:
    """The gateway's own foot in the VPC, which reaches the balancer or the services and nothing else."""
    group = aws.ec2.SecurityGroup(
        "link",
        name=context.name(SECURITY_GROUP, "link"),
        description="The API gateway in the VPC",
        vpc_id=inputs.vpc_id,
        tags=context.named("link"),
    )
    if inputs.integration_target == ALB:
        peer, ports = GroupId(inputs.load_balancer_sg_id), HTTPS
    else:
        peer, ports = GroupId(inputs.ecs_sg_id), Ports(inputs.service_port, inputs.service_port)
    allow_egress("link-to-services", group, peer, ports)
    allow_ingress("services-from-link", peer, group, ports)
    return aws.apigatewayv2.VpcLink(
        "services",
        name=context.name(VPC_LINK, "services"),
        subnet_ids=inputs.private_subnet_ids,
        security_group_ids=[group.id],
    )


def _integration(inputs: Inputs, gateway: Gateway, link: aws.apigatewayv2.VpcLink) -> aws.apigatewayv2.Integration:
    to_balancer = inputs.integration_target == ALB
    return aws.apigatewayv2.Integration(
        "services",
        api_id=gateway.api.id,
        integration_type="HTTP_PROXY",
        integration_method="ANY",
        integration_uri=inputs.https_listener_arn if to_balancer else inputs.api_discovery_service_arn,
        connection_type="VPC_LINK",
        connection_id=link.id,
        payload_format_version="1.0",
        timeout_milliseconds=_TIMEOUT_MILLISECONDS,
        request_parameters={"overwrite:header.x-api-version": inputs.current_version},
        tls_config=_tls(inputs) if to_balancer else None,
    )


def _tls(inputs: Inputs) -> aws.apigatewayv2.IntegrationTlsConfigArgs | None:
    """The balancer has to show the certificate of the domain, not just any."""
    if inputs.domain_name is None:
        return None
    name = pulumi.Output.concat("api.", inputs.domain_name)
    return aws.apigatewayv2.IntegrationTlsConfigArgs(server_name_to_verify=name)
