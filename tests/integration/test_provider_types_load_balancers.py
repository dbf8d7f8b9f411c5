"""Load balancers: drift, new objects in place of old ones, refusals. Their whole life is in
`provider_cases/load_balancers.py`."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws
import pytest
from pulumi import automation

from sandbox.provider.testing import Clients, changes
from sandbox.provider.testing.cases import REGION

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


def balanced(internal: bool = False, name: str = "shop", protected: bool = False) -> None:
    """A balancer that forwards; internal instead of public, and groups of another name, are new objects."""
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    subnets = [
        aws.ec2.Subnet(
            f"subnet-{zone}", vpc_id=vpc.id, cidr_block=f"10.0.{index}.0/24", availability_zone=REGION + zone
        )
        for index, zone in enumerate("ab")
    ]
    balancer = aws.lb.LoadBalancer(
        "shop",
        name="shop",
        internal=internal,
        subnets=[one.id for one in subnets],
        enable_deletion_protection=protected,
        access_logs={"bucket": "logs", "enabled": True},
    )
    check = {"path": "/health"}
    group = aws.lb.TargetGroup("shop", name=name, port=80, protocol="HTTP", vpc_id=vpc.id, health_check=check)
    forward = {"type": "forward", "target_group_arn": group.arn}
    listener = aws.lb.Listener("shop", load_balancer_arn=balancer.arn, port=80, default_actions=[forward])
    paths = [{"path_pattern": {"values": ["/a/*"]}}]
    aws.lb.ListenerRule("shop", listener_arn=listener.arn, priority=1, actions=[forward], conditions=paths)


class Shop:
    """The balancer and what belongs to it, by its ARN."""

    def __init__(self, clients: Clients) -> None:
        self.api = clients.elbv2
        (balancer,) = self.api.describe_load_balancers()["LoadBalancers"]
        (self.group,) = self.api.describe_target_groups()["TargetGroups"]
        self.balancer = balancer["LoadBalancerArn"]
        (listener,) = self.api.describe_listeners(LoadBalancerArn=self.balancer)["Listeners"]
        self.listener = listener["ListenerArn"]
        rules = self.api.describe_rules(ListenerArn=self.listener)["Rules"]
        self.rule = next(rule["RuleArn"] for rule in rules if not rule["IsDefault"])

    def attribute(self, key: str) -> str:
        found = self.api.describe_load_balancer_attributes(LoadBalancerArn=self.balancer)["Attributes"]
        return next(pair["Value"] for pair in found if pair["Key"] == key)

    def set_attribute(self, key: str, value: str) -> None:
        attributes = [{"Key": key, "Value": value}]
        self.api.modify_load_balancer_attributes(LoadBalancerArn=self.balancer, Attributes=attributes)


def test_changes_behind_our_back_are_found_and_undone(deploy: Any, clients: Clients) -> None:
    stack = deploy(balanced)
    stack.up()
    shop = Shop(clients)
    group = shop.group["TargetGroupArn"]
    for key, value in (("idle_timeout.timeout_seconds", "9"), ("access_logs.s3.enabled", "false")):
        shop.set_attribute(key, value)
    shop.api.modify_target_group(TargetGroupArn=group, HealthCheckPath="/drifted")
    sticky = [{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}]
    shop.api.modify_target_group_attributes(TargetGroupArn=group, Attributes=sticky)
    shop.api.modify_listener(ListenerArn=shop.listener, Port=81)
    shop.api.delete_rule(RuleArn=shop.rule)
    assert changes(stack.refresh()) == {"update": 3, "delete": 1}
    assert changes(stack.up()) == {"update": 3, "create": 1}
    assert changes(stack.refresh()) == {}
    assert (shop.attribute("idle_timeout.timeout_seconds"), shop.attribute("access_logs.s3.enabled")) == ("60", "true")
    assert Shop(clients).group["HealthCheckPath"] == "/health"


def test_what_aws_can_not_change_is_made_anew(deploy: Any, clients: Clients) -> None:
    deploy(balanced).up()
    before = Shop(clients)
    # The group of the new name is there first, then listener and rule point at it, then the old one goes.
    assert changes(deploy(lambda: balanced(name="other")).up()) == {"replace": 1, "update": 2}
    assert Shop(clients).group["TargetGroupName"] == "other"
    # A name can't be taken twice: the old balancer goes first, with all that hangs on it.
    assert changes(deploy(lambda: balanced(internal=True, name="other")).up()) == {"replace": 3}
    assert Shop(clients).balancer != before.balancer


def test_refusals_are_those_of_aws(deploy: Any, clients: Clients) -> None:
    deploy(lambda: balanced(protected=True)).up()
    with pytest.raises(automation.CommandError, match=r"OperationNotPermitted: Load balancer .*deletion protection"):
        deploy(lambda: None).up()

    def second() -> None:
        balanced(protected=True)
        subnets = clients.ec2.describe_subnets(Filters=[{"Name": "cidr-block", "Values": ["10.0.0.0/24"]}])["Subnets"]
        aws.lb.LoadBalancer("second", name="shop", subnets=[subnets[0]["SubnetId"]])

    with pytest.raises(automation.CommandError, match="DuplicateLoadBalancerName: A load balancer with the same name"):
        deploy(second).up()
    # Listener and rule were gone already when the balancer was refused.
    assert changes(deploy(balanced).up()) == {"update": 1, "create": 2}
