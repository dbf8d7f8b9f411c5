"""Groups of machines: drift, new objects in place of old ones, refusals. Their whole life is in
`provider_cases/machines.py`."""

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
STATEMENT = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFoG2C6HZ3yvxZWmgbZ6uVXVGwNsBR1ZtTX1dPiyW6P web"


def farm(name: str = "web", protected: bool = False, key: str = "web") -> None:
    """One machine; a template, group, profile or key of another name is a new object."""
    role = aws.iam.Role("web", name="web", assume_role_policy=TRUST)
    profile = aws.iam.InstanceProfile("web", name=name, role=role.name)
    pair = aws.ec2.KeyPair("web", key_name=key, public_key=PUBLIC_KEY)
    template = aws.ec2.LaunchTemplate(
        "web",
        name=name,
        update_default_version=True,
        image_id="ami-12c6146b",
        instance_type="t3.small",
        key_name=pair.key_name,
        iam_instance_profile={"name": profile.name},
    )
    group = aws.autoscaling.Group(
        "web",
        name=name,
        min_size=1,
        max_size=2,
        availability_zones=["eu-central-1a"],
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        protect_from_scale_in=protected,
        tags=[{"key": "Team", "value": "web", "propagate_at_launch": True}],
    )
    aws.autoscaling.Policy(
        "web",
        name="web",
        autoscaling_group_name=group.name,
        adjustment_type="ChangeInCapacity",
        scaling_adjustment=1,
        cooldown=60,
    )


def the_group(clients: Clients) -> dict[str, Any]:
    (found,) = clients.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    return dict(found)


def test_changes_behind_our_back_are_found_and_undone(deploy: Any, clients: Clients) -> None:
    stack = deploy(farm)
    stack.up()
    scaling, ec2 = clients.autoscaling, clients.ec2
    scaling.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=5, HealthCheckGracePeriod=9)
    tag = {"ResourceId": "web", "ResourceType": "auto-scaling-group", "Key": "Team", "PropagateAtLaunch": True}
    scaling.create_or_update_tags(Tags=[{**tag, "Value": "other"}])
    clients.iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="web")
    ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData={"InstanceType": "t3.nano"})
    scaling.delete_policy(PolicyName="web")
    ec2.delete_key_pair(KeyName="web")
    assert changes(stack.refresh()) == {"update": 3, "delete": 2}
    assert changes(stack.up()) == {"update": 3, "create": 2}
    assert changes(stack.refresh()) == {}
    assert (the_group(clients)["MaxSize"], the_group(clients)["HealthCheckGracePeriod"]) == (2, 300)


def test_how_many_machines_there_are_is_the_business_of_scaling(deploy: Any, clients: Clients) -> None:
    stack = deploy(farm)
    stack.up()
    clients.autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=2)
    stack.refresh()
    assert changes(stack.up()) == {}
    assert len(the_group(clients)["Instances"]) == 2


def test_what_aws_can_not_change_is_made_anew(deploy: Any, clients: Clients) -> None:
    deploy(farm).up()
    # The new template, profile and group are there before the old ones go; the policy belongs to the new group.
    assert changes(deploy(lambda: farm("shop")).up()) == {"replace": 4}
    assert the_group(clients)["LaunchTemplate"]["LaunchTemplateName"] == "shop"
    # The template goes over to another key in place, and the group to its new version.
    assert changes(deploy(lambda: farm("shop", key="other")).up()) == {"replace": 1, "update": 2}


def test_protected_machines_go_with_their_group(deploy: Any, clients: Clients) -> None:
    deploy(lambda: farm(protected=True)).up()
    (machine,) = the_group(clients)["Instances"]
    assert machine["ProtectedFromScaleIn"] is True
    deploy(lambda: None).up()
    (reservation,) = clients.ec2.describe_instances(InstanceIds=[machine["InstanceId"]])["Reservations"]
    assert reservation["Instances"][0]["State"]["Name"] == "terminated"


def test_refusals_are_those_of_aws(deploy: Any) -> None:
    def twice() -> None:
        first = aws.ec2.LaunchTemplate("first", name="same", image_id="ami-12c6146b")
        after = pulumi.ResourceOptions(depends_on=[first])
        aws.ec2.LaunchTemplate("second", name="same", image_id="ami-12c6146b", opts=after)

    with pytest.raises(automation.CommandError, match=r"InvalidLaunchTemplateName\.AlreadyExistsException"):
        deploy(twice).up()

    def homeless() -> None:
        aws.autoscaling.Group("homeless", min_size=0, max_size=1, availability_zones=["eu-central-1a"])

    with pytest.raises(automation.CommandError, match="ValidationError: Valid requests must contain either Launch"):
        deploy(homeless).up()


def test_the_tags_of_the_run_can_be_asked_for(deploy: Any) -> None:
    def program() -> None:
        provider = aws.Provider("tagged", region="eu-central-1", default_tags={"tags": {"Project": "shop"}})
        options = pulumi.InvokeOptions(provider=provider)
        pulumi.export("tags", aws.get_default_tags_output(opts=options).tags)
        pulumi.export("none", aws.get_default_tags_output().tags)

    outputs = deploy(program).up().outputs
    assert (outputs["tags"].value, outputs["none"].value) == ({"Project": "shop"}, {})
