"""ECS services, their scaling and their private names: drift, new objects in place of old ones, refusals. Their whole
life is in `provider_cases/containers.py`."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation

from sandbox.provider.testing import Clients, changes

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

SCALED = {"service_namespace": "ecs", "scalable_dimension": "ecs:service:DesiredCount"}


def running(image: str = "web:1", records: str = "A", launch_type: str | None = None) -> None:
    """A service; another image makes a new revision, another kind of record a new name, a launch type a new service."""
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
    place = aws.servicediscovery.PrivateDnsNamespace("place", name="shop.internal", vpc=vpc.id)
    config = {"namespace_id": place.id, "dns_records": [{"type": records, "ttl": 10}]}
    found = aws.servicediscovery.Service("web", name="web", dns_config=config)
    cluster = aws.ecs.Cluster("shop", name="shop", settings=[{"name": "containerInsights", "value": "disabled"}])
    providers = aws.ecs.ClusterCapacityProviders("shop", cluster_name=cluster.name, capacity_providers=["FARGATE"])
    task = aws.ecs.TaskDefinition(
        "web",
        family="web",
        container_definitions=json.dumps([{"name": "web", "image": image}]),
        cpu="256",
        memory="512",
        requires_compatibilities=["FARGATE"],
    )
    on_fargate = [{"capacity_provider": "FARGATE", "weight": 1}]
    service = aws.ecs.Service(
        "web",
        name="web",
        cluster=cluster.arn,
        task_definition=task.arn,
        desired_count=1,
        launch_type=launch_type,
        capacity_provider_strategies=None if launch_type else on_fargate,
        network_configuration={"subnets": [subnet.id]},
        service_registries={"registry_arn": found.arn},
        opts=pulumi.ResourceOptions(depends_on=[providers]),
    )
    target = aws.appautoscaling.Target(
        "web",
        **SCALED,
        resource_id=service.name.apply(lambda name: f"service/shop/{name}"),
        min_capacity=1,
        max_capacity=3,
    )
    tracked = {"predefined_metric_type": "ECSServiceAverageCPUUtilization"}
    aws.appautoscaling.Policy(
        "web",
        name="web",
        **SCALED,
        resource_id=target.resource_id,
        policy_type="TargetTrackingScaling",
        target_tracking_scaling_policy_configuration={"target_value": 70, "predefined_metric_specification": tracked},
    )


def the_service(clients: Clients) -> dict[str, Any]:
    (found,) = clients.ecs.describe_services(cluster="shop", services=["web"])["services"]
    return dict(found)


def test_changes_behind_our_back_are_found_and_undone(deploy: Any, clients: Clients) -> None:
    stack = deploy(running)
    stack.up()
    clients.ecs.update_service(cluster="shop", service="web", desiredCount=9)
    clients.ecs.update_cluster(cluster="shop", settings=[{"name": "containerInsights", "value": "enabled"}])
    clients.ecs.put_cluster_capacity_providers(
        cluster="shop", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    (name,) = clients.servicediscovery.list_services()["Services"]
    records = {"DnsRecords": [{"Type": "A", "TTL": 99}]}
    clients.servicediscovery.update_service(Id=name["Id"], Service={"Description": "drifted", "DnsConfig": records})
    scaling = clients["application-autoscaling"]
    what = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/shop/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**what, MinCapacity=5, MaxCapacity=6)
    scaling.delete_scaling_policy(**what, PolicyName="web")
    assert changes(stack.refresh()) == {"update": 5, "delete": 1}
    assert changes(stack.up()) == {"update": 5, "create": 1}
    assert changes(stack.refresh()) == {}
    assert the_service(clients)["desiredCount"] == 1


def test_what_aws_can_not_change_is_made_anew(deploy: Any, clients: Clients) -> None:
    deploy(running).up()
    # The service goes over to the new revision in place.
    assert changes(deploy(lambda: running("web:2")).up()) == {"replace": 1, "update": 1}
    in_use = the_service(clients)["taskDefinition"]
    assert clients.ecs.list_task_definitions(familyPrefix="web")["taskDefinitionArns"] == [in_use]
    (container,) = clients.ecs.describe_task_definition(taskDefinition=in_use)["taskDefinition"]["containerDefinitions"]
    assert container["image"] == "web:2"
    # One name can't be there twice: the old one goes first, and the service is told of the new one.
    assert changes(deploy(lambda: running("web:2", "SRV")).up()) == {"replace": 1, "update": 1}
    assert changes(deploy(lambda: running("web:2", "SRV", "FARGATE")).up()) == {"replace": 3}
    assert (the_service(clients)["launchType"], the_service(clients)["status"]) == ("FARGATE", "ACTIVE")


def test_refusals_carry_the_words_of_aws(deploy: Any) -> None:
    def program() -> None:
        definition = json.dumps([{"name": "web", "image": "web", "memory": 64}])
        task = aws.ecs.TaskDefinition("web", family="web", container_definitions=definition)
        aws.ecs.Service("lost", name="lost", cluster="nowhere", task_definition=task.arn)

    with pytest.raises(automation.CommandError, match='Service "lost": ClusterNotFoundException: Cluster not found'):
        deploy(program).up()
