"""The host of the sign-in pages: a prefix below AWS's own domain, or a name of the deployment's zone."""

from __future__ import annotations

import hashlib

import pulumi
import pulumi_aws as aws

from stacks.authentication.contract import RESERVED, Inputs
from stacks.context import StackContext
from stacks.naming import SIGN_IN_PREFIX, shorten


def make_sign_in(inputs: Inputs, context: StackContext, pool: aws.cognito.UserPool) -> pulumi.Output[str]:
    """The host's name; known once it answers."""
    if inputs.sign_in_domain is not None and inputs.hosted_zone_id is not None:
        return _own_domain(inputs, inputs.sign_in_domain, inputs.hosted_zone_id, pool)
    prefix = inputs.domain_prefix or _default_prefix(context)
    domain = aws.cognito.UserPoolDomain("sign-in", domain=prefix, user_pool_id=pool.id)
    return pulumi.Output.concat(domain.domain, f".auth.{context.region}.amazoncognito.com")


def _own_domain(
    inputs: Inputs, name: str, zone_id: pulumi.Input[str], pool: aws.cognito.UserPool
) -> pulumi.Output[str]:
    domain = aws.cognito.UserPoolDomain(
        "sign-in", domain=name, user_pool_id=pool.id, certificate_arn=inputs.sign_in_certificate_arn
    )
    target = aws.route53.RecordAliasArgs(
        name=domain.cloudfront_distribution,
        zone_id=domain.cloudfront_distribution_zone_id,
        evaluate_target_health=False,
    )
    return aws.route53.Record("sign-in", zone_id=zone_id, name=name, type="A", aliases=[target]).name


def _default_prefix(context: StackContext) -> str:
    """All of AWS shares these names. One in which a word of AWS's own happens to stand gives way to its hash."""
    prefix = shorten(context.shared_prefix, SIGN_IN_PREFIX.limit)
    if not any(word in prefix for word in RESERVED):
        return prefix
    return f"auth-{hashlib.sha256(prefix.encode()).hexdigest()[:16]}"
