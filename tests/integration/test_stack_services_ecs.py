"""The services-ecs stack through the real engine, on an AWS server, checked with boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from stacks.testing_deployments import REGION, Deployment, put_on_ground

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
STACK, STACK_OF_IMAGES = "services-ecs", "services-ecr"


def on_ground(new_deployment: NewDeployment, account: str, environment: EnvironmentName) -> Deployment:
    registry = f"{account}.dkr.ecr.{REGION}.amazonaws.com"
    images = {f"{name}RepoUrl": f"{registry}/{name}" for name in ("frontend", "backend", "api", "worker", "scheduler")}
    deployment = new_deployment(account, environment, **{STACK_OF_IMAGES: images})
    put_on_ground(deployment)
    return deployment


@pytest.fixture(scope="module")
def services(new_deployment: NewDeployment) -> Deployment:
    """The stack in dev, deployed; tests only look at it."""
    deployment = on_ground(new_deployment, "410000000017", EnvironmentName.DEV)
    deployment.up(STACK, enableExecuteCommand=True)
    return deployment


def service(deployment: Deployment, name: str = "api") -> dict[str, Any]:
    outputs = deployment.outputs[STACK]
    ecs = deployment.account.client("ecs")
    asked = {"cluster": outputs["servicesClusterArn"], "services": [outputs[f"{name}ServiceArn"]], "include": ["TAGS"]}
    (found,) = ecs.describe_services(**asked)["services"]
    return dict(found)


class TestDeployed:
    def test_services_run_in_private_subnets_and_are_tagged(self, services: Deployment) -> None:
        found = service(services)
        network = found["networkConfiguration"]["awsvpcConfiguration"]
        assert network["subnets"] == services.outputs["network"]["privateSubnetIds"]
        assert network["securityGroups"] == [services.outputs["security"]["ecsSgId"]]
        assert network["assignPublicIp"] == "DISABLED"
        assert [one["capacityProvider"] for one in found["capacityProviderStrategy"]] == ["FARGATE", "FARGATE_SPOT"]
        assert found["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
        assert found["deployments"][0]["rolloutState"] == "COMPLETED"
        assert {"key": "Stack", "value": STACK} in found["tags"]

    def test_their_task_is_of_the_right_size_and_image(self, services: Deployment) -> None:
        ecs = services.account.client("ecs")
        found = ecs.describe_task_definition(taskDefinition=service(services)["taskDefinition"])["taskDefinition"]
        assert (found["cpu"], found["memory"], found["requiresCompatibilities"]) == ("256", "512", ["FARGATE"])
        assert found["executionRoleArn"] == services.outputs["security"]["ecsExecutionRoleArn"]
        (container,) = found["containerDefinitions"]
        assert container["image"] == f"{services.outputs[STACK_OF_IMAGES]['apiRepoUrl']}:dev-latest"
        group = container["logConfiguration"]["options"]["awslogs-group"]
        (logs,) = services.account.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        assert logs["kmsKeyId"] == services.outputs["security"]["infrastructureKeyArn"]

    def test_the_cluster_logs_and_encrypts_sessions(self, services: Deployment) -> None:
        ecs, outputs = services.account.client("ecs"), services.outputs[STACK]
        (found,) = ecs.describe_clusters(clusters=[outputs["servicesClusterName"]], include=["CONFIGURATIONS"])[
            "clusters"
        ]
        sessions = found["configuration"]["executeCommandConfiguration"]
        assert sessions["kmsKeyId"] == services.outputs["security"]["applicationKeyArn"]
        assert sessions["logConfiguration"]["cloudWatchLogGroupName"] == outputs["clusterLogGroupName"]
        rights = services.account.client("iam").list_role_policies(RoleName=role_name(services, "api"))["PolicyNames"]
        assert len(rights) == 1

    def test_they_are_found_scaled_and_watched(self, services: Deployment) -> None:
        account, outputs = services.account, services.outputs[STACK]
        names = account.client("servicediscovery").list_services()["Services"]
        assert {one["Name"] for one in names} == {"frontend", "backend", "api"}
        assert service(services)["serviceRegistries"] == [{"registryArn": outputs["apiDiscoveryServiceArn"]}]
        scaling = account.client("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")
        assert len(scaling["ScalingPolicies"]) == 3
        alarms = account.client("cloudwatch").describe_alarms(AlarmNamePrefix="web-shop-d1brv40-dev-services-ecs-")
        assert len(alarms["MetricAlarms"]) == 6

    def test_a_second_run_changes_nothing(self, services: Deployment) -> None:
        assert set(services.up(STACK, enableExecuteCommand=True)) == {"same"}


def role_name(deployment: Deployment, service_name: str) -> str:
    return str(deployment.outputs[STACK]["taskRoleArns"][service_name].rpartition("/")[2])


def test_changes_touch_only_what_they_are_about(new_deployment: NewDeployment) -> None:
    deployment = on_ground(new_deployment, "410000000025", EnvironmentName.PROD)
    assert set(deployment.up(STACK, imageTag="first", services=["api", "worker"])) == {"create"}
    ecs = deployment.account.client("ecs")

    # The load asked for more: a deployment leaves that alone.
    cluster = deployment.outputs[STACK]["servicesClusterArn"]
    ecs.update_service(cluster=cluster, service=service(deployment)["serviceName"], desiredCount=7)
    changed = deployment.up(STACK, imageTag="second", services=["api", "worker"])
    assert {action: count for action, count in changed.items() if action != "same"} == {"replace": 2, "update": 2}
    assert service(deployment)["desiredCount"] == 7
    assert service(deployment)["taskDefinition"].endswith(":2")

    # Onto spot capacity, in place: the cluster's strategy and the service. Of the other one nothing stays: task, role,
    # logs, name, service, target, policy and two alarms.
    changed = deployment.up(STACK, imageTag="second", services=["api"], enableFargateSpot=True)
    assert {action: count for action, count in changed.items() if action != "same"} == {"update": 2, "delete": 9}

    deployment.stack(STACK, imageTag="any").destroy()
    assert deployment.account.left_over() == {}
