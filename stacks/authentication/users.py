"""The user pool: who may have an account, and what proves that it is theirs.

An address counts as a user's own only once a code sent to it came back, when they sign up and when they change it: else
anybody could claim it. What is said of attributes, names and case can never be changed.
"""

from __future__ import annotations

from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.authentication.contract import Inputs
from stacks.context import StackContext, protected
from stacks.naming import USER_POOL

_TEMPORARY_PASSWORD_DAYS: Final = 7
_EMAIL: Final = "email"


def make_user_pool(inputs: Inputs, context: StackContext) -> aws.cognito.UserPool:
    trigger = inputs.pre_signup_function_arn
    pool = aws.cognito.UserPool(
        "users",
        name=context.name(USER_POOL, "users"),
        alias_attributes=[_EMAIL],
        username_configuration={"case_sensitive": False},
        schemas=[_email_attribute()],
        auto_verified_attributes=[_EMAIL],
        user_attribute_update_settings={"attributes_require_verification_before_updates": [_EMAIL]},
        account_recovery_setting={"recovery_mechanisms": [{"name": "verified_email", "priority": 1}]},
        admin_create_user_config={"allow_admin_create_user_only": not inputs.allow_self_signup},
        password_policy=_password_policy(inputs),
        mfa_configuration=inputs.mfa,
        software_token_mfa_configuration=None if inputs.mfa == "OFF" else {"enabled": True},
        lambda_config=None if trigger is None else {"pre_sign_up": trigger},
        deletion_protection="ACTIVE" if inputs.protect else "INACTIVE",
        opts=protected(inputs.protect),
    )
    if trigger is not None:
        _let_pool_call(trigger, pool)
    return pool


def _email_attribute() -> aws.cognito.UserPoolSchemaArgs:
    lengths = aws.cognito.UserPoolSchemaStringAttributeConstraintsArgs(min_length="0", max_length="2048")
    return aws.cognito.UserPoolSchemaArgs(
        name=_EMAIL,
        attribute_data_type="String",
        developer_only_attribute=False,
        required=True,
        mutable=True,
        string_attribute_constraints=lengths,
    )


def _password_policy(inputs: Inputs) -> aws.cognito.UserPoolPasswordPolicyArgs:
    return aws.cognito.UserPoolPasswordPolicyArgs(
        minimum_length=inputs.password_min_length,
        require_lowercase=True,
        require_uppercase=True,
        require_numbers=True,
        require_symbols=True,
        temporary_password_validity_days=_TEMPORARY_PASSWORD_DAYS,
    )


def _let_pool_call(function: pulumi.Input[str], pool: aws.cognito.UserPool) -> None:
    aws.lambda_.Permission(
        "pre-signup",
        action="lambda:InvokeFunction",
        function=function,
        principal="cognito-idp.amazonaws.com",
        source_arn=pool.arn,
    )
