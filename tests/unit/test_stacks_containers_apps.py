"""The containers-apps stack: who reaches what, by which name, and what is watched. What runs is a block of its own,
tested with services-ecs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks.inputs import input_name
from stacks.registry import StackRegistry
from stacks.testing import DrawnResource, Picture, sample_target
from stacks.testing_pictures import picture_of

DEV, STAGE, PROD = EnvironmentName.DEV, EnvironmentName.STAGE, EnvironmentName.PROD
KEY = "arn:aws:kms:eu-central-1:410000000017:key/"
ROLE = "arn:aws:iam::410000000017:role/"
REGISTRY = "410000000017.dkr.ecr.eu-central-1.amazonaws.com/"
GIVEN = {
    "vpcId": "vpc-1",
    "publicSubnetIds": ["subnet-8", "subnet-9"],
    "privateSubnetIds": ["subnet-1", "subnet-2"],
    "applicationKeyArn": f"{KEY}1111",
    "infrastructureKeyArn": f"{KEY}2222",
    "ecsExecutionRoleArn": f"{ROLE}execution",
    "ecsTaskRoleArn": f"{ROLE}task",
    "loadBalancerSgId": "sg-balancer",
    "webApplicationSgId": "sg-web",
    "apiApplicationSgId": "sg-api",
    "hostedZoneId": "Z1",
    "domainName": "shop.example.com",
    "wildcardCertificateArn": "arn:aws:acm:eu-central-1:410000000017:certificate/1",
    **{f"{name}RepoUrl": f"{REGISTRY}{name}" for name in ("frontend", "backend", "api")},
}


def apps(environment: EnvironmentName = DEV, preview: bool = False, **inputs: Any) -> Picture:
    tag = {"imageTag": "4f2a91c"} if environment is PROD else {}
    return picture_of(sample_target("containers-apps", environment), {**GIVEN, **tag, **inputs}, preview=preview)


def running(picture: Picture, name: str) -> DrawnResource:
    """The service on ECS; the one of that name in Cloud Map runs nothing."""
    (found,) = (one for one in picture.of("Service") if one.name == name and "taskDefinition" in one.inputs)
    return found


def names(picture: Picture) -> set[tuple[str, str]]:
    """Names that a whole account or network shares, by type; a service's own one belongs to its cluster or zone."""
    found = {(one.type, one.inputs.get("name") or one.inputs.get("family")) for one in picture.resources}
    return {(kind, str(name)) for kind, name in found if name and kind != "Service"}


class TestWaysIn:
    def test_requests_go_to_the_part_that_their_path_names(self) -> None:
        picture = apps()
        forward = picture.one("Listener", "public-https").inputs["defaultActions"]
        assert forward == [{"type": "forward", "targetGroupArn": "arn:aws:test:::TargetGroup/frontend"}]
        rules = {one.name: one.inputs for one in picture.of("ListenerRule")}
        assert {
            name: (one["priority"], one["conditions"][0]["pathPattern"]["values"]) for name, one in rules.items()
        } == {
            "backend": (200, ["/api/*"]),
            "api": (300, ["/v1/*"]),
        }

    def test_the_balancer_stands_in_public_subnets_and_the_tasks_in_private_ones(self) -> None:
        picture = apps(idleTimeout=300)
        balancer = picture.one("LoadBalancer").inputs
        assert (balancer["subnets"], balancer["securityGroups"]) == (["subnet-8", "subnet-9"], ["sg-balancer"])
        assert balancer["idleTimeout"] == 300
        tasks = running(picture, "frontend").inputs["networkConfiguration"]
        assert (tasks["subnets"], tasks["assignPublicIp"]) == (["subnet-1", "subnet-2"], False)

    def test_the_balancer_is_admitted_where_it_forwards_to(self) -> None:
        picture = apps()
        rules = [one.inputs for one in picture.of("SecurityGroupIngressRule")]
        assert {(one["securityGroupId"], one["referencedSecurityGroupId"], one["fromPort"]) for one in rules} == {
            ("sg-web", "sg-balancer", 3000),
            ("sg-api", "sg-balancer", 8080),
        }
        let_out = [one.inputs for one in picture.of("SecurityGroupEgressRule")]
        assert {(one["referencedSecurityGroupId"], one["toPort"]) for one in let_out} == {
            ("sg-web", 3000),
            ("sg-api", 8080),
        }

    def test_parts_with_ports_of_their_own_have_rules_of_their_own(self) -> None:
        picture = apps(apiPort=9000)
        assert [one.name for one in picture.of("SecurityGroupIngressRule")] == [
            "api-from-load-balancer",
            "backend-from-load-balancer",
            "frontend-from-load-balancer",
        ]
        assert picture.one("TargetGroup", "api").inputs["port"] == 9000

    def test_a_service_registers_where_the_listener_forwards_to_and_waits_for_it(self) -> None:
        service = running(apps(), "frontend")
        (found,) = service.inputs["loadBalancers"]
        assert found == {
            "targetGroupArn": "arn:aws:test:::TargetGroup/frontend",
            "containerName": "frontend",
            "containerPort": 3000,
        }
        assert service.inputs["healthCheckGracePeriodSeconds"] == 60
        assert {"public-https", "backend", "api", "cluster"} <= service.depends_on

    def test_access_logs_when_there_is_a_bucket(self) -> None:
        assert "accessLogs" not in apps().one("LoadBalancer").inputs
        picture = apps(logsBucketName="logs")
        assert picture.one("LoadBalancer").inputs["accessLogs"]["bucket"] == "logs"
        assert picture.outputs["albLogsBucketName"] == "logs"
        off = apps(logsBucketName="logs", enableAccessLogging=False)
        assert "accessLogs" not in off.one("LoadBalancer").inputs
        assert off.outputs.get("albLogsBucketName") is None

    @pytest.mark.parametrize(("environment", "protected"), [(DEV, False), (STAGE, False), (PROD, True)])
    def test_nobody_deletes_the_balancer_of_prod(self, environment: EnvironmentName, protected: bool) -> None:
        assert apps(environment).one("LoadBalancer").inputs["enableDeletionProtection"] is protected


class TestNames:
    def test_the_domain_and_its_api_host_answer_with_the_balancer(self) -> None:
        picture = apps()
        records = {one.inputs["name"]: one.inputs["zoneId"] for one in picture.of("Record")}
        assert records == {"shop.example.com": "Z1", "api.shop.example.com": "Z1"}
        outputs = picture.outputs
        assert (outputs["primaryDnsName"], outputs["apiDnsName"]) == ("shop.example.com", "api.shop.example.com")

    def test_a_name_can_belong_to_another_stack(self) -> None:
        picture = apps(manageApiRecord=False)
        assert [one.name for one in picture.of("Record")] == ["apex"]
        assert picture.outputs.get("apiDnsName") is None
        assert apps(manageApexRecord=False, manageApiRecord=False).of("Record") == []

    def test_private_names_are_asked_for_and_apart_from_those_of_other_stacks(self) -> None:
        assert apps().of("PrivateDnsNamespace") == []
        picture = apps(enableServiceDiscovery=True)
        assert picture.one("PrivateDnsNamespace").inputs["name"] == "apps.d1brv40.internal"
        assert "serviceRegistries" in running(picture, "api").inputs
        assert picture.outputs["privateNamespaceName"] == "apps.d1brv40.internal"


class TestWhatRuns:
    def test_each_part_runs_its_image(self) -> None:
        picture = apps(imageTag="4f2a91c", images={"api": "other/api@sha256:1"})
        images = {
            one.name: json.loads(one.inputs["containerDefinitions"])[0]["image"] for one in picture.of("TaskDefinition")
        }
        assert images == {
            "frontend": f"{REGISTRY}frontend:4f2a91c",
            "backend": f"{REGISTRY}backend:4f2a91c",
            "api": "other/api@sha256:1",
        }

    def test_it_shares_no_name_with_the_internal_services(self) -> None:
        model = StackRegistry().inputs("services-ecs")
        accepted = {input_name(model, field) for field in model.model_fields}
        given = {name: value for name, value in GIVEN.items() if name in accepted}
        internal = picture_of(sample_target("services-ecs"), {**given, "ecsSgId": "sg-ecs"})
        public = apps(enableServiceDiscovery=True)
        assert len(names(public)) == 30
        assert names(public).isdisjoint(names(internal))

    @pytest.mark.parametrize(("environment", "days"), [(DEV, 30), (STAGE, 30), (PROD, 90)])
    def test_how_long_logs_are_kept(self, environment: EnvironmentName, days: int) -> None:
        assert {one.inputs["retentionInDays"] for one in apps(environment).of("LogGroup")} == {days}

    def test_cpu_health_and_slowness_are_watched(self) -> None:
        picture = apps()
        assert len(picture.of("MetricAlarm")) == 9
        healthy = picture.one("MetricAlarm", "api-healthy").inputs
        assert (healthy["comparisonOperator"], healthy["threshold"]) == ("LessThanThreshold", 1)
        assert healthy["dimensions"] == {"LoadBalancer": "app/public/1", "TargetGroup": "targetgroup/api/1"}
        assert picture.one("MetricAlarm", "api-slow").inputs["metricName"] == "TargetResponseTime"
        assert apps(enableDetailedMonitoring=False).of("MetricAlarm") == []


@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_a_preview_needs_none_of_the_other_stacks(environment: EnvironmentName) -> None:
    unknown = dict.fromkeys([*GIVEN, "logsBucketName"], UNKNOWN)
    picture = apps(environment, preview=True, **unknown)
    assert len(picture.of("TargetGroup")) == 3
    assert picture.one("LoadBalancer").inputs["subnets"] is UNKNOWN
    assert picture.one("LoadBalancer").inputs["accessLogs"]["bucket"] is UNKNOWN
    assert picture.one("Record", "api").inputs["name"] is UNKNOWN


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"idleTimeout": 0}, "idleTimeout = 0: Input should be greater than or equal to 1"),
        ({"idleTimeout": 4001}, "idleTimeout = 4001: Input should be less than or equal to 4000"),
        ({"frontendPort": 70000}, "frontendPort = 70000: Input should be less than or equal to 65535"),
        ({"healthCheckPath": "health"}, "healthCheckPath = 'health': String should match"),
        ({"wildcardCertificateArn": None}, "wildcardCertificateArn = None"),
        ({"domainName": "Shop"}, "domainName = 'Shop': must be a domain name"),
        ({"backendMemory": 600}, "backendMemory = 600: must be one of 512, 1024, 2048 MiB"),
        ({"imageTag": "a:b"}, "imageTag = 'a:b': String should match"),
        ({"services": ["api"]}, "services = ['api']: unknown input"),
        ({"manageApiRecords": False}, "did you mean 'manageApiRecord'?"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        apps(**inputs)
    assert message in caught.value.message
