"""The secrets stack: the secrets, a signing key when wanted, and the right to read them for the container tasks."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext, protected
from stacks.iam_documents import allow, document
from stacks.naming import KEY_ALIAS, POLICY
from stacks.secrets.contract import (
    EXTERNAL_API_KEYS,
    JWT_SIGNING_KEY,
    OAUTH_SECRETS,
    REDIS_AUTH_PASSWORD,
    SESSION_SECRET,
    Inputs,
    Outputs,
)
from stacks.secrets.vault import GENERATED, make_secrets


def program(inputs: Inputs, context: StackContext) -> Outputs:
    stored = [name for name in inputs.secret_names if not (inputs.jwt_use_kms and name == JWT_SIGNING_KEY)]
    secrets = make_secrets(inputs, context, stored)
    arns = {name: secret.arn for name, secret in secrets.items()}
    kms_key_arn = _signing_key(inputs, context).arn if inputs.jwt_use_kms else None
    policy = _let_tasks_use(inputs, context, arns, kms_key_arn)

    return Outputs(
        jwt_signing_key_arn=arns.get(JWT_SIGNING_KEY) if kms_key_arn is None else kms_key_arn,
        session_secret_arn=arns.get(SESSION_SECRET),
        external_api_keys_arn=arns.get(EXTERNAL_API_KEYS),
        oauth_secrets_arn=arns.get(OAUTH_SECRETS),
        redis_auth_password_arn=arns.get(REDIS_AUTH_PASSWORD),
        secret_arns=arns,
        secrets_read_policy_arn=policy.arn,
        secret_rotation_function_arn=inputs.rotation_lambda_arn,
        summary={
            "secrets": stored,
            "generated": [name for name in stored if name in GENERATED],
            "signingKeyInKms": inputs.jwt_use_kms,
            "rotated": inputs.rotation_lambda_arn is not None,
        },
    )


def _signing_key(inputs: Inputs, context: StackContext) -> aws.kms.Key:
    """Tokens are signed inside KMS: the private key exists nowhere else."""
    key = aws.kms.Key(
        JWT_SIGNING_KEY,
        description=f"Signs tokens of {context.project}, {context.environment}",
        key_usage="SIGN_VERIFY",
        customer_master_key_spec="RSA_2048",
        opts=protected(inputs.protect),
    )
    aws.kms.Alias(JWT_SIGNING_KEY, name=f"alias/{context.name(KEY_ALIAS, JWT_SIGNING_KEY)}", target_key_id=key.key_id)
    return key


def _let_tasks_use(
    inputs: Inputs,
    context: StackContext,
    arns: Mapping[str, pulumi.Output[str]],
    kms_key_arn: pulumi.Output[str] | None,
) -> aws.iam.Policy:
    """Container tasks may read these secrets, use the key behind them through Secrets Manager only, and sign tokens."""
    through = {"StringEquals": {"kms:ViaService": f"secretsmanager.{context.region}.amazonaws.com"}}
    statements = []
    if arns:  # IAM refuses a statement over no resource
        statements += [
            allow(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], list(arns.values())),
            allow("kms:Decrypt", inputs.application_key_arn, conditions=through),
        ]
    if kms_key_arn is not None:
        statements.append(allow(["kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"], kms_key_arn))
    policy = aws.iam.Policy(
        "read",
        name=context.name(POLICY, "read"),
        description=f"Read the secrets of {context.project}, {context.environment}",
        policy=document(*statements),
    )
    aws.iam.RolePolicyAttachment("tasks-read", role=inputs.ecs_task_role_name, policy_arn=policy.arn)
    return policy
