"""The provider under the real engine: changes, drift, unknowns, secrets, failures and runs side by side."""

from __future__ import annotations

import gc
import json
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import psutil
import pulumi
import pulumi_aws as aws
import pytest
from pulumi.automation import EngineEvent, OpType, Stack
from pulumi.automation.errors import CommandError

from sandbox.provider.instances import Instance
from sandbox.provider.testing import Engine

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

CANARY = "canary-93ab-secret"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


@pytest.fixture
def new_engine(tmp_path: Path, endpoint: str) -> Iterator[Callable[[str], Engine]]:
    """Engines by name, each with a provider instance of its own."""
    instances: list[Instance] = []

    def make(name: str) -> Engine:
        instances.append(Instance.start(endpoint))
        return Engine(tmp_path / name, instances[-1])

    yield make
    for instance in instances:
        instance.stop()
    gc.collect()  # here, where what the SDK leaves behind is expected, not in somebody else's test


@pytest.fixture
def engine(new_engine: Callable[[str], Engine]) -> Engine:
    return new_engine("main")


def client(endpoint: str, service: str, region: str = "us-east-1", **more: str) -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", **more}
    return boto3.client(service, region_name=region, endpoint_url=endpoint, **keys)


class Wait(pulumi.CustomResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__("aws:sandbox/wait:Wait", name, inputs, opts)


class Steps:
    """What an engine run did to each resource, by its name, and what it said."""

    def __init__(self) -> None:
        self.operations: dict[str, list[str]] = {}
        self.keys: dict[str, list[str]] = {}
        self.messages: list[str] = []

    def __call__(self, event: EngineEvent) -> None:
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            self.messages.append(event.diagnostic_event.message)
        if event.resource_pre_event:
            step = event.resource_pre_event.metadata
            name = step.urn.rpartition("::")[2]
            if step.type.startswith("aws:") and step.op not in (OpType.SAME, OpType.REFRESH):
                self.operations.setdefault(name, []).append(step.op.value)
                self.keys[name] = sorted(step.detailed_diff or self.keys.get(name, {}))


def up(stack: Stack, **options: Any) -> Steps:
    steps = Steps()
    stack.up(on_event=steps, **options)
    return steps


def failed(stack: Stack) -> Steps:
    steps = Steps()
    with pytest.raises(CommandError):
        stack.up(on_event=steps)
    return steps


def test_what_can_change_in_place_does_and_the_rest_is_replaced(engine: Engine) -> None:
    def program(cidr: str, retention: int, trust: str, group: str) -> Callable[[], None]:
        def define() -> None:
            vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", tags={"Name": "one", "a.b": group})
            aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block=cidr)
            aws.cloudwatch.LogGroup("logs", name=group, retention_in_days=retention)
            aws.cloudwatch.LogGroup("fixed", name="fixed", kms_key_id=None, log_group_class=trust)

        return define

    up(engine.stack(program("10.0.1.0/24", 7, "STANDARD", "first")))
    steps = up(engine.stack(program("10.0.2.0/24", 14, "INFREQUENT_ACCESS", "first")))
    assert steps.operations["logs"] == ["update"]
    assert steps.keys["logs"] == ["retentionInDays"]
    # A new subnet stands before the old one goes; a group that keeps its name can't.
    assert steps.operations["subnet"] == ["create-replacement", "replace", "delete-replaced"]
    assert steps.operations["fixed"] == ["delete-replaced", "replace", "create-replacement"]
    assert "vpc" not in steps.operations

    steps = up(engine.stack(program("10.0.2.0/24", 14, "INFREQUENT_ACCESS", "second")))
    assert steps.operations["vpc"] == ["update"]
    assert steps.keys["vpc"] == ['tagsAll["a.b"]', 'tags["a.b"]']
    assert steps.operations["logs"] == ["create-replacement", "replace", "delete-replaced"]


def test_default_tags_reach_every_object_in_place(engine: Engine, endpoint: str) -> None:
    def program() -> None:
        pulumi.export("vpc", aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", tags={"Name": "one"}).id)
        aws.iam.Role("role", assume_role_policy=TRUST)

    def config(**tags: str) -> dict[str, str]:
        return {"aws:region": "us-east-1", "aws:defaultTags": json.dumps({"tags": tags})}

    up(engine.stack(program, config=config(Project="shop", Stage="dev")))
    stack = engine.stack(program, config=config(Project="shop", Stage="prod"))
    steps = up(stack)
    assert steps.operations == {"vpc": ["update"], "role": ["update"]}
    assert steps.keys["role"] == ["tagsAll.Stage"]
    vpc = client(endpoint, "ec2").describe_vpcs(VpcIds=[stack.outputs()["vpc"].value])["Vpcs"][0]
    assert {one["Key"]: one["Value"] for one in vpc["Tags"]} == {"Name": "one", "Project": "shop", "Stage": "prod"}


def test_names_made_up_once_stay_and_given_ones_win(engine: Engine) -> None:
    def program(description: str, name: str | None = None) -> Callable[[], None]:
        def define() -> None:
            role = aws.iam.Role("role", name=name, assume_role_policy=TRUST, description=description)
            pulumi.export("name", role.name)

        return define

    stack = engine.stack(program("first"))
    up(stack)
    made = stack.outputs()["name"].value
    assert made.startswith("role-")
    assert up(engine.stack(program("second"))).operations == {"role": ["update"]}
    assert stack.outputs()["name"].value == made
    steps = up(engine.stack(program("second", "given")))
    assert steps.operations["role"] == ["create-replacement", "replace", "delete-replaced"]
    assert stack.outputs()["name"].value == "given"


def test_refresh_finds_what_changed_behind_our_back(engine: Engine, endpoint: str) -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", enable_dns_hostnames=True, tags={"Name": "one"})
        subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24")
        pulumi.export("vpc", vpc.id)
        pulumi.export("subnet", subnet.id)

    stack = engine.stack(program)
    up(stack)
    ids = {name: output.value for name, output in stack.outputs().items()}
    ec2 = client(endpoint, "ec2")
    ec2.modify_vpc_attribute(VpcId=ids["vpc"], EnableDnsHostnames={"Value": False})
    ec2.create_tags(Resources=[ids["vpc"]], Tags=[{"Key": "Name", "Value": "other"}, {"Key": "Extra", "Value": "x"}])
    ec2.delete_subnet(SubnetId=ids["subnet"])

    refreshed = stack.refresh()
    changes = refreshed.summary.resource_changes or {}
    assert (changes.get("update"), changes.get("delete")) == (1, 1)

    steps = up(stack)
    assert steps.operations == {"vpc": ["update"], "subnet": ["create"]}
    assert steps.keys["vpc"] == ["enableDnsHostnames", "tags.Extra", "tags.Name", "tagsAll.Extra", "tagsAll.Name"]
    vpc = ec2.describe_vpcs(VpcIds=[ids["vpc"]])["Vpcs"][0]
    assert vpc["Tags"] == [{"Key": "Name", "Value": "one"}]
    assert up(stack).operations == {}


def test_ignored_changes_are_left_alone(engine: Engine) -> None:
    def program(days: int) -> Callable[[], None]:
        ignoring = pulumi.ResourceOptions(ignore_changes=["retentionInDays", "tags"])

        def define() -> None:
            tags = {"Days": str(days)}
            aws.cloudwatch.LogGroup("logs", retention_in_days=days, tags=tags, opts=ignoring)

        return define

    up(engine.stack(program(7)))
    assert up(engine.stack(program(14))).operations == {}


def test_a_preview_calls_what_it_cannot_know_unknown(engine: Engine, endpoint: str) -> None:
    seen: dict[str, bool] = {}

    def program() -> None:
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", tags={"Name": "one"})
        group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, tags={"Vpc": vpc.id})
        certificate = aws.acm.Certificate("certificate", domain_name="example.com", validation_method="DNS")
        option = certificate.domain_validation_options[0]
        zone = aws.route53.Zone("zone", name="example.com")
        aws.route53.Record(
            "record",
            zone_id=zone.zone_id,
            name=option.resource_record_name,
            type=option.resource_record_type,
            records=[option.resource_record_value],
            ttl=60,
        )
        for name, output in {"cidr": vpc.cidr_block, "tags": vpc.tags_all, "name": group.name}.items():
            output.apply(lambda value, name=name: seen.update({name: True}))
        pulumi.export("vpc", vpc.id)
        pulumi.export("cidr", vpc.cidr_block)

    before = len(client(endpoint, "ec2").describe_vpcs()["Vpcs"])
    stack = engine.stack(program)
    assert stack.preview().change_summary == {"create": 6}
    assert seen == {"cidr": True, "tags": True, "name": True}
    assert len(client(endpoint, "ec2").describe_vpcs()["Vpcs"]) == before


def test_secrets_stay_secret_in_state_and_outputs(engine: Engine, endpoint: str) -> None:
    def program() -> None:
        hidden = pulumi.Output.secret(CANARY)
        secret = aws.secretsmanager.Secret("secret", recovery_window_in_days=0, description=hidden)
        version = aws.secretsmanager.SecretVersion("version", secret_id=secret.id, secret_string=CANARY)
        password = aws.secretsmanager.get_random_password_output(password_length=24, exclude_punctuation=True)
        wait = Wait("wait", seconds=0, value=["open", {"nested": hidden}])
        tagged = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", tags={"Name": "one", "Token": hidden})
        pulumi.export("string", version.secret_string)
        pulumi.export("description", secret.description)
        pulumi.export("password", password.random_password)
        pulumi.export("tags", tagged.tags_all)
        pulumi.export("wait", wait.urn)

    stack = engine.stack(program)
    up(stack)
    outputs = stack.outputs()
    assert outputs["string"].value == CANARY
    assert {name for name, output in outputs.items() if output.secret} == {"string", "description", "password", "tags"}
    assert len(outputs["password"].value) == 24
    assert outputs["password"].value.isalnum()
    assert up(stack, refresh=True).operations == {}
    text = engine.state_text()
    assert CANARY not in text
    assert outputs["password"].value not in text
    assert client(endpoint, "secretsmanager").list_secrets()["SecretList"][0]["Description"] == CANARY


def test_a_failure_names_the_resource_and_awss_own_words(engine: Engine) -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        aws.ec2.Subnet("outside", vpc_id=vpc.id, cidr_block="192.168.0.0/24")

    message = "\n".join(failed(engine.stack(program)).messages)
    assert 'aws:ec2/subnet:Subnet "outside": InvalidSubnet.Range: The CIDR ' in message


def test_a_half_made_object_is_kept_and_finished_later(engine: Engine, endpoint: str) -> None:
    """The key is there before AWS refuses its rotation period: it must not be lost."""

    def program(days: int) -> Callable[[], None]:
        rotation: Any = {"enable_key_rotation": True, "rotation_period_in_days": days}
        return lambda: (aws.kms.Key("key", description="half made", **rotation), None)[1]

    stack = engine.stack(program(5))
    message = "\n".join(failed(stack).messages)
    assert 'aws:kms/key:Key "key": ParamValidationError' in message
    (kept,) = [one for one in stack.export_stack().deployment["resources"] if one["type"] == "aws:kms/key:Key"]
    found = client(endpoint, "kms").describe_key(KeyId=kept["id"])["KeyMetadata"]
    assert found["Description"] == "half made"
    mended = engine.stack(program(180))
    assert up(mended).operations == {"key": ["update"]}
    assert client(endpoint, "kms").get_key_rotation_status(KeyId=kept["id"])["KeyRotationEnabled"] is True
    assert up(mended).operations == {}


def test_an_error_message_hides_secret_inputs(engine: Engine) -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block=pulumi.Output.secret("172.31.77.0/24"))

    message = "\n".join(failed(engine.stack(program)).messages)
    assert "InvalidSubnet.Range" in message
    assert "172.31.77.0" not in message


def test_what_the_sandbox_does_not_have_is_named(engine: Engine) -> None:
    def unknown_type() -> None:
        aws.redshift.Cluster("cluster", cluster_identifier="one", node_type="dc2.large")

    def unknown_input() -> None:
        aws.ec2.Vpc("vpc", ipv4_ipam_pool_id="pool")

    message = "\n".join(failed(engine.stack(unknown_type)).messages)
    assert "aws:redshift/cluster:Cluster" in message
    assert "supports only the types of its stacks" in message
    assert "sandbox/provider/services/" in message
    message = "\n".join(failed(engine.stack(unknown_input)).messages)
    assert "does not support the input 'ipv4IpamPoolId' of aws:ec2/vpc:Vpc" in message


def test_every_function_answers(engine: Engine) -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.77.0.0/16", tags={"Name": "looked-up"})
        zone = aws.route53.Zone("zone", name="looked.example.com")
        key = aws.kms.Key("key", description="looked up")
        pulumi.export("zones", aws.get_availability_zones(state="available", exclude_names=["us-east-1a"]).names)
        pulumi.export("account", aws.get_caller_identity().account_id)
        pulumi.export("partition", aws.get_partition().dns_suffix)
        pulumi.export("region", aws.get_region().region)
        pulumi.export("vpc", aws.ec2.get_vpc_output(id=vpc.id).cidr_block)
        pulumi.export("zone", aws.route53.get_zone_output(zone_id=zone.zone_id).name)
        pulumi.export("key", aws.kms.get_key_output(key_id=key.arn).description)
        document = aws.iam.get_policy_document_output(
            statements=[{"actions": ["kms:Decrypt"], "resources": [key.arn], "sid": "One"}]
        )
        pulumi.export("document", document.minified_json)

    stack = engine.stack(program)
    assert stack.preview().change_summary == {"create": 4}
    up(stack)
    told = {name: output.value for name, output in stack.outputs().items()}
    assert told.pop("zones") == [f"us-east-1{letter}" for letter in "bcdef"]
    document = json.loads(told.pop("document"))
    assert document["Statement"][0]["Resource"].startswith("arn:aws:kms:us-east-1:123456789012:key/")
    assert told == {
        "account": "123456789012",
        "partition": "amazonaws.com",
        "region": "us-east-1",
        "vpc": "10.77.0.0/16",
        "zone": "looked.example.com",
        "key": "looked up",
    }


def test_two_runs_side_by_side_do_not_mix(new_engine: Callable[[str], Engine], endpoint: str) -> None:
    """Different tags, regions and accounts at the same time, each through an instance of its own."""
    places = {"one": ("us-east-1", "111111111111"), "two": ("eu-central-1", "222222222222")}

    def program() -> None:
        made = [aws.ec2.Vpc(f"vpc-{index}", cidr_block="10.0.0.0/16") for index in range(5)]
        pulumi.export("account", aws.get_caller_identity().account_id)
        pulumi.export("owners", pulumi.Output.all(*(vpc.owner_id for vpc in made)))
        pulumi.export("tags", pulumi.Output.all(*(vpc.tags_all for vpc in made)))
        pulumi.export("arns", pulumi.Output.all(*(vpc.arn for vpc in made)))

    def deploy(name: str) -> dict[str, Any]:
        region, account = places[name]
        role = {"roleArn": f"arn:aws:iam::{account}:role/deploy"}
        config = {
            "aws:region": region,
            "aws:assumeRoles": json.dumps([role]),
            "aws:allowedAccountIds": json.dumps([account]),
            "aws:defaultTags": json.dumps({"tags": {"Run": name}}),
        }
        stack = new_engine(name).stack(program, name=name, config=config)
        stack.up()
        return {key: output.value for key, output in stack.outputs().items()}

    with ThreadPoolExecutor(2) as pool:
        told = dict(zip(places, pool.map(deploy, places), strict=True))
    for name, (region, account) in places.items():
        assert told[name]["account"] == account
        assert told[name]["owners"] == [account] * 5
        assert told[name]["tags"] == [{"Run": name}] * 5
        assert all(arn.startswith(f"arn:aws:ec2:{region}:{account}:vpc/") for arn in told[name]["arns"])


def test_one_program_may_use_several_regions_and_accounts(engine: Engine) -> None:
    def program() -> None:
        role = aws.ProviderAssumeRoleArgs(role_arn="arn:aws:iam::333333333333:role/deploy")
        tags = aws.ProviderDefaultTagsArgs(tags={"Run": "other"})
        other = aws.Provider("other", region="eu-west-1", assume_roles=[role], default_tags=tags)
        there = pulumi.ResourceOptions(provider=other)
        pulumi.export("here", aws.ec2.Vpc("here", cidr_block="10.0.0.0/16").arn)
        pulumi.export("there", aws.ec2.Vpc("there", cidr_block="10.0.0.0/16", opts=there).arn)
        pulumi.export("tags", aws.ec2.Vpc("tagged", cidr_block="10.0.0.0/16", opts=there).tags_all)
        pulumi.export("named", aws.ec2.Vpc("named", cidr_block="10.0.0.0/16", region="us-west-2").arn)

    stack = engine.stack(program)
    up(stack)
    told = {name: output.value for name, output in stack.outputs().items()}
    assert told["here"].startswith("arn:aws:ec2:us-east-1:123456789012:")
    assert told["there"].startswith("arn:aws:ec2:eu-west-1:333333333333:")
    assert told["named"].startswith("arn:aws:ec2:us-west-2:123456789012:")
    assert told["tags"] == {"Run": "other"}
    assert up(stack, refresh=True).operations == {}


def test_an_account_that_is_not_allowed_is_refused(engine: Engine) -> None:
    def program() -> None:
        aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")

    config = {"aws:region": "us-east-1", "aws:allowedAccountIds": json.dumps(["999999999999"])}
    message = "\n".join(failed(engine.stack(program, config=config)).messages)
    assert "AWS account ID not allowed: 123456789012" in message


def test_cancelling_one_run_leaves_the_other_alone(new_engine: Callable[[str], Engine]) -> None:
    """One engine gets its signal while both wait: it ends at once, the other one goes on and succeeds."""
    waiting = {"cancelled": threading.Event(), "other": threading.Event()}
    engines = {name: new_engine(name) for name in waiting}

    def deploy(name: str, seconds: float) -> list[str]:
        steps = Steps()

        def watch(event: EngineEvent) -> None:
            steps(event)
            if "wait" in steps.operations:
                waiting[name].set()

        def program() -> None:
            Wait("wait", seconds=seconds, value="done")

        try:
            engines[name].stack(program, name=name).up(on_event=watch)
        except CommandError:
            assert steps.messages
        return steps.messages

    with ThreadPoolExecutor(2) as pool:
        cancelled = pool.submit(deploy, "cancelled", 300)
        other = pool.submit(deploy, "other", 6)
        assert all(event.wait(60) for event in waiting.values())
        running_engine(engines["cancelled"]).send_signal(signal.SIGINT)
        assert any("the run was cancelled" in message for message in cancelled.result(60))
        assert not other.done()
        assert other.result(60) == []


def running_engine(engine: Engine) -> psutil.Process:
    """The engine's process: the child of ours that is attached to this instance."""
    attached = f"aws:{engine.instance.port}"
    children = psutil.Process().children(recursive=True)
    return next(one for one in children if one.environ().get("PULUMI_DEBUG_PROVIDERS") == attached)
