"""Every stack is safe, in dev and in prod, as it is and with everything that a flag turns on. New stacks are tested as
soon as they are there; the rules themselves are in `stacks.testing_safety`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pulumi
import pulumi_aws as aws
import pytest

from cloud_core.domain.names import EnvironmentName
from sandbox.provider.testing.sdk import property_names, sdk_arguments
from stacks.iam_documents import allow, document
from stacks.registry import StackRegistry
from stacks.testing import draw
from stacks.testing_pictures import pictures
from stacks.testing_safety import ENCRYPTED, RULES, WITHOUT_RULE, breaches

# The pictures of a process are drawn once. The SDK warns about two names of its own whenever it is imported.
pytestmark = [
    pytest.mark.xdist_group("pictures"),
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
]
DEV, PROD = EnvironmentName.DEV, EnvironmentName.PROD
DEPLOYMENTS = ((DEV, False), (PROD, False), (PROD, True))
Program = Callable[[], object]
PASSWORD = "correct-horse-battery"


@pytest.mark.parametrize("stack", StackRegistry().names())
@pytest.mark.parametrize(("environment", "all_flags"), DEPLOYMENTS, ids=("dev", "prod", "prod-with-all-flags"))
def test_every_stack_keeps_every_rule(environment: EnvironmentName, all_flags: bool, stack: str) -> None:
    assert breaches(pictures(environment, all_flags=all_flags)[stack]) == []


def drawn_types() -> set[str]:
    found = [pictures(environment, all_flags=all_flags) for environment, all_flags in DEPLOYMENTS]
    return {one.token for deployment in found for picture in deployment.values() for one in picture.resources}


def test_the_rules_have_something_to_look_at() -> None:
    """Of every kind that the rules speak of, the product's stacks have at least one."""
    kinds = {token.rpartition(":")[2] for token in drawn_types()}
    assert kinds >= {
        "LogGroup", "Bucket", "BucketPublicAccessBlock", "LaunchTemplate", "Instance", "FileSystem", "Queue", "Topic",
        "Repository", "Secret", "RolePolicy", "RolePolicyAttachment", "SecurityGroupIngressRule", "LoadBalancer",
    }  # fmt: skip


def unruled(tokens: Iterable[str]) -> set[str]:
    """Types that take a key, of which nobody has said whether that is needed."""
    takes_key = re.compile("[kK]ms|[eE]ncrypt")
    return {
        token
        for token in tokens
        if token not in {*ENCRYPTED, *WITHOUT_RULE}
        and any(takes_key.search(name) for name in property_names(sdk_arguments(token)))
    }


def test_whatever_can_be_encrypted_has_a_rule_or_a_reason() -> None:
    assert unruled(drawn_types()) == set()
    assert unruled({"aws:docdb/cluster:Cluster", "aws:ec2/vpc:Vpc"}) == {"aws:docdb/cluster:Cluster"}


def policy(**statement: object) -> None:
    aws.iam.RolePolicy("one", role="role", policy=document({"Effect": "Allow", **statement}))


def ingress(cidr: str, port: int, last: int | None = None, group: str = "sg-app") -> None:
    source = {"cidr_ipv6" if ":" in cidr else "cidr_ipv4": cidr}
    aws.vpc.SecurityGroupIngressRule(
        "one", security_group_id=group, ip_protocol="tcp", from_port=port, to_port=last or port, **source
    )


def balancer_on(port: int, last: int | None = None) -> None:
    aws.lb.LoadBalancer("balancer", security_groups=["sg-balancer"])
    ingress("0.0.0.0/0", port, last, "sg-balancer")


def machine(tokens: str = "required", encrypted: str = "true") -> None:
    aws.ec2.LaunchTemplate(
        "one",
        metadata_options={"http_tokens": tokens},
        block_device_mappings=[{"device_name": "/dev/xvda", "ebs": {"encrypted": encrypted}}],
    )


def bucket(closed: bool = True, encrypted: bool = True) -> None:
    made = aws.s3.Bucket("one")
    flags = {"block_public_acls": True, "block_public_policy": True, "ignore_public_acls": True}
    aws.s3.BucketPublicAccessBlock("one", bucket=made.id, restrict_public_buckets=closed, **flags)
    if encrypted:
        rule = {"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms"}}
        aws.s3.BucketServerSideEncryptionConfiguration("one", bucket=made.id, rules=[rule])


def queue_for(**statement: object) -> None:
    aws.sqs.QueuePolicy("one", queue_url="url", policy=document({"Effect": "Allow", **statement}))


def hidden_in(**where: str) -> None:
    """A secret that the program has as one, and in clear in a name or tag."""
    aws.secretsmanager.SecretVersion("one", secret_id="one", secret_string=pulumi.Output.secret(PASSWORD))
    aws.ec2.Vpc("one", tags=where)


EVERYBODY = {"Principal": "*", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:::one"}
OLD_RULE = {"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22, "security_group_id": "sg-app"}
INSIDE = [aws.ec2.SecurityGroupIngressArgs(protocol="tcp", from_port=22, to_port=22)]
BROKEN: list[tuple[str, str, Program]] = [
    ("no_wildcard_rights", "s3:Get* on", lambda: policy(Action="s3:Get*", Resource="*")),
    ("no_wildcard_rights", "s3:* on", lambda: policy(Action=["s3:*"], Resource="arn:aws:s3:::one/*")),
    ("no_wildcard_rights", "allows * on", lambda: policy(Action="*", Resource="arn:aws:s3:::one")),
    ("no_wildcard_rights", "by NotAction", lambda: policy(NotAction="iam:*", Resource="*")),
    ("no_wildcard_rights", "by NotResource", lambda: policy(Action="s3:GetObject", NotResource="arn:aws:s3:::one")),
    ("no_rights_for_everybody", "to everybody", lambda: queue_for(**EVERYBODY)),
    ("no_rights_for_everybody", "to everybody", lambda: queue_for(**{**EVERYBODY, "Principal": {"AWS": ["*"]}})),
    (
        "no_sweeping_managed_policies",
        "AdministratorAccess",
        lambda: aws.iam.RolePolicyAttachment(
            "one", role="role", policy_arn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
    ),
    ("no_open_doors", "0.0.0.0/0 in to sg-app on 22-22", lambda: ingress("0.0.0.0/0", 22)),
    ("no_open_doors", "::/0 in to sg-app on 443-443", lambda: ingress("::/0", 443)),
    ("no_open_doors", "sg-balancer on 8080-8080", lambda: balancer_on(8080)),
    ("no_open_doors", "sg-balancer on 80-443", lambda: balancer_on(80, 443)),
    ("no_rules_inside_groups", "rules inside", lambda: aws.ec2.SecurityGroup("one", ingress=INSIDE)),
    ("no_rules_inside_groups", "old kind", lambda: aws.ec2.SecurityGroupRule("one", **OLD_RULE)),
    ("only_requests_with_tokens_for_metadata", "without a token", lambda: machine(tokens="optional")),
    (
        "only_requests_with_tokens_for_metadata",
        "no launch template",
        lambda: aws.autoscaling.Group("one", min_size=1, max_size=1, launch_configuration="old"),
    ),
    ("logs_end", "for ever", lambda: aws.cloudwatch.LogGroup("one", name="one")),
    ("buckets_are_closed", "lacks restrictPublicBuckets", lambda: bucket(closed=False)),
    ("data_is_encrypted", "Bucket one", lambda: bucket(encrypted=False)),
    ("data_is_encrypted", "LaunchTemplate one", lambda: machine(encrypted="false")),
    ("data_is_encrypted", "Vault one", lambda: aws.backup.Vault("one")),
    ("data_is_encrypted", "Volume one", lambda: aws.ebs.Volume("one", availability_zone="a")),
    ("data_is_encrypted", "Repository one", lambda: aws.ecr.Repository("one")),
    ("data_is_encrypted", "FileSystem one", lambda: aws.efs.FileSystem("one", encrypted=False)),
    ("data_is_encrypted", "Instance one", lambda: aws.rds.Instance("one", instance_class="db.t4g.micro")),
    ("data_is_encrypted", "Secret one", lambda: aws.secretsmanager.Secret("one")),
    ("data_is_encrypted", "Topic one", lambda: aws.sns.Topic("one")),
    ("data_is_encrypted", "Queue one", lambda: aws.sqs.Queue("one")),
    ("no_secrets_in_sight", "output word", lambda: pulumi.export("word", pulumi.Output.secret(PASSWORD))),
    ("no_secrets_in_sight", "names and tags", lambda: hidden_in(Login=f"ops:{PASSWORD}")),
]


@pytest.mark.parametrize(("rule", "text", "program"), BROKEN, ids=lambda one: one if isinstance(one, str) else "")
def test_what_breaks_a_rule_is_found(rule: str, text: str, program: Program) -> None:
    (found,) = breaches(draw(lambda: program() and None))
    assert found.startswith(f"{rule}: ")
    assert text in found


def test_every_rule_can_fail() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


def test_what_keeps_the_rules_is_let_through() -> None:
    def program() -> None:
        machine()
        bucket()
        balancer_on(443)
        key = document(allow("kms:*", principal={"AWS": "arn:aws:iam::410000000017:root"}))
        aws.kms.Key("one", policy=key)
        queue_for(**EVERYBODY, Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:sns:::one"}})
        policy(Action="ssmmessages:OpenDataChannel", Resource="*")
        policy_on_parts = document(allow("s3:Get*", "arn:aws:s3:::one/*"))
        aws.iam.Policy("parts", policy=policy_on_parts)

    assert breaches(draw(program)) == []
