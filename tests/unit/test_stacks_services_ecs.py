"""The services-ecs stack: what runs, where, as whom, how it is found and scaled; and the block for Fargate services."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN, SecretValue
from stacks.testing import DrawnResource, Picture, sample_target
from stacks.testing_pictures import picture_of

DEV, STAGE, PROD = EnvironmentName.DEV, EnvironmentName.STAGE, EnvironmentName.PROD
KEY = "arn:aws:kms:eu-central-1:410000000017:key/"
ROLE = "arn:aws:iam::410000000017:role/"
REGISTRY = "410000000017.dkr.ecr.eu-central-1.amazonaws.com/"
PREFIX = "web-shop-d1brv40-dev-services-ecs-"
GIVEN = {
    "vpcId": "vpc-1",
    "privateSubnetIds": ["subnet-1", "subnet-2"],
    "applicationKeyArn": f"{KEY}1111",
    "infrastructureKeyArn": f"{KEY}2222",
    "ecsExecutionRoleArn": f"{ROLE}execution",
    "ecsTaskRoleArn": f"{ROLE}task",
    "ecsSgId": "sg-1",
    **{f"{name}RepoUrl": f"{REGISTRY}{name}" for name in ("frontend", "backend", "api", "worker", "scheduler")},
}


def ecs(environment: EnvironmentName = DEV, preview: bool = False, **inputs: Any) -> Picture:
    tag = {"imageTag": "4f2a91c"} if environment is PROD else {}
    return picture_of(sample_target("services-ecs", environment), {**GIVEN, **tag, **inputs}, preview=preview)


def running(picture: Picture, name: str = "api") -> DrawnResource:
    """The service on ECS; the one of that name in Cloud Map runs nothing."""
    (found,) = (one for one in picture.of("Service") if one.name == name and "taskDefinition" in one.inputs)
    return found


def registered(picture: Picture) -> list[DrawnResource]:
    return [one for one in picture.of("Service") if "dnsConfig" in one.inputs]


def container(picture: Picture, name: str = "api") -> dict[str, Any]:
    text = picture.one("TaskDefinition", name).inputs["containerDefinitions"]
    (found,) = json.loads(text.value if isinstance(text, SecretValue) else text)
    return dict(found)


class TestCluster:
    def test_sessions_in_containers_are_encrypted_and_logged(self) -> None:
        picture = ecs()
        found = picture.one("Cluster").inputs
        sessions = found["configuration"]["executeCommandConfiguration"]
        assert sessions["kmsKeyId"] == f"{KEY}1111"
        assert sessions["logConfiguration"] == {
            "cloudWatchEncryptionEnabled": True,
            "cloudWatchLogGroupName": f"/ecs/{PREFIX}cluster",
        }
        assert found["settings"] == [{"name": "containerInsights", "value": "enabled"}]
        off = ecs(enableContainerInsights=False)
        assert off.one("Cluster").inputs["settings"][0]["value"] == "disabled"
        assert off.outputs["containerInsightsEnabled"] is False

    def test_every_log_ends_and_is_encrypted(self) -> None:
        groups = ecs(logRetentionDays=7).of("LogGroup")
        assert [one.inputs["name"] for one in groups] == [
            f"/ecs/{PREFIX}{name}" for name in ("api", "backend", "cluster", "frontend")
        ]
        assert {(one.inputs["retentionInDays"], one.inputs["kmsKeyId"]) for one in groups} == {(7, f"{KEY}2222")}

    @pytest.mark.parametrize(("environment", "spot"), [(DEV, True), (STAGE, True), (PROD, False)])
    def test_spot_capacity_outside_of_prod(self, environment: EnvironmentName, spot: bool) -> None:
        picture = ecs(environment)
        strategy = picture.one("ClusterCapacityProviders").inputs["defaultCapacityProviderStrategies"]
        on_demand, spot_part = {"capacityProvider": "FARGATE"}, {"capacityProvider": "FARGATE_SPOT", "weight": 3}
        shared = [{**on_demand, "base": 1, "weight": 1}, spot_part]
        assert strategy == (shared if spot else [{**on_demand, "weight": 1}])
        assert running(picture).inputs["capacityProviderStrategies"] == strategy

    def test_weights_can_be_chosen(self) -> None:
        strategy = running(ecs(fargateBaseCapacity=0, fargateSpotCapacity=5)).inputs["capacityProviderStrategies"]
        assert [one["weight"] for one in strategy] == [0, 5]


class TestTasks:
    def test_a_container_knows_its_port_and_logs_to_its_own_group(self) -> None:
        found = container(ecs(servicePort=9000))
        assert found["image"] == f"{REGISTRY}api:dev-latest"
        assert found["portMappings"] == [{"containerPort": 9000, "protocol": "tcp"}]
        assert found["environment"] == [{"name": "PORT", "value": "9000"}]
        assert found["logConfiguration"]["options"] == {
            "awslogs-group": f"/ecs/{PREFIX}api",
            "awslogs-region": "eu-central-1",
            "awslogs-stream-prefix": "api",
        }

    def test_sizes_and_the_processor_are_chosen(self) -> None:
        picture = ecs(apiCpu=1024, apiMemory=4096, cpuArchitecture="ARM64")
        found = picture.one("TaskDefinition", "api").inputs
        assert (found["cpu"], found["memory"], found["networkMode"]) == ("1024", "4096", "awsvpc")
        assert found["runtimePlatform"]["cpuArchitecture"] == "ARM64"
        assert picture.one("TaskDefinition", "backend").inputs["cpu"] == "256"
        assert found["family"] == f"{PREFIX}api"

    def test_a_service_can_have_an_image_of_its_own(self) -> None:
        picture = ecs(images={"api": "nginx@sha256:1"}, apiRepoUrl=None, imageTag="4f2a91c")
        assert container(picture)["image"] == "nginx@sha256:1"
        assert container(picture, "backend")["image"] == f"{REGISTRY}backend:4f2a91c"

    def test_variables_and_secrets_come_in_a_fixed_order_and_secrets_by_name_only(self) -> None:
        arn = "arn:aws:secretsmanager:eu-central-1:410000000017:secret:session"
        found = container(ecs(environmentVariables={"B": "2", "A": "1"}, secrets={"SESSION_SECRET": arn}))
        assert [one["name"] for one in found["environment"]] == ["A", "B", "PORT"]
        assert found["secrets"] == [{"name": "SESSION_SECRET", "valueFrom": arn}]

    def test_a_secret_variable_makes_the_definition_secret(self) -> None:
        picture = ecs(environmentVariables={"TOKEN": SecretValue("hidden")})
        assert isinstance(picture.one("TaskDefinition", "api").inputs["containerDefinitions"], SecretValue)

    def test_each_service_acts_as_itself_and_may_do_nothing(self) -> None:
        picture = ecs()
        assert [one.name for one in picture.of("Role")] == ["api", "backend", "frontend"]
        assert picture.of("RolePolicy") == []
        trusted = json.loads(picture.one("Role", "api").inputs["assumeRolePolicy"])["Statement"][0]
        assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": "410000000017"}}
        assert picture.one("TaskDefinition", "api").inputs["taskRoleArn"] == "arn:aws:test:::Role/api"
        assert picture.one("TaskDefinition", "api").inputs["executionRoleArn"] == f"{ROLE}execution"
        assert set(picture.outputs["taskRoleArns"]) == {"api", "backend", "frontend"}

    def test_or_all_share_the_role_of_the_deployment(self) -> None:
        picture = ecs(enableTaskRoles=False)
        assert picture.of("Role") == []
        assert {one.inputs["taskRoleArn"] for one in picture.of("TaskDefinition")} == {f"{ROLE}task"}
        assert picture.outputs["taskRoleArns"] == {}

    def test_sessions_are_a_right_that_is_asked_for(self) -> None:
        picture = ecs(enableExecuteCommand=True)
        assert running(picture).inputs["enableExecuteCommand"] is True
        rights = json.loads(picture.one("RolePolicy", "api-sessions").inputs["policy"])["Statement"]
        assert {one["Sid"]: one["Resource"] for one in rights} == {
            "Sessions": "*",
            "Encryption": f"{KEY}1111",
            "LogGroups": "*",
            "LogStreams": "arn:aws:test:::LogGroup/cluster",
            "Logs": ["arn:aws:test:::LogGroup/cluster:*"],
        }


class TestServices:
    def test_they_run_privately_and_go_back_when_they_do_not_come_up(self) -> None:
        found = running(ecs()).inputs
        assert found["networkConfiguration"] == {
            "subnets": ["subnet-1", "subnet-2"],
            "securityGroups": ["sg-1"],
            "assignPublicIp": False,
        }
        assert found["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
        assert "loadBalancers" not in found
        assert {"launchType", "healthCheckGracePeriodSeconds"} & set(found) == set()

    def test_a_service_waits_for_what_it_needs(self) -> None:
        assert {"cluster", "api"} <= running(ecs()).depends_on

    def test_they_reach_each_other_on_their_port(self) -> None:
        rule = ecs(servicePort=9000).one("SecurityGroupIngressRule").inputs
        assert (rule["securityGroupId"], rule["referencedSecurityGroupId"]) == ("sg-1", "sg-1")
        assert (rule["fromPort"], rule["toPort"]) == (9000, 9000)

    def test_more_or_fewer_services(self) -> None:
        picture = ecs(services=["worker"], workerCpu=512, workerMemory=1024, workerDesiredCount=0)
        assert [one.name for one in picture.of("TaskDefinition")] == ["worker"]
        assert running(picture, "worker").inputs["desiredCount"] == 0
        assert picture.outputs["workerServiceArn"] == "arn:aws:test:::Service/worker"
        assert picture.outputs.get("apiServiceArn") is None

    @pytest.mark.parametrize(("environment", "least", "most"), [(DEV, 1, 3), (STAGE, 2, 5), (PROD, 3, 10)])
    def test_the_count_follows_the_load(self, environment: EnvironmentName, least: int, most: int) -> None:
        picture = ecs(environment)
        target = picture.one("Target", "api").inputs
        assert (target["minCapacity"], target["maxCapacity"]) == (least, most)
        assert target["resourceId"] == (
            f"service/web-shop-d1brv40-{environment}-services-ecs-cluster/web-shop-{environment}-services-ecs-api"
        )
        policy = picture.one("Policy", "api-cpu").inputs["targetTrackingScalingPolicyConfiguration"]
        assert (policy["targetValue"], policy["scaleInCooldown"], policy["scaleOutCooldown"]) == (70, 300, 60)
        service = running(picture)
        assert (service.inputs["desiredCount"], service.ignore_changes) == (least, ["desiredCount"])

    def test_without_scaling_the_count_is_the_one_given(self) -> None:
        picture = ecs(enableAutoScaling=False, apiDesiredCount=2)
        assert picture.of("Target") == picture.of("Policy") == []
        assert (running(picture).inputs["desiredCount"], running(picture).ignore_changes) == (2, [])
        assert picture.outputs.get("apiScalingTargetArn") is None

    def test_alarms_on_cpu_and_memory(self) -> None:
        picture = ecs(alarmTopicArn="arn:aws:sns:eu-central-1:410000000017:alerts")
        assert len(picture.of("MetricAlarm")) == 6
        found = picture.one("MetricAlarm", "api-memory").inputs
        assert (found["metricName"], found["threshold"], found["evaluationPeriods"]) == ("MemoryUtilization", 80, 2)
        assert found["dimensions"]["ServiceName"] == "web-shop-dev-services-ecs-api"
        assert found["alarmActions"] == ["arn:aws:sns:eu-central-1:410000000017:alerts"]
        assert ecs(enableDetailedMonitoring=False).of("MetricAlarm") == []


class TestDiscovery:
    def test_services_are_found_by_their_name(self) -> None:
        picture = ecs()
        assert picture.one("PrivateDnsNamespace").inputs["name"] == "d1brv40.internal"
        assert [one.inputs["name"] for one in registered(picture)] == ["api", "backend", "frontend"]
        assert registered(picture)[0].inputs["dnsConfig"]["dnsRecords"] == [{"type": "A", "ttl": 10}]
        assert running(picture).inputs["serviceRegistries"] == {"registryArn": "arn:aws:test:::Service/api"}
        assert picture.outputs["privateNamespaceName"] == "d1brv40.internal"

    def test_a_record_that_tells_the_port_gets_one(self) -> None:
        picture = ecs(discoveryRecords="SRV", privateNamespace="svc.example.internal")
        assert registered(picture)[0].inputs["dnsConfig"]["dnsRecords"][0]["type"] == "SRV"
        assert running(picture).inputs["serviceRegistries"]["containerPort"] == 8080
        assert picture.one("PrivateDnsNamespace").inputs["name"] == "svc.example.internal"

    def test_it_can_be_off(self) -> None:
        picture = ecs(enableServiceDiscovery=False)
        assert picture.of("PrivateDnsNamespace") == registered(picture) == []
        assert "serviceRegistries" not in running(picture).inputs
        assert picture.outputs.get("apiDiscoveryServiceArn") is None


@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_a_preview_needs_none_of_the_other_stacks(environment: EnvironmentName) -> None:
    picture = ecs(environment, preview=True, **dict.fromkeys(GIVEN, UNKNOWN))
    assert [one.name for one in picture.of("TaskDefinition")] == ["api", "backend", "frontend"]
    assert running(picture).inputs["networkConfiguration"]["subnets"] is UNKNOWN
    assert picture.one("TaskDefinition", "api").inputs["containerDefinitions"] is UNKNOWN


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"apiRepoUrl": None}, "services: holds api, which has no image: give apiRepoUrl, or images.api"),
        ({"services": ["mailer"]}, "services.0 = ['mailer']: Input should be 'frontend', 'backend', 'api', 'worker'"),
        ({"services": []}, "services = []: List should have at least 1 item"),
        ({"apiMemory": 4096}, "apiMemory = 4096: must be one of 512, 1024, 2048 MiB for 256 CPU units"),
        ({"workerCpu": 512}, "workerMemory: must be one of 1024, 2048, 3072, 4096 MiB for 512 CPU units"),
        ({"apiCpu": 300}, "apiCpu = 300: Input should be 256, 512, 1024, 2048, 4096, 8192 or 16384"),
        ({"minCapacity": 4}, "maxCapacity: must be at least minCapacity (4)"),
        ({"targetCpuUtilization": 96}, "targetCpuUtilization = 96: Input should be less than or equal to 95"),
        ({"fargateBaseCapacity": 0, "fargateSpotCapacity": 0}, "fargateSpotCapacity = 0: must be above 0 when"),
        (
            {"enableTaskRoles": False, "enableExecuteCommand": True},
            "enableExecuteCommand = True: needs enableTaskRoles",
        ),
        ({"imageTag": ""}, "imageTag = '': is needed"),
        ({"imageTag": "a b"}, "imageTag = 'a b': String should match"),
        ({"discoveryRecords": "AAAA"}, "discoveryRecords = 'AAAA': Input should be 'A' or 'SRV'"),
        ({"privateNamespace": "Not Good"}, "privateNamespace = 'Not Good': must be a domain name"),
        ({"secrets": {"TOKEN": "plain"}}, "secrets.TOKEN"),
        ({"servicePorts": 1}, "servicePort"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        ecs(**inputs)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("tag", "message"), [(None, "is needed: a tag"), ("prod-latest", "must not move in prod: another image would run")]
)
def test_prod_runs_what_it_names(tag: str | None, message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        ecs(PROD, imageTag=tag)
    assert message in caught.value.message
