"""ECS with what belongs to a service: its scaling, and its name in a private namespace."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws

from sandbox.provider.services.appautoscaling import POLICY, TARGET
from sandbox.provider.services.ecs_service import DEPLOYMENT, FORGOTTEN, SERVICE
from sandbox.provider.services.servicediscovery import NAMESPACE
from sandbox.provider.testing import Case, Clients, lacks
from sandbox.provider.testing.cases import REGION

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/tasks"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/web/0123456789abcdef"
DESCRIPTION = {False: "first", True: "second"}
DIMENSION = {"serviceNamespace": "ecs", "scalableDimension": "ecs:service:DesiredCount"}


def cluster(later: bool) -> Any:
    made = aws.ecs.Cluster(
        "cluster",
        name="shop",
        settings=[{"name": "containerInsights", "value": "enhanced" if later else "enabled"}],
        configuration={
            "execute_command_configuration": {
                "kms_key_id": KEY,
                "logging": "OVERRIDE",
                "log_configuration": {
                    "cloud_watch_encryption_enabled": not later,
                    "cloud_watch_log_group_name": DESCRIPTION[later],
                },
            }
        },
        tags={"Team": DESCRIPTION[later]},
    )
    spot = [
        {"capacity_provider": "FARGATE", "base": 1, "weight": 1},
        {"capacity_provider": "FARGATE_SPOT", "weight": 2 + later},
    ]
    aws.ecs.ClusterCapacityProviders(
        "cluster",
        cluster_name=made.name,
        capacity_providers=["FARGATE", "FARGATE_SPOT"],
        default_capacity_provider_strategies=spot,
    )
    return made


def task(name: str, later: bool, **more: Any) -> Any:
    container = {
        "name": "web",
        "image": "shop/web:1",
        "essential": True,
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
        "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
        "secrets": [{"name": "TOKEN", "valueFrom": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:token"}],
    }
    return aws.ecs.TaskDefinition(
        name,
        family=name,
        container_definitions=json.dumps([container]),
        cpu="256",
        memory="512",
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        execution_role_arn=ROLE,
        task_role_arn=ROLE,
        runtime_platform={"cpu_architecture": "ARM64", "operating_system_family": "LINUX"},
        ephemeral_storage={"size_in_gib": 30},
        volumes=[{"name": "files", "efs_volume_configuration": {"file_system_id": "fs-1", "root_directory": "/"}}],
        tags={"Team": DESCRIPTION[later]},
        **more,
    )


def namespace(vpc: Any, later: bool) -> Any:
    """Two of them in one network, and a service in the first one."""
    places = [
        aws.servicediscovery.PrivateDnsNamespace(
            f"place-{index}", name=f"{index}.internal", vpc=vpc.id, description=DESCRIPTION[later], tags={"Of": "shop"}
        )
        for index in range(2)
    ]
    return aws.servicediscovery.Service(
        "found",
        name="web",
        description=DESCRIPTION[later],
        dns_config={
            "namespace_id": places[0].id,
            "routing_policy": "MULTIVALUE",
            "dns_records": [{"type": "A", "ttl": 20 if later else 10}],
        },
        force_destroy=True,
        tags={"Team": DESCRIPTION[later]},
    )


def services(later: bool) -> None:
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    subnets = [aws.ec2.Subnet(f"subnet-{index}", vpc_id=vpc.id, cidr_block=f"10.0.{index}.0/24") for index in range(2)]
    group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id)
    home, found = cluster(later), namespace(vpc, later)
    definitions = [task(name, later) for name in ("one", "two")]
    service = aws.ecs.Service(
        "web",
        name="web",
        cluster=home.arn,
        task_definition=definitions[later].arn,
        desired_count=3 if later else 2,
        capacity_provider_strategies=[
            {"capacity_provider": "FARGATE", "base": 1 + later},
            {"capacity_provider": "FARGATE_SPOT", "weight": 2},
        ],
        network_configuration={
            "subnets": [one.id for one in subnets],
            "assign_public_ip": later,
            **({"security_groups": [group.id]} if later else {}),
        },
        load_balancers=[{"target_group_arn": GROUP, "container_name": "web", "container_port": 8080}],
        service_registries={"registry_arn": found.arn},
        deployment_circuit_breaker={"enable": True, "rollback": not later},
        deployment_maximum_percent=150 if later else 200,
        deployment_minimum_healthy_percent=50 if later else 100,
        health_check_grace_period_seconds=30 if later else 60,
        enable_execute_command=later,
        enable_ecs_managed_tags=True,
        propagate_tags="SERVICE",
        platform_version="1.4.0" if later else "LATEST",
        force_new_deployment=True,
        tags={"Team": DESCRIPTION[later]},
    )
    scaling(service, later)
    aws.ecs.Service("plain", cluster=home.arn, task_definition=definitions[0].arn, launch_type="FARGATE")


def scaling(service: Any, later: bool) -> None:
    target = aws.appautoscaling.Target(
        "web",
        service_namespace=DIMENSION["serviceNamespace"],
        scalable_dimension=DIMENSION["scalableDimension"],
        resource_id=service.name.apply(lambda name: f"service/shop/{name}"),
        min_capacity=1 + later,
        max_capacity=3 + later,
        tags={"Team": DESCRIPTION[later]},
    )
    aws.appautoscaling.Policy(
        "web-cpu",
        name="web-cpu",
        service_namespace=target.service_namespace,
        scalable_dimension=target.scalable_dimension,
        resource_id=target.resource_id,
        policy_type="TargetTrackingScaling",
        target_tracking_scaling_policy_configuration={
            "predefined_metric_specification": {"predefined_metric_type": "ECSServiceAverageCPUUtilization"},
            "target_value": 60 if later else 70,
            "scale_in_cooldown": 300,
            "scale_out_cooldown": 60,
        },
    )


def left(clients: Clients) -> dict[str, Any]:
    found = clients.ecs.describe_clusters(clusters=clients.ecs.list_clusters()["clusterArns"])["clusters"]
    scaling = clients["application-autoscaling"]
    return {
        "clusters": [one for one in found if one["status"] == "ACTIVE"],
        "definitions": clients.ecs.list_task_definitions()["taskDefinitionArns"],
        "namespaces": clients.servicediscovery.list_namespaces()["Namespaces"],
        "names": clients.servicediscovery.list_services()["Services"],
        "zones": clients.route53.list_hosted_zones()["HostedZones"],
        "targets": scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"],
        "policies": scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"],
        "alarms": clients.cloudwatch.describe_alarms()["MetricAlarms"],
    }


def service(server: Clients) -> dict[str, Any]:
    """A service as the server tells it, made with everything that it might forget."""
    definition = [{"name": "web", "image": "web", "memory": 64}]
    server.ecs.create_cluster(clusterName="probe")
    server.ecs.register_task_definition(family="probe", containerDefinitions=definition)
    made = server.ecs.create_service(
        cluster="probe",
        serviceName="probe",
        taskDefinition="probe",
        capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
        enableExecuteCommand=True,
        enableECSManagedTags=True,
        healthCheckGracePeriodSeconds=30,
        availabilityZoneRebalancing="ENABLED",
        deploymentConfiguration={
            "maximumPercent": 150,
            "minimumHealthyPercent": 50,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
    )["service"]
    server.ecs.delete_service(cluster="probe", service="probe", force=True)
    server.ecs.deregister_task_definition(taskDefinition="probe:1")
    server.ecs.delete_cluster(cluster="probe")
    return dict(made)


def leaves_alarms(server: Clients) -> bool:
    """Whether the alarms of a policy that was changed outlive it."""
    scaling = server["application-autoscaling"]
    asked = {"ServiceNamespace": "dynamodb", "ResourceId": "table/probe"}
    asked["ScalableDimension"] = "dynamodb:table:ReadCapacityUnits"
    metric = {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}
    scaling.register_scalable_target(**asked, MinCapacity=1, MaxCapacity=2)
    for value in (50, 60):
        tracking = {"TargetValue": value, "PredefinedMetricSpecification": metric}
        scaling.put_scaling_policy(
            **asked,
            PolicyName="probe",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=tracking,
        )
    scaling.delete_scaling_policy(**asked, PolicyName="probe")
    scaling.deregister_scalable_target(**asked)
    alarms = [one["AlarmName"] for one in server.cloudwatch.describe_alarms()["MetricAlarms"]]
    server.cloudwatch.delete_alarms(AlarmNames=alarms)
    return bool(alarms)


def forget_tags(server: Clients) -> bool:
    arn = f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/0a1"
    return lacks(lambda: server["application-autoscaling"].list_tags_for_resource(ResourceARN=arn))


def has_room_for_one_namespace(server: Clients) -> bool:
    api = server.servicediscovery
    api.create_private_dns_namespace(Name="one.internal", Vpc="vpc-probe")
    try:
        api.create_private_dns_namespace(Name="two.internal", Vpc="vpc-probe")
    except api.exceptions.ClientError as error:
        return bool(error.response["Error"]["Code"] == "ConflictingDomainExists")
    finally:
        for found in api.list_namespaces()["Namespaces"]:
            api.delete_namespace(Id=found["Id"])
    return False


def leaves_zones(server: Clients) -> bool:
    api, names = server.servicediscovery, server.route53
    before = {zone["Id"] for zone in names.list_hosted_zones()["HostedZones"]}
    api.create_private_dns_namespace(Name="zone.internal", Vpc="vpc-zone")
    (found,) = api.list_namespaces()["Namespaces"]
    api.delete_namespace(Id=found["Id"])
    after = {zone["Id"] for zone in names.list_hosted_zones()["HostedZones"]}
    for zone in after - before:
        names.delete_hosted_zone(Id=zone)
    return after != before


TOLD_AS = {"capacityProviderStrategies": "capacityProviderStrategy", "enableEcsManagedTags": "enableECSManagedTags"}

CASE = Case(
    modules=("ecs_cluster", "ecs_task", "ecs_service", "appautoscaling", "servicediscovery"),
    program=services,
    left=left,
    untold=frozenset({"vpc", "forceNewDeployment", "forceDelete", "forceDestroy", "skipDestroy", "tagsAll"}),
    import_ids={
        "aws:ecs/cluster:Cluster": lambda outputs: str(outputs["name"]),
        "aws:ecs/taskDefinition:TaskDefinition": lambda outputs: str(outputs["arn"]),
        "aws:ecs/service:Service": lambda outputs: f"shop/{outputs['name']}",
        "aws:appautoscaling/target:Target": lambda outputs: (
            f"ecs/{outputs['resourceId']}/{outputs['scalableDimension']}"
        ),
        "aws:appautoscaling/policy:Policy": lambda outputs: (
            f"ecs/{outputs['resourceId']}/{outputs['scalableDimension']}/{outputs['name']}"
        ),
        "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": lambda outputs: (
            f"{outputs['arn'].rpartition('/')[2]}:{outputs['vpc']}"
        ),
    },
    probes={
        **{
            (SERVICE.token, name): lambda server, name=name: TOLD_AS.get(name, name) not in service(server)
            for name in FORGOTTEN.split()
        },
        **{
            (SERVICE.token, name): lambda server: "deploymentConfiguration" not in service(server)
            for name in DEPLOYMENT
        },
        (SERVICE.token, "launchType"): lambda server: service(server)["launchType"] == "EC2",
        (TARGET.token, "tags"): forget_tags,
        (POLICY.token, "targetTrackingScalingPolicyConfiguration"): leaves_alarms,
        (NAMESPACE.token, "vpc"): has_room_for_one_namespace,
        (NAMESPACE.token, "hostedZone"): leaves_zones,
    },
)
