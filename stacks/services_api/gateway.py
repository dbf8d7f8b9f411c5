"""The gateway itself: who may call from a browser, how often, and what is written of each call."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.log_groups import make_log_group
from stacks.naming import HTTP_API
from stacks.services_api.contract import Inputs

_LOCAL_ORIGINS: Final = ["http://localhost:3000", "http://localhost:8080"]
_LOGGED: Final = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "sourceIp": "$context.identity.sourceIp",
    "routeKey": "$context.routeKey",
    "path": "$context.path",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "latency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationError": "$context.integrationErrorMessage",
    "subject": "$context.authorizer.claims.sub",
}
"""Never a token or a query, which may hold one."""


@dataclass(frozen=True)
class Gateway:
    """An HTTP API with its one stage, and the log of its calls."""

    api: aws.apigatewayv2.Api
    stage: aws.apigatewayv2.Stage
    log_group: aws.cloudwatch.LogGroup


def make_gateway(inputs: Inputs, context: StackContext) -> Gateway:
    name = context.name(HTTP_API, "http")
    api = aws.apigatewayv2.Api(
        "http",
        name=name,
        protocol_type="HTTP",
        description=f"API of {context.project}, {context.environment}",
        cors_configuration=_cors(inputs, context),
        # One door: the name that AWS gives would go round whatever is put before our own.
        disable_execute_api_endpoint=inputs.has_own_name,
    )
    log_group = make_log_group(
        "access",
        f"/aws/vendedlogs/apigateway/{name}",
        retention_days=inputs.log_retention_days,
        key_arn=inputs.infrastructure_key_arn,
    )
    return Gateway(api, _stage(inputs, api, log_group), log_group)


def _stage(inputs: Inputs, api: aws.apigatewayv2.Api, log_group: aws.cloudwatch.LogGroup) -> aws.apigatewayv2.Stage:
    return aws.apigatewayv2.Stage(
        "default",
        api_id=api.id,
        name="$default",
        auto_deploy=True,
        access_log_settings={"destination_arn": log_group.arn, "format": json.dumps(_LOGGED)},
        default_route_settings={
            "throttling_rate_limit": inputs.default_rate_limit,
            "throttling_burst_limit": inputs.default_burst_limit,
            "detailed_metrics_enabled": inputs.enable_detailed_monitoring,
        },
    )


def _cors(inputs: Inputs, context: StackContext) -> aws.apigatewayv2.ApiCorsConfigurationArgs | None:
    origins = _origins(inputs, context)
    if not origins:
        return None
    return aws.apigatewayv2.ApiCorsConfigurationArgs(
        allow_origins=origins,
        allow_methods=inputs.cors_allow_methods,
        allow_headers=inputs.cors_allow_headers,
        max_age=inputs.cors_max_age,
    )


def _origins(inputs: Inputs, context: StackContext) -> list[pulumi.Input[str]]:
    if inputs.cors_allow_origins is not None:
        return list(inputs.cors_allow_origins)
    domain = inputs.domain_name
    own = [pulumi.Output.concat(start, domain) for start in ("https://", "https://www.")] if domain is not None else []
    return [*own, *(_LOCAL_ORIGINS if context.environment == "dev" else [])]
