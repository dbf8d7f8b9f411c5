"""Machines: launch templates, key pairs, instance profiles, groups and their scaling."""

from __future__ import annotations

import base64
import json
from typing import Any

import pulumi_aws as aws

from sandbox.provider.services.autoscaling_group import GROUP
from sandbox.provider.services.autoscaling_policy import POLICY
from sandbox.provider.services.ec2_launch_template import LAUNCH_TEMPLATE
from sandbox.provider.testing import Case, Clients, lacks

IMAGE = "ami-12c6146b"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFoG2C6HZ3yvxZWmgbZ6uVXVGwNsBR1ZtTX1dPiyW6P web"
DESCRIPTION = {False: "first", True: "second"}
METRICS = {False: ["GroupMinSize"], True: ["GroupMaxSize", "GroupInServiceInstances"]}


def text64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def machines(later: bool) -> None:
    tags = {"Team": DESCRIPTION[later]}
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    subnets = [
        aws.ec2.Subnet(f"subnet-{index}", vpc_id=vpc.id, cidr_block=f"10.0.{index}.0/24", availability_zone=zone)
        for index, zone in enumerate(("eu-central-1a", "eu-central-1b"))
    ]
    firewall = aws.ec2.SecurityGroup("machines", vpc_id=vpc.id)
    pair = aws.ec2.KeyPair("pair", key_name="shop-web", public_key=PUBLIC_KEY, tags=tags)
    profile = profiled(later, tags)
    template = aws.ec2.LaunchTemplate(
        "template",
        name="shop-web",
        description=DESCRIPTION[later],
        update_default_version=True,
        image_id=IMAGE,
        instance_type="t3.medium" if later else "t3.small",
        key_name=pair.key_name,
        ebs_optimized="true",
        disable_api_termination=False,
        disable_api_stop=False,
        instance_initiated_shutdown_behavior="terminate",
        user_data=text64(f"#!/bin/sh\necho {DESCRIPTION[later]}\n"),
        vpc_security_group_ids=[firewall.id],
        iam_instance_profile={"arn": profile.arn},
        metadata_options={"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
        monitoring={"enabled": later},
        credit_specification={"cpu_credits": "standard"},
        placement={"tenancy": "default"},
        block_device_mappings=[
            {
                "device_name": "/dev/xvda",
                "ebs": {
                    "volume_size": 30 if later else 20,
                    "volume_type": "gp3",
                    "encrypted": "true",
                    "delete_on_termination": "true",
                },
            }
        ],
        tag_specifications=[{"resource_type": kind, "tags": tags} for kind in ("instance", "volume")],
        tags=tags,
    )
    aws.ec2.LaunchTemplate(
        "interfaces",
        name_prefix="shop-",
        description=DESCRIPTION[later],
        network_interfaces=[
            {"device_index": 0, "associate_public_ip_address": "false", "security_groups": [firewall.id]}
        ],
        tags=tags,
    )
    scaled(later, template, subnets, vpc)


def profiled(later: bool, tags: dict[str, str]) -> aws.iam.InstanceProfile:
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    roles = {one: aws.iam.Role(one, name=f"shop-{one}", assume_role_policy=trust) for one in ("web", "worker")}
    role = roles["worker" if later else "web"]
    return aws.iam.InstanceProfile("profile", name="shop-web", path="/shop/", role=role.name, tags=tags)


def scaled(later: bool, template: aws.ec2.LaunchTemplate, subnets: list[aws.ec2.Subnet], vpc: aws.ec2.Vpc) -> None:
    targets = [
        aws.lb.TargetGroup(f"targets-{index}", name=f"shop-{index}", port=80, protocol="HTTP", vpc_id=vpc.id)
        for index in range(2)
    ]
    group = aws.autoscaling.Group(
        "group",
        name="shop-web",
        min_size=2 if later else 1,
        max_size=4 if later else 3,
        desired_capacity=3 if later else 1,
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        vpc_zone_identifiers=[one.id for one in (subnets if later else subnets[:1])],
        health_check_type="ELB" if later else "EC2",
        health_check_grace_period=120 if later else 60,
        protect_from_scale_in=later,
        capacity_rebalance=later,
        default_cooldown=200 if later else 100,
        default_instance_warmup=90 if later else 60,
        max_instance_lifetime=172800 if later else 86400,
        termination_policies=["OldestInstance" if later else "Default"],
        target_group_arns=[targets[later].arn],
        suspended_processes=["AZRebalance" if later else "AlarmNotification"],
        enabled_metrics=METRICS[later],
        instance_refresh={"strategy": "Rolling", "preferences": {"min_healthy_percentage": 50}, "triggers": ["tag"]},
        tags=[
            {"key": "Team", "value": DESCRIPTION[later], "propagate_at_launch": True},
            {"key": "Later" if later else "First", "value": "yes", "propagate_at_launch": False},
        ],
        wait_for_capacity_timeout="5m",
    )
    common = {"autoscaling_group_name": group.name}
    aws.autoscaling.Policy(
        "cpu",
        name="shop-cpu",
        policy_type="TargetTrackingScaling",
        estimated_instance_warmup=120 if later else 60,
        target_tracking_configuration={
            "predefined_metric_specification": {"predefined_metric_type": "ASGAverageCPUUtilization"},
            "target_value": 60.0 if later else 70.0,
        },
        **common,
    )
    aws.autoscaling.Policy(
        "steps",
        name="shop-steps",
        policy_type="StepScaling",
        adjustment_type="ChangeInCapacity",
        metric_aggregation_type="Maximum" if later else "Average",
        step_adjustments=[
            {"metric_interval_lower_bound": "0", "metric_interval_upper_bound": "10.5", "scaling_adjustment": 1},
            {"metric_interval_lower_bound": "10.5", "scaling_adjustment": 3 if later else 2},
        ],
        **common,
    )
    aws.autoscaling.Policy(
        "simple",
        name="shop-simple",
        adjustment_type="PercentChangeInCapacity",
        scaling_adjustment=20 if later else 10,
        min_adjustment_magnitude=1,
        cooldown=60,
        enabled=later,
        **common,
    )


def left(clients: Clients) -> dict[str, Any]:
    reservations = clients.ec2.describe_instances()["Reservations"]
    instances = [one for reservation in reservations for one in reservation["Instances"]]
    return {
        "groups": clients.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"],
        "policies": clients.autoscaling.describe_policies()["ScalingPolicies"],
        "templates": clients.ec2.describe_launch_templates()["LaunchTemplates"],
        "keys": clients.ec2.describe_key_pairs()["KeyPairs"],
        "profiles": clients.iam.list_instance_profiles()["InstanceProfiles"],
        "running": [one["InstanceId"] for one in instances if one["State"]["Name"] != "terminated"],
        "volumes": clients.ec2.describe_volumes()["Volumes"],
    }


def _group(server: Clients, **more: Any) -> dict[str, Any]:
    """A group without machines, as the server tells it."""
    name = f"probe-{len(server.ec2.describe_launch_templates()['LaunchTemplates'])}"
    data = {"ImageId": IMAGE, "InstanceType": "t3.small"}
    server.ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    server.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=0,
        MaxSize=1,
        LaunchTemplate={"LaunchTemplateName": name},
        AvailabilityZones=["eu-central-1a"],
        **more,
    )
    return told(server, name)


def told(server: Clients, name: str) -> dict[str, Any]:
    found = server.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return dict(found[0])


def forgotten(api: str, value: Any) -> Any:
    return lambda server: api not in _group(server, **{api: value})


def stuck(api: str, before: Any, after: Any) -> Any:
    def probe(server: Clients) -> bool:
        name = _group(server, **{api: before})["AutoScalingGroupName"]
        server.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, **{api: after})
        return bool(told(server, name)[api] == before)

    return probe


def own_tags_inside(server: Clients) -> bool:
    own = [{"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "b"}]}]
    data = {"ImageId": IMAGE}
    server.ec2.create_launch_template(LaunchTemplateName="tagged", LaunchTemplateData=data, TagSpecifications=own)
    asked = {"LaunchTemplateName": "tagged", "Versions": ["1"]}
    (version,) = server.ec2.describe_launch_template_versions(**asked)["LaunchTemplateVersions"]
    return "TagSpecifications" in version["LaunchTemplateData"]


def first_tags_for_ever(server: Clients) -> bool:
    data = {"ImageId": IMAGE}
    made = server.ec2.create_launch_template(LaunchTemplateName="retagged", LaunchTemplateData=data)["LaunchTemplate"]
    server.ec2.create_tags(Resources=[made["LaunchTemplateId"]], Tags=[{"Key": "a", "Value": "b"}])
    (found,) = server.ec2.describe_launch_templates(LaunchTemplateNames=["retagged"])["LaunchTemplates"]
    return not found.get("Tags")


def state_untold(server: Clients) -> bool:
    name = _group(server)["AutoScalingGroupName"]
    asked = {"PolicyType": "SimpleScaling", "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": 1}
    named = {"AutoScalingGroupName": name, "PolicyName": name}
    server.autoscaling.put_scaling_policy(**named, **asked, Enabled=False)
    (policy,) = server.autoscaling.describe_policies(PolicyNames=[name])["ScalingPolicies"]
    return "Enabled" not in policy


CASE = Case(
    modules=("autoscaling_group", "autoscaling_policy", "ec2_key_pair", "ec2_launch_template", "iam_instance_profile"),
    program=machines,
    left=left,
    untold=frozenset({"namePrefix", "publicKey", "updateDefaultVersion", "instanceRefresh", "waitForCapacityTimeout"}),
    import_ids={POLICY.token: lambda known: f"{known['autoscalingGroupName']}/{known['name']}"},
    probes={
        (GROUP.token, "defaultInstanceWarmup"): forgotten("DefaultInstanceWarmup", 60),
        (GROUP.token, "maxInstanceLifetime"): forgotten("MaxInstanceLifetime", 86400),
        (GROUP.token, "capacityRebalance"): stuck("CapacityRebalance", True, False),
        (GROUP.token, "defaultCooldown"): stuck("DefaultCooldown", 100, 200),
        (GROUP.token, "terminationPolicies"): stuck("TerminationPolicies", ["OldestInstance"], ["NewestInstance"]),
        (GROUP.token, "enabledMetrics"): lambda server: lacks(
            lambda: server.autoscaling.disable_metrics_collection(AutoScalingGroupName="none")
        ),
        (GROUP.token, "instanceRefresh"): lambda server: lacks(
            lambda: server.autoscaling.start_instance_refresh(AutoScalingGroupName="none")
        ),
        (LAUNCH_TEMPLATE.token, "tagSpecifications"): own_tags_inside,
        (LAUNCH_TEMPLATE.token, "tags"): first_tags_for_ever,
        (POLICY.token, "enabled"): state_untold,
    },
)
