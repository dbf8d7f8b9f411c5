"""The services-api stack: the gateway, its routes to the running services, its name, and alarms on what it answers."""

from __future__ import annotations

from typing import Final

import pulumi

from stacks.alarms import Metric, Watch, make_alarm
from stacks.context import StackContext
from stacks.services_api.contract import Inputs, Outputs
from stacks.services_api.gateway import Gateway, make_gateway
from stacks.services_api.name import make_name
from stacks.services_api.routes import make_routes

_FAILED_PERCENT: Final = 5
_SLOW_MILLISECONDS: Final = 3000


def program(inputs: Inputs, context: StackContext) -> Outputs:
    gateway = make_gateway(inputs, context)
    routes = make_routes(inputs, context, gateway)
    domain = make_name(inputs, gateway)
    for watch in _watches(gateway):
        make_alarm(watch, context, inputs.alarm_topic_arn)

    api, link = gateway.api, routes.link
    host = domain.domain_name if domain else _host_of(api.api_endpoint)
    return Outputs(
        http_api_id=api.id,
        http_api_arn=api.arn,
        http_api_name=api.name,
        http_api_endpoint=pulumi.Output.concat("https://", host),
        http_api_execution_arn=api.execution_arn,
        http_api_stage_arn=gateway.stage.arn,
        http_api_log_group_arn=gateway.log_group.arn,
        jwt_authorizer_id=routes.authorizer.id,
        http_vpc_link_id=link.id if link else None,
        http_vpc_link_arn=link.arn if link else None,
        api_domain=host,
        api_custom_domain_name=domain.domain_name if domain else None,
        primary_api_id=None,
        primary_api_arn=None,
        primary_api_endpoint=None,
        api_waf_acl_arn=None,
        summary={
            "target": inputs.integration_target,
            "version": inputs.current_version,
            "publicRoutes": inputs.public_routes,
            "ownName": domain is not None,
        },
    )


def _host_of(endpoint: pulumi.Output[str]) -> pulumi.Output[str]:
    return endpoint.apply(lambda url: url.removeprefix("https://"))


def _watches(gateway: Gateway) -> list[Watch]:
    calls = {"ApiId": gateway.api.id}
    failed, count = (Metric("AWS/ApiGateway", name, "Sum", calls) for name in ("5xx", "Count"))
    latency = Metric("AWS/ApiGateway", "Latency", "p95", calls)
    return [
        Watch("failed", f"More than {_FAILED_PERCENT} % of the calls fail", failed, _FAILED_PERCENT, whole=count),
        Watch("slow", f"One call of twenty takes longer than {_SLOW_MILLISECONDS} ms", latency, _SLOW_MILLISECONDS),
    ]
