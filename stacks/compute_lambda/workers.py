"""The functions themselves, each with a role and a log group of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.compute_lambda.catalog import CATALOG, FunctionName, Use
from stacks.compute_lambda.contract import Inputs
from stacks.compute_lambda.rights import Grant
from stacks.context import StackContext
from stacks.iam_documents import allow, document, trust
from stacks.log_groups import make_log_group, may_write
from stacks.naming import FUNCTION, ROLE

_PLACEHOLDER: Final = Path(__file__).parent / "code" / "handler.py"
_TRACE: Final = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
_IN_VPC: Final = ":iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"


@dataclass(frozen=True)
class Worker:
    function: aws.lambda_.Function
    role: aws.iam.Role


Workers = Mapping[FunctionName, Worker]


def make_workers(inputs: Inputs, context: StackContext, granted: Mapping[Use, Grant]) -> Workers:
    return {name: _worker(name, inputs, context, granted) for name in inputs.names}


def _worker(name: FunctionName, inputs: Inputs, context: StackContext, granted: Mapping[Use, Grant]) -> Worker:
    size, path = inputs.size(name), context.name(FUNCTION, name)
    mine = [granted[use] for use in Use if use in CATALOG[name].uses and use in granted]
    logs = make_log_group(
        name, f"/aws/lambda/{path}", retention_days=inputs.log_retention_days, key_arn=inputs.infrastructure_key_arn
    )
    role, rights = _role(name, inputs, context, mine, logs)
    variables = {key: value for grant in mine for key, value in grant.variables.items()}
    network = aws.lambda_.FunctionVpcConfigArgs(
        subnet_ids=inputs.private_subnet_ids, security_group_ids=[inputs.lambda_sg_id]
    )
    code, ignored = _code(name, inputs)
    function = aws.lambda_.Function(
        name,
        name=path,
        description=f"{name} of {context.project}, {context.environment}",
        role=role.arn,
        runtime=inputs.runtime,
        handler="handler.handler",
        architectures=["arm64"],
        memory_size=size.memory_mb,
        timeout=size.timeout_s,
        reserved_concurrent_executions=size.concurrency or None,
        environment={"variables": {"ENVIRONMENT": inputs.environment.value, **variables}},
        kms_key_arn=inputs.application_key_arn,
        vpc_config=network if size.vpc else None,
        tracing_config={"mode": "Active" if inputs.enable_x_ray_tracing else "PassThrough"},
        opts=pulumi.ResourceOptions(depends_on=[logs, *rights], ignore_changes=ignored),
        **code,
    )
    return Worker(function, role)


def _code(name: FunctionName, inputs: Inputs) -> tuple[dict[str, Any], list[str]]:
    """A stand-in that the pipeline replaces and no update brings back, or the pipeline's archive in the bucket."""
    if inputs.code_bucket_prefix is None:
        archive = pulumi.AssetArchive({"handler.py": pulumi.StringAsset(_PLACEHOLDER.read_text("utf-8"))})
        return {"code": archive}, ["code"]
    return {"s3_bucket": inputs.artifacts_bucket_name, "s3_key": f"{inputs.code_bucket_prefix}{name}.zip"}, []


def _role(
    name: FunctionName, inputs: Inputs, context: StackContext, mine: list[Grant], logs: aws.cloudwatch.LogGroup
) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
    """The role, and what has to hang on it before the function is made."""
    role = aws.iam.Role(
        name,
        name=context.name(ROLE, name),
        description=f"What the function {name} may do",
        assume_role_policy=trust("lambda.amazonaws.com", account=context.account),
    )
    statements = [may_write(logs), *(statement for grant in mine for statement in grant.statements)]
    if inputs.enable_x_ray_tracing:
        statements.append(allow(_TRACE, sid="Traces"))
    rights: list[pulumi.Resource] = [aws.iam.RolePolicy(name, role=role.name, policy=document(*statements))]
    if inputs.size(name).vpc:
        policy = pulumi.Output.concat("arn:", aws.get_partition_output().partition, _IN_VPC)
        rights.append(aws.iam.RolePolicyAttachment(f"{name}-vpc", role=role.name, policy_arn=policy))
    return role, rights
