"""What an identity may not do, asked of IAM's policy simulator.

The simulator knows users and roles. What `sts:GetCallerIdentity` tells of an assumed role is its session; the role
behind it may have a path, which only IAM knows. The account's root has no policies that could refuse anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from cloud_core.adapters.aws.errors import error_code, translate_aws_errors
from cloud_core.domain.errors import AwsAccessFailed, CloudError, InvalidInput
from cloud_core.ports.aws import Refusals

_AT_ONCE: Final = 100
"""The simulator takes so many actions in one call."""

_NOT_ENFORCED: Final = "NotImplemented"
"""The sandbox's AWS server has no simulator, and refuses nobody anything."""

_ALLOWED: Final = "allowed"
_DENIED: Final = "explicitDeny"


def ask_for_refusals(iam: Any, caller_arn: str, actions: Sequence[str]) -> Refusals:
    """As `ports.aws.AwsQueries.refusals`; `iam` is the caller's own client."""
    kind = _kind(caller_arn)
    if kind == "root" or not actions:
        return Refusals(caller_arn)
    if kind not in ("user", "role", "assumed-role"):
        return Refusals(caller_arn, unclear=f"IAM can't simulate what {caller_arn} may do, only users and roles")
    principal = caller_arn
    try:
        with translate_aws_errors("simulate permissions"):
            principal = _role_of(iam, caller_arn) if kind == "assumed-role" else caller_arn
            answers = list(_simulate(iam, principal, actions))
    except CloudError as error:
        if error.context.get("aws_code") == _NOT_ENFORCED:
            return Refusals(principal)
        if not isinstance(error, (AwsAccessFailed, InvalidInput)):
            raise
        return Refusals(principal, unclear=error.message)
    return _weigh(principal, answers)


def _simulate(iam: Any, principal: str, actions: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    simulate = iam.get_paginator("simulate_principal_policy").paginate
    for first in range(0, len(actions), _AT_ONCE):
        for page in simulate(PolicySourceArn=principal, ActionNames=list(actions[first : first + _AT_ONCE])):
            yield from page["EvaluationResults"]


def _weigh(principal: str, answers: Iterable[Mapping[str, Any]]) -> Refusals:
    """Only what a policy denies in so many words is proven to be refused.

    We ask about every resource, since the ones to come have no names yet: a policy that allows the action on some of
    them alone, or under a condition, looks like one that does not allow it.
    """
    refused = [answer for answer in answers if answer["EvalDecision"] != _ALLOWED]
    denied = [one for one in refused if one["EvalDecision"] == _DENIED and not one.get("MissingContextValues")]
    names = ", ".join(str(answer["EvalActionName"]) for answer in refused if answer not in denied)
    unclear = f"no policy allows {names} on every resource and under every condition" if names else None
    return Refusals(principal, tuple(str(answer["EvalActionName"]) for answer in denied), unclear)


def _kind(arn: str) -> str:
    """`role` of `arn:aws:iam::410000000017:role/cloud-deployer`."""
    return arn.split(":", 5)[-1].partition("/")[0]


def _role_of(iam: Any, session_arn: str) -> str:
    """The role of `arn:aws:sts::<account>:assumed-role/<role>/<session>`; without its path when IAM won't tell."""
    _, partition, _, _, account, resource = session_arn.split(":", 5)
    name = resource.split("/")[1]
    try:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    except ClientError as error:
        # The sandbox's role need not exist to be assumed.
        if error_code(error) not in ("AccessDenied", "NoSuchEntity"):
            raise
        return f"arn:{partition}:iam::{account}:role/{name}"
