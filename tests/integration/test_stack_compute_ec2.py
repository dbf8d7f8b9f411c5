"""The compute-ec2 stack through the real engine, on an AWS server, checked with boto3: one life."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stacks.testing_deployments import (
    DOMAIN,
    Deployment,
    aliases,
    put_domain_on_ground,
    put_on_ground,
    take_domain_away,
)

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
STACK = "compute-ec2"


def on_ground(new_deployment: NewDeployment) -> Deployment:
    deployment = new_deployment("410000000033")
    put_on_ground(deployment)
    put_domain_on_ground(deployment)
    bucket = "arn:aws:s3:::"
    deployment.outputs["storage"] = {
        "logsBucketName": "logs",
        "primaryBucketArn": f"{bucket}primary",
        "staticAssetsBucketArn": f"{bucket}assets",
    }
    return deployment


def group(deployment: Deployment, tier: str) -> dict[str, Any]:
    names = [deployment.outputs[STACK][f"{tier}AsgName"]]
    scaling = deployment.account.client("autoscaling")
    (found,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=names)["AutoScalingGroups"]
    return dict(found)


def machines(deployment: Deployment, tier: str) -> set[str]:
    return {one["InstanceId"] for one in group(deployment, tier)["Instances"]}


def said(deployment: Deployment, tier: str) -> dict[str, Any]:
    """What the version that the group uses says of its machines."""
    used = group(deployment, tier)["LaunchTemplate"]
    asked = {"LaunchTemplateId": used["LaunchTemplateId"], "Versions": [used["Version"]]}
    (found,) = deployment.account.client("ec2").describe_launch_template_versions(**asked)["LaunchTemplateVersions"]
    return dict(found["LaunchTemplateData"])


def assert_machines_need_tokens_and_have_encrypted_volumes(site: Deployment) -> None:
    for tier in ("web", "worker"):
        template = said(site, tier)
        assert template["MetadataOptions"]["HttpTokens"] == "required"
        (device,) = template["BlockDeviceMappings"]
        assert device["Ebs"]["Encrypted"] is True
        assert device["Ebs"]["KmsKeyId"] == site.outputs["security"]["applicationKeyArn"]
        assert site.outputs[STACK][f"{tier}ServerSgId"] in template["SecurityGroupIds"]


def assert_they_run_in_private_subnets_under_the_role_of_their_tier(site: Deployment) -> None:
    iam = site.account.client("iam")
    for tier in ("web", "worker"):
        found = group(site, tier)
        assert set(found["VPCZoneIdentifier"].split(",")) == set(site.outputs["network"]["privateSubnetIds"])
        assert len(machines(site, tier)) == 1
        name = said(site, tier)["IamInstanceProfile"]["Arn"].rpartition("/")[2]
        (role,) = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]
        assert role["RoleName"] == site.outputs[STACK][f"{tier}ServerRoleName"]


def assert_group_machine_and_volume_are_tagged(site: Deployment) -> None:
    ec2 = site.account.client("ec2")
    project = {"Key": "Project", "Value": "Web Shop"}
    (own,) = (one for one in group(site, "web")["Tags"] if one["Key"] == "Project")
    assert (own["Value"], own["PropagateAtLaunch"]) == ("Web Shop", False)
    assert {one["ResourceType"] for one in said(site, "web")["TagSpecifications"]} >= {"instance", "volume"}
    (reservation,) = ec2.describe_instances(InstanceIds=list(machines(site, "web")))["Reservations"]
    assert project in reservation["Instances"][0]["Tags"]


def assert_the_balancer_forwards_to_them(site: Deployment) -> None:
    elb, outputs = site.account.client("elbv2"), site.outputs[STACK]
    for tier, name in (("web", "webTargetGroupArn"), ("worker", "apiTargetGroupArn")):
        health = elb.describe_target_health(TargetGroupArn=outputs[name])["TargetHealthDescriptions"]
        assert {one["Target"]["Id"] for one in health} == machines(site, tier)
    listeners = elb.describe_listeners(LoadBalancerArn=outputs["albArn"])["Listeners"]
    (https,) = (one for one in listeners if one["Port"] == 443)
    assert https["DefaultActions"][0]["TargetGroupArn"] == outputs["webTargetGroupArn"]
    (rule,) = (one for one in elb.describe_rules(ListenerArn=https["ListenerArn"])["Rules"] if one["Conditions"])
    assert rule["Actions"][0]["TargetGroupArn"] == outputs["apiTargetGroupArn"]


def assert_the_balancer_is_admitted_and_nobody_else(site: Deployment) -> None:
    firewall = site.outputs[STACK]["webServerSgId"]
    (found,) = site.account.client("ec2").describe_security_groups(GroupIds=[firewall])["SecurityGroups"]
    (rule,) = found["IpPermissions"]
    assert (rule["FromPort"], rule["ToPort"], rule["IpRanges"]) == (3000, 3000, [])
    assert rule["UserIdGroupPairs"][0]["GroupId"] == site.outputs["security"]["loadBalancerSgId"]


def assert_logs_end_and_are_encrypted(site: Deployment) -> None:
    name = site.outputs[STACK]["webServerLogGroupName"]
    (found,) = site.account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert found["retentionInDays"] == 7
    assert found["kmsKeyId"] == site.outputs["security"]["infrastructureKeyArn"]


def assert_the_names_answer_with_the_balancer(site: Deployment) -> None:
    found = aliases(site)
    assert set(found) == {DOMAIN, f"www.{DOMAIN}"}
    assert {one["DNSName"].rstrip(".") for one in found.values()} == {site.outputs[STACK]["albDnsName"]}


LOOKS = (
    assert_machines_need_tokens_and_have_encrypted_volumes,
    assert_they_run_in_private_subnets_under_the_role_of_their_tier,
    assert_group_machine_and_volume_are_tagged,
    assert_the_balancer_forwards_to_them,
    assert_the_balancer_is_admitted_and_nobody_else,
    assert_logs_end_and_are_encrypted,
    assert_the_names_answer_with_the_balancer,
)


def test_a_life(new_deployment: NewDeployment) -> None:
    """Made, looked at, unchanged, changed, gone."""
    site = on_ground(new_deployment)
    assert set(site.up(STACK)) == {"create"}
    for look in LOOKS:
        look(site)
    assert set(site.up(STACK)) == {"same"}
    assert_changes_touch_only_what_they_are_about(site)

    site.stack(STACK).destroy()
    take_domain_away(site)
    assert site.account.left_over() == {}


def assert_changes_touch_only_what_they_are_about(site: Deployment) -> None:
    # The web servers' template, and their group, which replaces its machines; the workers stay.
    before = {tier: machines(site, tier) for tier in ("web", "worker")}
    assert differing(site.up(STACK, webInstanceType="t3.medium")) == {"update": 2}
    assert said(site, "web")["InstanceType"] == "t3.medium"
    assert not machines(site, "web") & before["web"]
    assert machines(site, "worker") == before["worker"]

    # More of them at least, and the names go to another stack.
    asked = {"webInstanceType": "t3.medium", "webMin": 2, "manageDnsRecords": False}
    assert differing(site.up(STACK, **asked)) == {"update": 1, "delete": 2}
    assert len(machines(site, "web")) == 2


def differing(changes: dict[str, int]) -> dict[str, int]:
    return {action: count for action, count in changes.items() if action != "same"}
