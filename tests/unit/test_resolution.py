"""A stack's configuration with every value in its place, or every reason why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cloud_core.domain.errors import AwsAccessFailed, LeaseLost, OutputNotFound, Unavailable, UnresolvablePlaceholder
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.placeholders import NO_BOUNDARIES, OWN_PREFIXES, ValueBoundaries
from cloud_core.domain.values import UNKNOWN, SecretValue, Value, mask, reveal
from cloud_core.ports.aws import AwsScope
from cloud_core.services.values.calculations import Calculations
from cloud_core.services.values.lookup import DeploymentFacts, ResolutionContext, ValueSources
from cloud_core.services.values.resolution import resolve
from cloud_core.testing.aws import FakeAwsQueries, FakeSecretSource
from cloud_core.testing.in_memory.calculations import InMemoryCalculationStore

DEV = AwsScope("410000000017", "eu-west-1")


class World:
    """Everything that a resolution reads from, and the context over it."""

    def __init__(self) -> None:
        self.outputs: dict[tuple[str, str], Value] = {}
        self.environment: dict[str, Value] = {}
        self.variables: dict[str, str] = {}
        self.aws = FakeAwsQueries()
        self.secrets = FakeSecretSource()
        self.calculations = Calculations(InMemoryCalculationStore(), lambda: datetime(2026, 3, 1, tzinfo=UTC))
        self.boundaries = ValueBoundaries(NO_BOUNDARIES, "Harrow", "lake", "dev")

    def output(self, stack: str, name: str) -> Value:
        if (stack, name) not in self.outputs:
            raise OutputNotFound(f"stack {stack} has no output {name}")
        return self.outputs[stack, name]

    def context(self, stack: str = "compute-ec2", **changes: Any) -> ResolutionContext:
        sources = ValueSources(self.output, self.aws, self.secrets, self.calculations, self.variables)
        context = ResolutionContext(
            stack=stack,
            environment=EnvironmentName.DEV,
            deployment=DeploymentFacts("D1BRV40", "Harrow", "lake", "lake.harrow.test"),
            environment_config=self.environment,
            scope=DEV,
            boundaries=self.boundaries,
            sources=sources,
        )
        return replace(context, **changes)

    def problems(self, config: dict[str, Value], **changes: Any) -> list[str]:
        with pytest.raises(UnresolvablePlaceholder) as caught:
            resolve(config, self.context(**changes))
        problems: list[str] = caught.value.context["problems"]
        for problem in problems:
            assert problem in caught.value.message
        return problems


@pytest.fixture
def world() -> World:
    return World()


def test_every_kind_gets_its_value(world: World) -> None:
    world.environment = {"azs": 2}
    world.variables = {"CLOUD_VAR_TOKEN": "t0ken"}
    world.outputs["network", "privateSubnetIds"] = ["subnet-1", "subnet-2"]
    world.secrets.put_secret(DEV, "lake/db", "s3cret")
    world.secrets.put_parameter(DEV, "/lake/size", "42")
    zone, certificate = world.aws.add_hosted_zone(DEV, "harrow.test"), world.aws.add_certificate(DEV, "*.harrow.test")
    vpc, tagged = world.aws.add_vpc(DEV, is_default=True), world.aws.add_vpc(DEV, {"Name": "main"})
    image = world.aws.add_image(DEV, "amazonLinux2", "arm64")
    elsewhere = world.aws.add_image(AwsScope(DEV.account, "us-west-2"), "amazonLinux2", "arm64")
    config = {
        "azs": "{{ENV:azs}}",
        "token": "${env.CLOUD_VAR_TOKEN}",
        "subnets": "${network.privateSubnetIds}",
        "password": "{{SECRET:lake/db}}",
        "size": "${aws.ssm./lake/size}",
        "zone": "{{AWS:route53:hostedZone:harrow.test}}",
        "certificate": "{{AWS:acm:certificate:*.harrow.test}}",
        "vpc": "{{aws.vpc.default}}",
        "tagged": "${aws.vpc.Name.main}",
        "nothing": "${aws.subnet.Name.none}",
        "image": "${aws.latestAmi.amazonLinux2.arm64}",
        "elsewhere": "${aws.latestAmi.amazonLinux2.arm64.us-west-2}",
        "zones": "${aws.availabilityZones.us-west-2}",
        "cidrs": "${calculate.subnets.10.0.0.0/16.24.2}",
        "about": "{{deployment.id}} {{deployment.org}} {{deployment.project}} {{deployment.domain}}",
        "plain": {"kept": [1, None, "$${HOME}"]},
    }
    resolved = resolve(config, world.context())
    assert resolved.values == {
        "azs": 2,
        "token": SecretValue("t0ken"),
        "subnets": ["subnet-1", "subnet-2"],
        "password": SecretValue("s3cret"),
        "size": SecretValue("42"),
        "zone": zone,
        "certificate": certificate,
        "vpc": vpc,
        "tagged": tagged,
        "nothing": None,
        "image": image,
        "elsewhere": elsewhere,
        "zones": ["us-west-2a", "us-west-2b", "us-west-2c"],
        "cidrs": ["10.0.0.0/24", "10.0.1.0/24"],
        "about": "D1BRV40 Harrow lake lake.harrow.test",
        "plain": {"kept": [1, None, "${HOME}"]},
    }
    assert resolved.consumed == {("network", "privateSubnetIds"): ["subnet-1", "subnet-2"]}
    assert resolved.unresolved == ()


def test_secrets_stay_secret_at_any_depth_and_inside_texts(world: World) -> None:
    world.outputs["rds", "connection"] = {"hosts": [{"password": SecretValue("canary")}]}
    world.secrets.put_secret(DEV, "lake/db", "canary")
    world.environment = {"urls": ["pg://me:{{SECRET:lake/db}}@h"]}
    resolved = resolve({"a": ["${rds.connection}"], "b": {"c": "{{ENV:urls}}"}}, world.context())
    assert "canary" not in repr(resolved.values)
    assert "canary" not in repr(mask(resolved.values))
    assert reveal(resolved.values) == {
        "a": [{"hosts": [{"password": "canary"}]}],
        "b": {"c": ["pg://me:canary@h"]},
    }


def test_what_comes_from_outside_is_never_read_for_placeholders(world: World) -> None:
    world.outputs["network", "name"] = "${calculate.uuid}"
    world.secrets.put_secret(DEV, "lake/db", "pa${network.name}")
    resolved = resolve({"a": "${network.name}", "b": "{{SECRET:lake/db}}"}, world.context())
    assert reveal(resolved.values) == {"a": "${calculate.uuid}", "b": "pa${network.name}"}


def test_outputs_read_through_the_environment_are_consumed_too(world: World) -> None:
    world.environment = {"vpc": "${network.vpcId}"}
    world.outputs["network", "vpcId"] = "vpc-1"
    resolved = resolve({"v": "{{ENV:vpc}}", "w": "${network.vpcId}"}, world.context())
    assert resolved.consumed == {("network", "vpcId"): "vpc-1"}
    assert resolved.values == {"v": "vpc-1", "w": "vpc-1"}


def test_calculated_values_do_not_change_with_each_run(world: World) -> None:
    config = {"a": "${calculate.password.24}", "b": {"c": "${calculate.password.24}"}, "id": "i-${calculate.uuid}"}
    first = resolve(config, world.context()).values
    assert resolve(config, world.context()).values == first
    assert first["a"] != first["b"]["c"]
    assert resolve(config, world.context("storage")).values["a"] != first["a"]


def test_a_value_calculated_in_the_environment_is_one_for_all_stacks(world: World) -> None:
    world.environment = {"password": "${calculate.password.24}", "other": "${calculate.password.24}"}
    config = {"word": "{{ENV:password}}", "other": "{{ENV:other}}"}
    first, second = (resolve(config, world.context(stack)).values for stack in ("database-rds", "compute-ec2"))
    assert first == second
    assert first["word"] != first["other"]


def test_every_problem_is_told_at_once_with_stack_field_placeholder_reason_and_way_out(world: World) -> None:
    world.environment = {"deep": "{{SECRET:lake/none}}"}
    world.outputs["network", "ids"] = ["a"]
    problems = world.problems(
        {
            "a": "{{ENV:nope}}",
            "b": ["${network.gone}", "x-${network.ids}"],
            "c": {"d": "${env.CLOUD_VAR_MISSING}"},
            "e": "${VAR}",
            "f": "{{ENV:deep}}",
            "g": "{{AWS:route53:hostedZone:none.test}}",
        }
    )
    expected = [
        ("field a", "{{ENV:nope}}", "no configuration key 'nope'; it has: deep"),
        ("field e", "${VAR}", "$${ is a literal ${"),
        ("field c.d", "${env.CLOUD_VAR_MISSING}", "set it where the flows run"),
        ("field g", "{{AWS:route53:hostedZone:none.test}}", "none.test"),
        ("field f through {{ENV:deep}}", "{{SECRET:lake/none}}", "no secret lake/none"),
        ("field b[0]", "${network.gone}", "stack network has no output gone: deploy network first"),
        ("field b[1]", "${network.ids}", "a list, which can't stand inside a text"),
    ]
    assert len(problems) == len(expected)
    for problem, (field, text, reason) in zip(problems, expected, strict=True):
        assert problem.startswith(f"stack compute-ec2, {field}: {text}: ")
        assert reason in problem


def test_boundaries_stop_a_value_before_it_is_read(world: World) -> None:
    world.boundaries = ValueBoundaries(OWN_PREFIXES, "Harrow", "lake", "dev")
    world.secrets.put_secret(DEV, "Harrow/prod/db", "canary")
    (problem,) = world.problems({"a": "{{SECRET:Harrow/prod/db}}"})
    assert "start with 'Harrow/dev/'" in problem
    assert world.secrets.calls == []


def test_an_unknown_output_is_for_previews_only(world: World) -> None:
    world.outputs["network", "ids"] = ["a", UNKNOWN]
    (problem,) = world.problems({"a": "${network.ids}"})
    assert "deploy network first" in problem
    resolved = resolve({"a": "${network.ids}"}, world.context(preview=True))
    assert resolved.values == {"a": ["a", UNKNOWN]}
    assert resolved.consumed == {("network", "ids"): ["a", UNKNOWN]}


def test_a_preview_leaves_what_is_offline_as_written(world: World) -> None:
    world.environment = {"azs": 2, "key": "{{SECRET:lake/db}}"}
    config = {
        "azs": "n{{ENV:azs}}",
        "cidrs": "${calculate.subnets.10.0.0.0/16.24.1}",
        "id": "{{deployment.id}}",
        "key": "{{ENV:key}}",
        "path": "p-${aws.ssm./x}",
        "vpc": "${network.vpcId}",
        "uuid": "${calculate.uuid}",
        "zone": "{{AWS:route53:hostedZone:x.test}}",
        "token": "${env.CLOUD_VAR_X}",
    }
    resolved = resolve(config, world.context(sources=ValueSources(), preview=True))
    assert resolved.values == config | {
        "azs": "n2",
        "cidrs": ["10.0.0.0/24"],
        "id": "D1BRV40",
        "key": "{{SECRET:lake/db}}",
    }
    assert sorted(reference.field for reference in resolved.unresolved) == [
        "key",
        "path",
        "token",
        "uuid",
        "vpc",
        "zone",
    ]


def test_offline_is_a_problem_outside_a_preview(world: World) -> None:
    (problem,) = world.problems({"vpc": "${network.vpcId}"}, sources=ValueSources())
    assert "offline" in problem


def test_access_that_failed_keeps_its_kind_and_tells_where(world: World) -> None:
    world.aws.failure = Unavailable("AWS could not answer now: Throttling")
    with pytest.raises(Unavailable) as caught:
        resolve({"a": "{{aws.vpc.default}}", "b": "${aws.availabilityZones}"}, world.context())
    assert type(caught.value) is Unavailable
    assert caught.value.retryable
    assert caught.value.message.startswith("stack compute-ec2, field a: {{aws.vpc.default}}: AWS could not")
    assert len(caught.value.context["problems"]) == 2


def test_of_two_failures_the_one_that_no_retry_mends_is_raised(world: World) -> None:
    world.aws.failure = Unavailable("throttled")
    world.secrets.failure = AwsAccessFailed("AccessDenied", aws_code="AccessDenied")
    with pytest.raises(AwsAccessFailed) as caught:
        resolve({"a": "{{aws.vpc.default}}", "b": "{{SECRET:x}}"}, world.context())
    assert caught.value.context["aws_code"] == "AccessDenied"


def test_a_problem_outweighs_failed_access_and_both_are_told(world: World) -> None:
    world.aws.failure = Unavailable("throttled")
    problems = world.problems({"a": "{{aws.vpc.default}}", "b": "{{ENV:nope}}"})
    assert ["nope" in problems[0], "throttled" in problems[1]] == [True, True]


def test_errors_of_another_kind_are_not_hidden_among_the_problems(world: World) -> None:
    def lost(stack: str, output: str) -> Value:
        raise LeaseLost("another owner")

    with pytest.raises(LeaseLost):
        resolve({"a": "${network.vpcId}"}, world.context(sources=ValueSources(outputs=lost)))


def test_a_deployment_without_a_domain_gives_no_empty_one() -> None:
    facts = DeploymentFacts("D1BRV40", "Harrow", "lake", "")
    (problem,) = World().problems({"zone": "${deployment.domain}"}, deployment=facts)
    assert "write 'deployment.domain' in the manifest" in problem
