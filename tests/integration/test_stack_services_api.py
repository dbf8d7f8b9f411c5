"""The services-api stack through the real engine, on an AWS server: one life of it, checked with boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stacks.testing_deployments import (
    DOMAIN,
    REGION,
    Deployment,
    aliases,
    put_domain_on_ground,
    put_on_ground,
    take_domain_away,
)

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
STACK = "services-api"
ACCOUNT = "410000000017"
LISTENER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/public/1/2"
DISCOVERY = f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}:service/srv-1"
USERS = {
    "userPoolEndpoint": f"cognito-idp.{REGION}.amazonaws.com/{REGION}_users",
    "webClientId": "web",
    "mobileClientId": None,
}


def on_ground(new_deployment: NewDeployment) -> Deployment:
    """With a domain, and a listener, services and users that are only named."""
    behind = {"containers-apps": {"httpsListenerArn": LISTENER}, "services-ecs": {"apiDiscoveryServiceArn": DISCOVERY}}
    deployment = new_deployment(ACCOUNT, authentication=USERS, **behind)
    put_on_ground(deployment)
    put_domain_on_ground(deployment)
    return deployment


def changes(deployment: Deployment, **inputs: Any) -> dict[str, int]:
    return {action: count for action, count in deployment.up(STACK, **inputs).items() if action != "same"}


def asked(deployment: Deployment, operation: str, **more: Any) -> Any:
    """API Gateway's answer about the stack's API."""
    client = deployment.account.client("apigatewayv2")
    return getattr(client, operation)(ApiId=deployment.outputs[STACK]["httpApiId"], **more)


def test_a_whole_life(new_deployment: NewDeployment) -> None:
    deployment = on_ground(new_deployment)
    assert set(deployment.up(STACK)) == {"create"}
    check_gateway(deployment)
    check_routes(deployment)
    check_name(deployment)
    check_alarms(deployment)
    assert changes(deployment) == {}

    made = deployment.outputs[STACK]
    # The stage, the authorizer of another application, and one more route.
    later = {"mobileClientId": "mobile", "publicRoutes": ["GET /health", "GET /v1/prices"]}
    assert changes(deployment, defaultRateLimit=5, **later) == {"update": 2, "create": 1}
    assert asked(deployment, "get_stage", StageName="$default")["DefaultRouteSettings"]["ThrottlingRateLimit"] == 5
    # Past the balancer to the services: the integration, and both rules of security groups.
    changed = changes(deployment, defaultRateLimit=5, **later, integrationTarget="cloudmap")
    assert changed == {"update": 1, "replace": 2}
    # The name goes to another stack, and AWS's own one opens instead.
    given = {"defaultRateLimit": 5, **later, "integrationTarget": "cloudmap", "manageApiRecord": False}
    assert changes(deployment, **given) == {"update": 1, "delete": 4}
    assert aliases(deployment) == {}
    assert deployment.outputs[STACK]["httpApiId"] == made["httpApiId"]
    assert deployment.outputs[STACK]["apiDomain"] == f"{made['httpApiId']}.execute-api.{REGION}.amazonaws.com"

    assert set(deployment.stack(STACK, **given).destroy().summary.resource_changes or {}) == {"delete"}
    take_domain_away(deployment)
    assert deployment.account.left_over() == {}


def check_gateway(deployment: Deployment) -> None:
    outputs = deployment.outputs[STACK]
    api = asked(deployment, "get_api")
    assert (api["Name"], api["ProtocolType"]) == (outputs["httpApiName"], "HTTP")
    assert api["DisableExecuteApiEndpoint"] is True
    assert api["CorsConfiguration"]["AllowOrigins"][:2] == [f"https://{DOMAIN}", f"https://www.{DOMAIN}"]
    assert api["Tags"] == {"Project": "Web Shop", "Stack": STACK}
    stage = asked(deployment, "get_stage", StageName="$default")
    assert stage["AutoDeploy"] is True
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 1000
    assert stage["AccessLogSettings"]["DestinationArn"] == outputs["httpApiLogGroupArn"]
    assert json.loads(stage["AccessLogSettings"]["Format"])["status"] == "$context.status"
    groups = deployment.account.client("logs").describe_log_groups(logGroupNamePrefix="/aws/vendedlogs/apigateway/")
    (group,) = groups["logGroups"]
    key = deployment.outputs["security"]["infrastructureKeyArn"]
    assert (group["retentionInDays"], group["kmsKeyId"]) == (14, key)


def check_routes(deployment: Deployment) -> None:
    outputs = deployment.outputs[STACK]
    (integration,) = asked(deployment, "get_integrations")["Items"]
    assert (integration["IntegrationUri"], integration["ConnectionId"]) == (LISTENER, outputs["httpVpcLinkId"])
    assert integration["TlsConfig"] == {"ServerNameToVerify": f"api.{DOMAIN}"}
    routes = {route["RouteKey"]: route for route in asked(deployment, "get_routes")["Items"]}
    assert {route["Target"] for route in routes.values()} == {f"integrations/{integration['IntegrationId']}"}
    assert [key for key, route in routes.items() if route["AuthorizationType"] != "JWT"] == ["GET /health"]
    authorizer = asked(deployment, "get_authorizer", AuthorizerId=outputs["jwtAuthorizerId"])
    assert authorizer["JwtConfiguration"] == {"Audience": ["web"], "Issuer": f"https://{USERS['userPoolEndpoint']}"}
    link = deployment.account.client("apigatewayv2").get_vpc_link(VpcLinkId=outputs["httpVpcLinkId"])
    assert sorted(link["SubnetIds"]) == sorted(deployment.outputs["network"]["privateSubnetIds"])
    balancer = deployment.outputs["security"]["loadBalancerSgId"]
    (group,) = deployment.account.client("ec2").describe_security_groups(GroupIds=[balancer])["SecurityGroups"]
    (rule,) = group["IpPermissions"]
    assert (rule["FromPort"], [one["GroupId"] for one in rule["UserIdGroupPairs"]]) == (443, link["SecurityGroupIds"])


def check_name(deployment: Deployment) -> None:
    client, outputs = deployment.account.client("apigatewayv2"), deployment.outputs[STACK]
    name = outputs["apiCustomDomainName"]
    assert name == outputs["apiDomain"] == f"api.{DOMAIN}"
    (configuration,) = client.get_domain_name(DomainName=name)["DomainNameConfigurations"]
    assert configuration["CertificateArn"] == deployment.outputs["dns"]["wildcardCertificateArn"]
    assert configuration["SecurityPolicy"] == "TLS_1_2"
    (mapping,) = client.get_api_mappings(DomainName=name)["Items"]
    assert (mapping["ApiId"], mapping["Stage"]) == (outputs["httpApiId"], "$default")
    assert set(aliases(deployment)) == {name}


def check_alarms(deployment: Deployment) -> None:
    found = deployment.account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    prefix = "web-shop-d1brv40-dev-services-api-"
    assert {one["AlarmName"] for one in found} == {f"{prefix}failed", f"{prefix}slow"}
