"""What is a placeholder, of which kind, and why a malformed one is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.placeholders import Placeholder, PlaceholderKind, check_placeholders, find_placeholders
from cloud_core.domain.placeholders.scanner import scan

K = PlaceholderKind

OUTPUTS = [
    ("{{RUNTIME:network:vpcId}}", "network", "vpcId"),
    ("{{RUNTIME:database-rds:endpoint}}", "database-rds", "endpoint"),
    ("${network.vpcId}", "network", "vpcId"),
    ("{{network.vpcId}}", "network", "vpcId"),
    ("${database-rds.endpoint}", "database-rds", "endpoint"),
    ("{{stack.network.vpcId}}", "network", "vpcId"),
    ("${stack.services-ecs.cluster_arn}", "services-ecs", "cluster_arn"),
    ("{{ network.vpcId }}", "network", "vpcId"),
]

KEYED: list[tuple[str, PlaceholderKind, str, tuple[str, ...]]] = [
    ("{{ENV:azs}}", K.ENV, "azs", ()),
    ("{{ENV:db.class-name_1}}", K.ENV, "db.class-name_1", ()),
    ("{{ ENV:azs }}", K.ENV, "azs", ()),
    ("{{SECRET:lake/db/master}}", K.SECRET, "lake/db/master", ()),
    (
        "{{SECRET:arn:aws:secretsmanager:eu-west-1:410000000017:secret:x-AbCdEf}}",
        K.SECRET,
        "arn:aws:secretsmanager:eu-west-1:410000000017:secret:x-AbCdEf",
        (),
    ),
    ("{{RUNTIME:aws:secret:lake/db}}", K.SECRET, "lake/db", ()),
    ("${aws.secret.lake/db.v1}", K.SECRET, "lake/db.v1", ()),
    ("${aws.ssm./lake/dev/name.x}", K.SSM, "/lake/dev/name.x", ()),
    ("{{RUNTIME:aws:ssm:/lake/name:3}}", K.SSM, "/lake/name:3", ()),
    ("${env.CLOUD_VAR_TOKEN}", K.OS_ENV, "CLOUD_VAR_TOKEN", ()),
    ("{{RUNTIME:env:CLOUD_VAR_TOKEN}}", K.OS_ENV, "CLOUD_VAR_TOKEN", ()),
    ("{{deployment.id}}", K.DEPLOYMENT, "id", ()),
    ("${deployment.domain}", K.DEPLOYMENT, "domain", ()),
    ("{{AWS:route53:hostedZone:lake.harrow.test}}", K.AWS, "hostedZone", ("lake.harrow.test",)),
    ("{{AWS:acm:certificate:*.harrow.test}}", K.AWS, "certificate", ("*.harrow.test",)),
    ("{{RUNTIME:aws:latestAmiId:amazonLinux2}}", K.AWS, "latestImage", ("amazonLinux2", "x86_64")),
    ("${aws.latestAmiId.amazonLinux2}", K.AWS, "latestImage", ("amazonLinux2", "x86_64")),
    ("${aws.latestAmi.ubuntu2404.arm64}", K.AWS, "latestImage", ("ubuntu2404", "arm64")),
    ("${aws.latestAmi.amazonLinux2.x86_64.eu-west-1}", K.AWS, "latestImage", ("amazonLinux2", "x86_64", "eu-west-1")),
    ("{{RUNTIME:aws:availabilityZones}}", K.AWS, "availabilityZones", ()),
    ("{{RUNTIME:aws:availabilityZones:us-west-2}}", K.AWS, "availabilityZones", ("us-west-2",)),
    ("${aws.availabilityZones.us-west-2}", K.AWS, "availabilityZones", ("us-west-2",)),
    ("{{aws.vpc.default}}", K.AWS, "defaultVpc", ()),
    ("${aws.vpc.Name.main}", K.AWS, "resourceByTag", ("vpc", "Name", "main")),
    ("{{RUNTIME:aws:subnet:Tier:private}}", K.AWS, "resourceByTag", ("subnet", "Tier", "private")),
    ("${calculate.subnets.10.0.0.0/16.24.3}", K.CALCULATE, "subnets", ("10.0.0.0/16", "24", "3")),
    ("{{RUNTIME:calculate:subnets:10.0.0.0/16:24:3}}", K.CALCULATE, "subnets", ("10.0.0.0/16", "24", "3")),
    ("{{RUNTIME:calculate:subnets:fd00::/48:64:2}}", K.CALCULATE, "subnets", ("fd00::/48", "64", "2")),
    ("${calculate.timestamp.iso8601}", K.CALCULATE, "timestamp", ()),
    ("{{RUNTIME:calculate:timestamp}}", K.CALCULATE, "timestamp", ()),
    ("${calculate.password.20}", K.CALCULATE, "password", ("20",)),
    ("{{RUNTIME:calculate:password}}", K.CALCULATE, "password", ("32",)),
    ("${calculate.uuid}", K.CALCULATE, "uuid", ()),
]

MALFORMED = [
    ("${}", "nothing between"),
    ("{{}}", "nothing between"),
    ("${HOME}", "literal ${"),
    ("{{DOMAIN}}", "template variable"),
    ("{{somewhere}}", "names no type"),
    ("{{ENV:}}", "key is missing"),
    ("{{ENV: azs}}", "key ' azs' is malformed"),
    ("{{env:azs}}", "did you mean ENV?"),
    ("${ENV:azs}", "write {{ENV:azs}}"),
    ("{{VAULT:x}}", "unknown type 'VAULT'"),
    ("${AWS.vpc.default}", "did you mean aws?"),
    ("{{AWS:s3:bucket:x}}", "unknown AWS query 's3': use route53, acm"),
    ("{{AWS:route53:zone:x}}", "use hostedZone"),
    ("{{AWS:route53:hostedZone:}}", "domain is missing"),
    ("{{AWS:acm:certificate:a b}}", "domain 'a b' is malformed"),
    ("{{RUNTIME:aws:lookup:x}}", "unknown AWS query 'lookup'"),
    ("{{RUNTIME:network}}", "output's name is missing"),
    ("{{RUNTIME:network:vpcId:more}}", "'vpcId:more' is malformed"),
    ("{{RUNTIME:stack:x}}", "reserved word"),
    ("{{RUNTIME:Network:vpcId}}", "'Network' is malformed"),
    ("${network.}", "output's name is missing"),
    ("${network.a.b}", "'a.b' is malformed"),
    ("${.vpcId}", "stack's name is missing"),
    ("${stack.network}", "output's name is missing"),
    ("${env.HOME}", "only variables named CLOUD_VAR_*"),
    ("{{RUNTIME:env:PATH}}", "only variables named CLOUD_VAR_*"),
    ("${deployment.secret}", "use id, org, project, domain"),
    ("{{SECRET:}}", "secret's name is missing"),
    ("{{SECRET:a b}}", "secret's name 'a b' is malformed"),
    ("${aws.ssm.}", "parameter's path is missing"),
    ("${aws.latestAmi}", "wrong number of parts: write latestAmi.<alias>"),
    ("${aws.latestAmi.plan9}", "unknown image 'plan9'"),
    ("${aws.latestAmi.amazonLinux2.sparc}", "use x86_64 or arm64"),
    ("${aws.latestAmi.amazonLinux2.arm64.nowhere}", "region 'nowhere'"),
    ("{{RUNTIME:aws:availabilityZones:us-west-2:b}}", "wrong number of parts"),
    ("{{aws.vpc}}", "vpc.<tag key>.<tag value>, or vpc.default"),
    ("${aws.subnet.default}", "subnet.<tag key>.<tag value>"),
    ("${calculate.dice.6}", "unknown calculation 'dice'"),
    ("${calculate.password.7}", "from 8 to 128"),
    ("${calculate.password.long}", "from 8 to 128"),
    ("${calculate.uuid.4}", "takes no parts"),
    ("${calculate.timestamp.epoch}", "use iso8601"),
    ("${calculate.subnets.10.0.0.0/16}", "write subnets.<cidr>"),
    ("${calculate.subnets.10.0.0.1/16.24.3}", "is not a network"),
    ("${calculate.subnets.10.0.0.0/16.8.3}", "between 16 and 32"),
    ("${calculate.subnets.10.0.0.0/24.25.3}", "holds 2 subnets of /25, not 3"),
    ("${calculate.subnets.10.0.0.0/24.25.0}", "between 1 and 256"),
    ("${network.vpcId", "not closed"),
    ("{{ENV:azs}", "not closed"),
    ("{{ENV:a{b}}", "other braces"),
]


def only(text: str) -> Placeholder:
    (found,) = find_placeholders(text)
    return found


@pytest.mark.parametrize(("text", "stack", "output"), OUTPUTS)
def test_stack_outputs_of_both_generations(text: str, stack: str, output: str) -> None:
    assert only(text) == Placeholder(text, K.STACK_OUTPUT, stack, output, is_whole=True)
    assert check_placeholders(text) == []


@pytest.mark.parametrize(("text", "kind", "key", "arguments"), KEYED)
def test_every_other_form(text: str, kind: PlaceholderKind, key: str, arguments: tuple[str, ...]) -> None:
    assert only(text) == Placeholder(text, kind, key=key, arguments=arguments, is_whole=True)
    assert check_placeholders(text) == []


@pytest.mark.parametrize(("text", "reason"), MALFORMED)
def test_malformed_ones_are_refused_with_the_way_out(text: str, reason: str) -> None:
    (problem,) = check_placeholders({"field": [text]})
    assert reason in problem.reason
    assert problem.path == "field[0]"
    assert find_placeholders(text) == []


def test_several_in_one_string_keep_their_order_and_are_not_whole() -> None:
    text = "x-${network.vpcId}-{{ENV:name}}-{{RUNTIME:dns:zoneId}}"
    found = find_placeholders(text)
    assert [p.text for p in found] == ["${network.vpcId}", "{{ENV:name}}", "{{RUNTIME:dns:zoneId}}"]
    assert not any(p.is_whole for p in found)


def test_a_placeholder_inside_another_is_refused_and_the_inner_one_still_found() -> None:
    text = "${calculate.subnets.${network.vpcCidr}.24.3}"
    assert [p.text for p in find_placeholders(text)] == ["${network.vpcCidr}"]
    (problem,) = check_placeholders(text)
    assert problem.text == "${calculate.subnets."


def test_malformed_and_well_formed_ones_stand_side_by_side() -> None:
    text = "{{ENV:a} and {{ENV:b}} and ${nothing}"
    assert [p.text for p in find_placeholders(text)] == ["{{ENV:b}}"]
    assert [p.text for p in check_placeholders(text)] == ["{{ENV:a", "${nothing}"]


def test_an_unclosed_opener_shows_no_more_than_its_name() -> None:
    (problem,) = check_placeholders("pa${ss word!")
    assert problem.text == "${ss"


@pytest.mark.parametrize("text", ["$${HOME}", "{{{{ENV:x}}", "$HOME {x} }} } $", '{"a":{"b":1}}', "", "$$"])
def test_escapes_and_other_braces_are_plain_text(text: str) -> None:
    assert find_placeholders(text) == []
    assert check_placeholders(text) == []


def test_of_three_braces_the_last_two_open() -> None:
    assert [p.text for p in find_placeholders('{"a":{{{ENV:x}}}')] == ["{{ENV:x}}"]


def test_paths_lead_through_maps_and_lists_and_keys_are_never_placeholders() -> None:
    config = {
        "a": [{"${network.no}": "{{ENV:x}}"}, "p-${dns.zoneId}"],
        "b": {"c": "${network.vpcId}"},
        "n": 3,
        "z": None,
    }
    assert [(p.path, p.is_whole) for p in find_placeholders(config)] == [
        ("a[0].${network.no}", True),
        ("a[1]", False),
        ("b.c", True),
    ]


VALID = st.sampled_from([text for text, *_ in OUTPUTS] + [text for text, *_ in KEYED])
LITERAL = st.text(st.characters(exclude_characters="${}"), max_size=12)
FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "${",
            "{{",
            "}}",
            "}",
            "{",
            "$",
            "$$",
            "ENV:",
            "RUNTIME:",
            "AWS:",
            "aws.",
            "calculate.subnets.",
            "network",
            ".",
            ":",
            "vpcId",
            "calculate.password.",
            "9",
            "/",
            " ",
            "\n",
            "é",
        ]
    ),
    max_size=14,
).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | FRAGMENTS | VALID,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.text() | FRAGMENTS)
def test_the_pieces_of_any_text_join_to_it(text: str) -> None:
    assert "".join(piece.raw for piece in scan(text)) == text


@given(VALUES)
def test_nothing_makes_the_search_raise_and_what_it_finds_is_there(value: Any) -> None:
    for found in find_placeholders(value):
        text = _at(value, found.path)
        assert text is None or found.text in text
    for problem in check_placeholders(value):
        assert problem.reason


@given(st.lists(st.tuples(LITERAL, VALID), min_size=1, max_size=5), LITERAL)
def test_every_valid_placeholder_is_found_whatever_stands_between(pairs: list[tuple[str, str]], last: str) -> None:
    text = "".join(literal + placeholder for literal, placeholder in pairs) + last
    assert [p.text for p in find_placeholders(text)] == [placeholder for _, placeholder in pairs]
    assert check_placeholders(text) == []


def _at(value: Any, path: str) -> str | None:
    """The string at a path; None when a key of the path is itself full of dots and brackets."""
    for step in path.replace("[", ".[").split("."):
        if step.startswith("[") and step.endswith("]") and isinstance(value, list) and step[1:-1].isdecimal():
            value = value[int(step[1:-1])]
        elif isinstance(value, dict) and step in value:
            value = value[step]
    return value if isinstance(value, str) else None
