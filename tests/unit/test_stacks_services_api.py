"""The services-api stack: who may call, how often, from where, and where a call goes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

DEV, STAGE, PROD = EnvironmentName.DEV, EnvironmentName.STAGE, EnvironmentName.PROD
KEY = "arn:aws:kms:eu-central-1:410000000017:key/1"
LISTENER = "arn:aws:elasticloadbalancing:eu-central-1:410000000017:listener/app/public/1/2"
DISCOVERY = "arn:aws:servicediscovery:eu-central-1:410000000017:service/srv-1"
GIVEN = {
    "vpcId": "vpc-1",
    "privateSubnetIds": ["subnet-1", "subnet-2"],
    "infrastructureKeyArn": KEY,
    "loadBalancerSgId": "sg-balancer",
    "ecsSgId": "sg-services",
    "userPoolEndpoint": "cognito-idp.eu-central-1.amazonaws.com/pool",
    "webClientId": "web",
    "mobileClientId": "mobile",
    "httpsListenerArn": LISTENER,
}
OWN_NAME = {
    "hostedZoneId": "Z1",
    "domainName": "shop.example.com",
    "wildcardCertificateArn": "arn:aws:acm:eu-central-1:410000000017:certificate/1",
}


def front_door(environment: EnvironmentName = DEV, preview: bool = False, **inputs: Any) -> Picture:
    return picture_of(sample_target("services-api", environment), {**GIVEN, **inputs}, preview=preview)


class TestWhoMayCall:
    def test_everything_needs_a_token_of_our_own_applications_but_the_public_routes(self) -> None:
        picture = front_door(publicRoutes=["GET /health", "POST /v1/orders/{id}"])
        routes = {one.inputs["routeKey"]: one.inputs for one in picture.of("Route")}
        methods = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        assert {key: route["authorizationType"] for key, route in routes.items()} == {
            "GET /health": "NONE",
            "POST /v1/orders/{id}": "NONE",
            **{f"{method} /{{proxy+}}": "JWT" for method in methods},
        }
        assert {route.get("authorizerId") for route in routes.values()} == {None, "users-id"}
        checked = picture.one("Authorizer").inputs
        assert checked["jwtConfiguration"] == {
            "audiences": ["web", "mobile"],
            "issuer": "https://cognito-idp.eu-central-1.amazonaws.com/pool",
        }
        assert checked["identitySources"] == ["$request.header.Authorization"]

    def test_without_a_mobile_application_its_tokens_are_not_taken(self) -> None:
        authorizer = front_door(mobileClientId=None).one("Authorizer")
        assert authorizer.inputs["jwtConfiguration"]["audiences"] == ["web"]

    @pytest.mark.parametrize(
        ("environment", "limits"), [(DEV, (1000, 2000)), (STAGE, (750, 1500)), (PROD, (500, 1000))]
    )
    def test_limits_by_environment(self, environment: EnvironmentName, limits: tuple[int, int]) -> None:
        settings = front_door(environment).one("Stage").inputs["defaultRouteSettings"]
        assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == limits


class TestBrowsers:
    def test_own_sites_may_call_and_in_dev_the_own_machine(self) -> None:
        allowed = front_door(**OWN_NAME).one("Api").inputs["corsConfiguration"]
        own = ["https://shop.example.com", "https://www.shop.example.com"]
        assert allowed["allowOrigins"] == [*own, "http://localhost:3000", "http://localhost:8080"]
        assert allowed["maxAge"] == 86400
        assert front_door(PROD, **OWN_NAME).one("Api").inputs["corsConfiguration"]["allowOrigins"] == own

    def test_nobody_where_no_site_is_known(self) -> None:
        assert "corsConfiguration" not in front_door(PROD).one("Api").inputs
        assert "corsConfiguration" not in front_door(corsAllowOrigins=[]).one("Api").inputs

    def test_no_route_takes_the_question_that_they_ask_before_a_call(self) -> None:
        """It comes without a token; the gateway answers it by itself where no route is for it."""
        methods = {one.inputs["routeKey"].split()[0] for one in front_door(**OWN_NAME).of("Route")}
        assert methods.isdisjoint({"ANY", "OPTIONS"})

    def test_given_ones_win(self) -> None:
        given = {"corsAllowOrigins": ["https://a.example.com"], "corsAllowMethods": ["GET"], "corsMaxAge": 60}
        allowed = front_door(**OWN_NAME, **given).one("Api").inputs["corsConfiguration"]
        assert (allowed["allowOrigins"], allowed["allowMethods"], allowed["maxAge"]) == tuple(given.values())


class TestWhereCallsGo:
    def test_privately_to_the_balancer_which_shows_the_right_certificate(self) -> None:
        picture = front_door(**OWN_NAME)
        passed = picture.one("Integration").inputs
        assert (passed["integrationType"], passed["connectionType"]) == ("HTTP_PROXY", "VPC_LINK")
        assert passed["integrationUri"] == LISTENER
        assert passed["tlsConfig"] == {"serverNameToVerify": "api.shop.example.com"}
        assert passed["requestParameters"] == {"overwrite:header.x-api-version": "v1"}
        assert picture.one("VpcLink").inputs["subnetIds"] == GIVEN["privateSubnetIds"]
        (out,) = picture.of("SecurityGroupEgressRule")
        (into,) = picture.of("SecurityGroupIngressRule")
        assert (out.inputs["referencedSecurityGroupId"], out.inputs["fromPort"]) == ("sg-balancer", 443)
        assert (into.inputs["securityGroupId"], into.inputs["referencedSecurityGroupId"]) == ("sg-balancer", "link-id")

    def test_or_to_the_services_themselves(self) -> None:
        picture = front_door(integrationTarget="cloudmap", apiDiscoveryServiceArn=DISCOVERY, servicePort=9000)
        passed = picture.one("Integration").inputs
        assert passed["integrationUri"] == DISCOVERY
        assert "tlsConfig" not in passed
        (out,) = picture.of("SecurityGroupEgressRule")
        assert (out.inputs["referencedSecurityGroupId"], out.inputs["fromPort"]) == ("sg-services", 9000)

    def test_or_nowhere_yet(self) -> None:
        picture = front_door(integrationTarget="none", httpsListenerArn=None)
        assert picture.of("Route") == picture.of("Integration") == picture.of("VpcLink") == []
        assert picture.outputs.get("httpVpcLinkId") is None


class TestItsName:
    def test_is_the_api_host_of_the_domain_and_the_only_door(self) -> None:
        picture = front_door(**OWN_NAME)
        name = picture.one("DomainName").inputs
        assert name["domainName"] == "api.shop.example.com"
        assert name["domainNameConfiguration"]["securityPolicy"] == "TLS_1_2"
        # An AAAA record of a name that has IPv4 alone answers nothing.
        assert name["domainNameConfiguration"]["ipAddressType"] == "dualstack"
        assert picture.one("Api").inputs["disableExecuteApiEndpoint"] is True
        records = {one.inputs["type"]: one.inputs for one in picture.of("Record")}
        assert set(records) == {"A", "AAAA"}
        assert records["A"]["aliases"][0]["name"] == "d-api.test"
        assert picture.outputs["httpApiEndpoint"] == "https://api.shop.example.com"
        assert picture.outputs["apiDomain"] == picture.outputs["apiCustomDomainName"] == "api.shop.example.com"

    @pytest.mark.parametrize("inputs", [{}, {**OWN_NAME, "manageApiRecord": False}])
    def test_is_awss_own_without_a_zone_or_where_another_stack_has_it(self, inputs: dict[str, Any]) -> None:
        picture = front_door(**inputs)
        assert picture.of("DomainName") == picture.of("Record") == []
        assert picture.one("Api").inputs["disableExecuteApiEndpoint"] is False
        assert picture.outputs["apiDomain"] == "http-id.execute-api.test"


class TestWhatIsSeen:
    @pytest.mark.parametrize(("environment", "days"), [(DEV, 14), (STAGE, 30), (PROD, 90)])
    def test_calls_are_logged_for_a_time_and_encrypted(self, environment: EnvironmentName, days: int) -> None:
        picture = front_door(environment)
        group = picture.one("LogGroup").inputs
        assert (group["retentionInDays"], group["kmsKeyId"]) == (days, KEY)
        assert group["name"].startswith("/aws/vendedlogs/")
        logged = json.loads(picture.one("Stage").inputs["accessLogSettings"]["format"])
        assert not [field for field in logged.values() if "token" in field.lower() or "header" in field.lower()]

    def test_failing_and_slow_calls_alarm(self) -> None:
        failed, slow = (front_door().one("MetricAlarm", name).inputs for name in ("failed", "slow"))
        assert [query["id"] for query in failed["metricQueries"]] == ["rate", "part", "whole"]
        assert (slow["extendedStatistic"], slow["dimensions"]) == ("p95", {"ApiId": "http-id"})
        assert "statistic" not in slow


@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_a_preview_needs_none_of_the_other_stacks(environment: EnvironmentName) -> None:
    unknown = dict.fromkeys([*GIVEN, *OWN_NAME], UNKNOWN)
    picture = front_door(environment, preview=True, **unknown)
    assert picture.one("Integration").inputs["integrationUri"] is UNKNOWN
    assert len(picture.of("Record")) == 2


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"httpsListenerArn": None}, "switch containers-apps on, or set integrationTarget"),
        ({"integrationTarget": "cloudmap"}, "switch services-ecs on, or set integrationTarget"),
        ({"integrationTarget": "nlb"}, "integrationTarget = 'nlb': Input should be 'alb', 'cloudmap' or 'none'"),
        ({**OWN_NAME, "hostedZoneId": None}, "hostedZoneId is needed for a name"),
        ({"publicRoutes": ["/health"]}, "publicRoutes"),
        ({"publicRoutes": ["GET /{proxy+}"]}, "GET /{proxy+} would open the whole API: name the paths"),
        ({"corsAllowOrigins": ["https://a.example.com/"]}, "corsAllowOrigins"),
        ({"corsMaxAge": 86401}, "corsMaxAge = 86401: Input should be less than or equal to 86400"),
        ({"defaultRateLimit": 0}, "defaultRateLimit = 0: Input should be greater than or equal to 1"),
        ({"logRetentionDays": 15}, "logRetentionDays = 15"),
        ({"currentVersion": "1"}, "currentVersion = '1': String should match"),
        ({"servicePort": "8080"}, "servicePort = '8080': Input should be a valid integer"),
        ({"corsOrigins": []}, "did you mean 'corsAllowOrigins'?"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        front_door(**inputs)
    assert message in caught.value.message
