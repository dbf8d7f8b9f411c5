"""Rules that hold for what every stack describes, found out without an engine.

    assert breaches(draw(program)) == []

A rule is a function on a picture that names each resource that breaks it, and says how.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from cloud_core.domain.values import Value, leaves, secrets_in
from stacks.testing import DrawnResource, Picture

Breaches = Iterator[str]
Rule = Callable[[Picture], Breaches]

EVERYBODY: Final = ("0.0.0.0/0", "::/0")
PUBLIC_PORTS: Final = (80, 443)
CLOSED: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
KEY: Final = "aws:kms/key:Key"
BUCKET: Final = "aws:s3/bucket:Bucket"
# A text shorter than this may be part of another one by chance.
SECRET_LENGTH: Final = 6


def breaches(picture: Picture) -> list[str]:
    """Every breach of every rule; empty for a safe picture."""
    return [f"{name}: {text}" for name, rule in RULES.items() for text in rule(picture)]


# -- rights ----------------------------------------------------------------------------------------------------------


def no_wildcard_rights(picture: Picture) -> Breaches:
    """No action with an asterisk on all resources, no whole service on any, nothing by exclusion. In the policy of a
    key, `*` is the key itself, and AWS wants the account to have all rights on it, or it can be locked out."""
    for resource, statement in _allowed(picture):
        if excluded := {"NotAction", "NotResource"} & set(statement):
            yield f"{_named(resource)} allows by {', '.join(sorted(excluded))}"
        if resource.token == KEY:
            continue
        everything = "*" in _texts(statement.get("Resource"))
        for action in _texts(statement.get("Action")):
            if action == "*" or action.endswith(":*") or ("*" in action and everything):
                yield f"{_named(resource)} allows {action} on {_texts(statement.get('Resource'))}"


def no_rights_for_everybody(picture: Picture) -> Breaches:
    """Whoever is meant by `*` is meant under a condition."""
    for resource, statement in _allowed(picture):
        principal = statement.get("Principal")
        named = principal.get("AWS") if isinstance(principal, Mapping) else principal
        if "*" in _texts(named) and not statement.get("Condition"):
            yield f"{_named(resource)} allows {_texts(statement.get('Action'))} to everybody"


def no_sweeping_managed_policies(picture: Picture) -> Breaches:
    for resource in picture.of("RolePolicyAttachment"):
        policy = str(resource.inputs["policyArn"])
        if re.search("Administrator|FullAccess|PowerUser", policy):
            yield f"{_named(resource)} attaches {policy}"


def _allowed(picture: Picture) -> Iterator[tuple[DrawnResource, dict[str, Any]]]:
    """Every statement that allows something, wherever a resource carries a policy document."""
    for resource in picture.resources:
        for text in leaves(resource.inputs):
            for statement in _statements(text):
                if statement.get("Effect") == "Allow":
                    yield resource, statement


def _statements(text: Any) -> list[dict[str, Any]]:
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return []
    try:
        found = json.loads(text).get("Statement", [])
    except ValueError:
        return []
    return [found] if isinstance(found, dict) else list(found)


# -- ways in ---------------------------------------------------------------------------------------------------------


def no_open_doors(picture: Picture) -> Breaches:
    """The whole internet reaches load balancers, on 80 and 443, and nothing else."""
    balancers = {picture.outputs.get("loadBalancerSgId")}
    for balancer in picture.of("LoadBalancer"):
        balancers.update(balancer.inputs.get("securityGroups") or ())
    for resource in picture.of("SecurityGroupIngressRule"):
        rule = resource.inputs
        source = rule.get("cidrIpv4") or rule.get("cidrIpv6")
        if source not in EVERYBODY:
            continue
        first, last = rule.get("fromPort"), rule.get("toPort")
        if first != last or first not in PUBLIC_PORTS or rule["securityGroupId"] not in balancers:
            yield f"{_named(resource)} lets {source} in to {rule['securityGroupId']} on {first}-{last}"


def no_rules_inside_groups(picture: Picture) -> Breaches:
    """Such rules would be seen by no other check, and fight with those that are resources of their own."""
    for kind in ("SecurityGroup", "DefaultSecurityGroup"):
        for resource in picture.of(kind):
            if resource.inputs.get("ingress") or resource.inputs.get("egress"):
                yield f"{_named(resource)} has rules inside"
    for resource in picture.of("SecurityGroupRule"):
        yield f"{_named(resource)} is a rule of the old kind: use stacks.security_group_rules"


def only_requests_with_tokens_for_metadata(picture: Picture) -> Breaches:
    """A request forged inside an application must not get the machine's credentials (IMDSv2)."""
    for resource in picture.resources:
        if resource.token in MACHINES:
            options = resource.inputs.get("metadataOptions") or {}
            if options.get("httpTokens") != "required":
                yield f"{_named(resource)} hands its credentials out without a token"
        elif resource.token == "aws:autoscaling/group:Group" and not resource.inputs.get("launchTemplate"):
            yield f"{_named(resource)} has no launch template that requires tokens"


MACHINES: Final = ("aws:ec2/launchTemplate:LaunchTemplate", "aws:ec2/instance:Instance")


# -- data ------------------------------------------------------------------------------------------------------------


def logs_end(picture: Picture) -> Breaches:
    for resource in picture.of("LogGroup"):
        if not resource.inputs.get("retentionInDays"):
            yield f"{_named(resource)} keeps its lines for ever"


def buckets_are_closed(picture: Picture) -> Breaches:
    blocks = {_bucket(one): one.inputs for one in picture.of("BucketPublicAccessBlock")}
    for resource in _of(picture, BUCKET):
        block: Mapping[str, Value] = next((blocks[name] for name in _called(resource) if name in blocks), {})
        if open_ways := [flag for flag in CLOSED if block.get(flag) is not True]:
            yield f"{_named(resource)} lacks {', '.join(open_ways)}"


def data_is_encrypted(picture: Picture) -> Breaches:
    """Each type that holds data has its own word for it."""
    ruled = {_bucket(one) for one in picture.of("BucketServerSideEncryptionConfiguration")}
    for resource in picture.resources:
        known = ENCRYPTED.get(resource.token)
        if known and not known(resource.inputs):
            yield f"{_named(resource)} is not encrypted"
        if resource.token == BUCKET and not ruled.intersection(_called(resource)):
            yield f"{_named(resource)} is not encrypted"


def _devices(inputs: Mapping[str, Any]) -> bool:
    devices = inputs.get("blockDeviceMappings") or [{}]
    return all(str((one.get("ebs") or {}).get("encrypted")).lower() == "true" for one in devices)


def _has(*names: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether one of the inputs is given."""
    return lambda inputs: any(inputs.get(name) for name in names)


ENCRYPTED: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "aws:backup/vault:Vault": _has("kmsKeyArn"),
    "aws:dynamodb/table:Table": lambda inputs: bool((inputs.get("serverSideEncryption") or {}).get("enabled")),
    "aws:ebs/volume:Volume": _has("encrypted"),
    "aws:ec2/launchTemplate:LaunchTemplate": _devices,
    "aws:ecr/repository:Repository": _has("encryptionConfigurations"),
    "aws:efs/fileSystem:FileSystem": _has("encrypted"),
    "aws:eks/cluster:Cluster": _has("encryptionConfig"),
    "aws:eks/nodeGroup:NodeGroup": _has("launchTemplate"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _has("atRestEncryptionEnabled"),
    "aws:kinesis/stream:Stream": _has("kmsKeyId"),
    "aws:rds/cluster:Cluster": _has("storageEncrypted"),
    "aws:rds/instance:Instance": _has("storageEncrypted"),
    "aws:secretsmanager/secret:Secret": _has("kmsKeyId"),
    "aws:sns/topic:Topic": _has("kmsMasterKeyId"),
    "aws:sqs/queue:Queue": _has("kmsMasterKeyId", "sqsManagedSseEnabled"),
}
# Types that take a key, and why no rule asks for it.
WITHOUT_RULE: Final[Mapping[str, str]] = {
    BUCKET: "a resource of its own says how it is encrypted, and the rule looks for that",
    "aws:cloudtrail/trail:Trail": "its files lie in an encrypted bucket",
    "aws:cloudwatch/logGroup:LogGroup": "CloudWatch encrypts by its own key where none is given",
    "aws:codebuild/project:Project": "what it makes lies in encrypted repositories",
    "aws:lambda/eventSourceMapping:EventSourceMapping": "the key is for its filter, which holds no data",
    "aws:lambda/function:Function": "Lambda encrypts variables by its own key, and secrets are in none",
    "aws:sfn/stateMachine:StateMachine": "Step Functions encrypts by its own key where none is given",
}


# -- secrets ---------------------------------------------------------------------------------------------------------


def no_secrets_in_sight(picture: Picture) -> Breaches:
    """No output, name or tag is a secret or holds the text of one."""
    hidden = {text for one in picture.resources for text in _secrets(one.inputs)}
    hidden |= set(_secrets(picture.outputs))
    for name, value in picture.outputs.items():
        if _shows(value, hidden):
            yield f"output {name} holds a secret"
    for resource in picture.resources:
        seen = {key: value for key, value in resource.inputs.items() if re.search("^name$|tags|tagSpecifications", key)}
        if _shows(seen, hidden):
            yield f"{_named(resource)} has a secret among its names and tags"


def _shows(value: Value, hidden: set[str]) -> bool:
    if any(True for _ in _secrets(value)):
        return True
    texts = [str(one) for one in leaves(value)]
    return any(secret in text for secret in hidden for text in texts)


def _secrets(value: Value) -> Iterator[str]:
    """The texts of all secrets inside."""
    texts = (str(one) for secret in secrets_in(value) for one in leaves(secret))
    return (text for text in texts if len(text) >= SECRET_LENGTH)


RULES: Final[Mapping[str, Rule]] = {
    rule.__name__: rule
    for rule in (
        no_wildcard_rights,
        no_rights_for_everybody,
        no_sweeping_managed_policies,
        no_open_doors,
        no_rules_inside_groups,
        only_requests_with_tokens_for_metadata,
        logs_end,
        buckets_are_closed,
        data_is_encrypted,
        no_secrets_in_sight,
    )
}


# -- inside ----------------------------------------------------------------------------------------------------------


def _named(resource: DrawnResource) -> str:
    return f"{resource.token} {resource.name}"


def _of(picture: Picture, token: str) -> list[DrawnResource]:
    return [one for one in picture.resources if one.token == token]


def _called(bucket: DrawnResource) -> tuple[str, str]:
    """What other resources call the bucket: its id, or the name that it was given."""
    return f"{bucket.name}-id", str(bucket.inputs.get("bucket"))


def _bucket(resource: DrawnResource) -> str:
    return str(resource.inputs.get("bucket"))


def _texts(value: Any) -> list[str]:
    """One text as a list of it."""
    return [] if value is None else [value] if isinstance(value, str) else [str(one) for one in value]
