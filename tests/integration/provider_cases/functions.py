"""Lambda functions and what calls them: queues, buckets, state machines."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pulumi
import pulumi_aws as aws

from sandbox.provider.services.lambda_function import FUNCTION
from sandbox.provider.services.lambda_triggers import FUNCTION_URL, PERMISSION
from sandbox.provider.testing import Case, Clients
from sandbox.provider.testing.cases import REGION

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/daily"
DESCRIPTION = {False: "first", True: "second"}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def archive(text: str) -> pulumi.Archive:
    return pulumi.AssetArchive({"handler.py": pulumi.StringAsset(f"def handler(event, context): return {text!r}")})


def queues(later: bool) -> Any:
    dead = aws.sqs.Queue("dead", name="tasks-dead", message_retention_seconds=1209600)
    tasks = aws.sqs.Queue(
        "tasks",
        name="tasks",
        delay_seconds=3 if later else 0,
        message_retention_seconds=7200 if later else 3600,
        receive_wait_time_seconds=20 if later else 10,
        visibility_timeout_seconds=360 if later else 180,
        max_message_size=2048 if later else 1024,
        kms_master_key_id=KEY.replace("1111-", "9999-") if later else KEY,
        kms_data_key_reuse_period_seconds=600 if later else 300,
        redrive_policy=dead.arn.apply(
            lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5 if later else 3})
        ),
        tags={"Team": DESCRIPTION[later]},
    )
    aws.sqs.Queue(
        "ordered",
        name="ordered.fifo",
        fifo_queue=True,
        content_based_deduplication=not later,
        deduplication_scope="queue",
        fifo_throughput_limit="perQueue",
        sqs_managed_sse_enabled=True,
    )
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = tasks.arn.apply(
        lambda arn: json.dumps(
            {"Version": "2012-10-17", "Statement": [{**statement, "Sid": DESCRIPTION[later], "Resource": arn}]}
        )
    )
    aws.sqs.QueuePolicy("tasks", queue_url=tasks.url, policy=policy)
    return tasks, dead


def network() -> tuple[Any, Any]:
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    subnets = [aws.ec2.Subnet(f"s{n}", vpc_id=vpc.id, cidr_block=f"10.0.{n}.0/24") for n in range(2)]
    return subnets, aws.ec2.SecurityGroup("functions", vpc_id=vpc.id)


def functions(later: bool) -> None:
    tasks, dead = queues(later)
    subnets, group = network()
    roles = [aws.iam.Role(f"role-{n}", assume_role_policy=TRUST) for n in range(2)]
    worker = aws.lambda_.Function(
        "worker",
        name="worker",
        role=roles[later].arn,
        runtime="python3.14" if later else "python3.13",
        handler="handler.main" if later else "handler.handler",
        description=DESCRIPTION[later],
        code=archive(DESCRIPTION[later]),
        architectures=["arm64"],
        memory_size=512 if later else 256,
        timeout=60 if later else 30,
        environment={"variables": {"TABLE_NAME": DESCRIPTION[later], "lower": "kept"}},
        kms_key_arn=KEY.replace("1111-", "9999-") if later else KEY,
        vpc_config={"subnet_ids": [one.id for one in subnets[later:]], "security_group_ids": [group.id]},
        dead_letter_config={"target_arn": dead.arn if later else tasks.arn},
        tracing_config={"mode": "PassThrough" if later else "Active"},
        ephemeral_storage={"size": 1024 if later else 512},
        logging_config={"log_format": "JSON", "application_log_level": "WARN" if later else "INFO"},
        reserved_concurrent_executions=5 if later else 3,
        publish=False,
        tags={"Team": DESCRIPTION[later]},
    )
    aws.lambda_.Function("plain", role=roles[0].arn, runtime="python3.13", handler="handler.handler", code=archive("x"))
    aws.lambda_.Permission(
        "daily",
        statement_id="daily",
        function=worker.name,
        action="lambda:InvokeFunction",
        principal="events.amazonaws.com",
        source_arn=RULE,
        source_account=ACCOUNT,
    )
    aws.lambda_.Permission("owner", function=worker.arn, action="lambda:InvokeFunction", principal=ACCOUNT)
    aws.lambda_.EventSourceMapping(
        "tasks",
        event_source_arn=tasks.arn,
        function_name=worker.arn,
        batch_size=5 if later else 10,
        enabled=not later,
        function_response_types=[] if later else ["ReportBatchItemFailures"],
        maximum_batching_window_in_seconds=6 if later else 5,
        scaling_config={"maximum_concurrency": 7 if later else 5},
        tags={"Team": DESCRIPTION[later]},
    )
    aws.lambda_.FunctionUrl(
        "worker",
        function_name=worker.name,
        authorization_type="AWS_IAM",
        cors={"allow_origins": [f"https://{DESCRIPTION[later]}.example.com"], "max_age": 60},
        invoke_mode="RESPONSE_STREAM" if later else "BUFFERED",
    )
    machine(worker, roles[later], later)
    files(worker, tasks, later)


def machine(worker: Any, role: Any, later: bool) -> None:
    task = {"Type": "Task", "Comment": DESCRIPTION[later], "Resource": worker.arn, "End": True}
    aws.sfn.StateMachine(
        "pipeline",
        name="pipeline",
        role_arn=role.arn,
        type="STANDARD",
        definition=pulumi.Output.json_dumps({"StartAt": "Work", "States": {"Work": task}}),
        logging_configuration={
            "level": "ALL" if later else "ERROR",
            "include_execution_data": later,
            "log_destination": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:pipeline:*",
        },
        tracing_configuration={"enabled": not later},
        tags={"Team": DESCRIPTION[later]},
    )


def files(worker: Any, queue: Any, later: bool) -> None:
    bucket = aws.s3.Bucket("files", bucket="files-of-functions", force_destroy=True)
    aws.s3.BucketNotification(
        "files",
        bucket=bucket.bucket,
        lambda_functions=[
            {
                "lambda_function_arn": worker.arn,
                "events": ["s3:ObjectCreated:*"],
                "filter_prefix": f"{DESCRIPTION[later]}/",
                "filter_suffix": ".csv",
            }
        ],
        queues=[{"id": "gone", "queue_arn": queue.arn, "events": ["s3:ObjectRemoved:*"]}],
    )


def left(clients: Clients) -> dict[str, Any]:
    return {
        "functions": clients["lambda"].list_functions()["Functions"],
        "mappings": clients["lambda"].list_event_source_mappings()["EventSourceMappings"],
        "state machines": clients.stepfunctions.list_state_machines()["stateMachines"],
        "queues": clients.sqs.list_queues().get("QueueUrls", []),
    }


def zipped() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr("handler.py", "")
    return written.getvalue()


def function(server: Clients) -> dict[str, Any]:
    """A function as the server tells it, with everything that it might lose at first or when it changes."""
    functions, iam = server["lambda"], server.iam
    role = iam.create_role(RoleName="lossy", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    code, lossy = zipped(), {"FunctionName": "lossy"}
    first = {
        "KMSKeyArn": KEY,
        "TracingConfig": {"Mode": "Active"},
        "EphemeralStorage": {"Size": 1024},
        "LoggingConfig": {"LogFormat": "JSON"},
        "DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"},
    }
    functions.create_function(
        **lossy,
        **first,
        Role=role,
        Runtime="python3.13",
        Handler="handler.handler",
        Code={"ZipFile": code},
        Architectures=["arm64"],
    )
    changed = {"KMSKeyArn": "", "TracingConfig": {"Mode": "PassThrough"}, "EphemeralStorage": {"Size": 512}}
    functions.update_function_configuration(**lossy, **changed)
    functions.update_function_code(**lossy, ZipFile=code, Architectures=["x86_64"])
    found = functions.get_function(**lossy)["Configuration"]
    functions.delete_function(**lossy)
    iam.delete_role(RoleName="lossy")
    return dict(found)


def invoke_mode(server: Clients) -> str:
    functions, iam = server["lambda"], server.iam
    role = iam.create_role(RoleName="lossy", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    asked = {"Runtime": "python3.13", "Handler": "handler.handler", "Code": {"ZipFile": zipped()}}
    functions.create_function(FunctionName="lossy", Role=role, **asked)
    functions.create_function_url_config(FunctionName="lossy", AuthType="AWS_IAM", InvokeMode="BUFFERED")
    functions.update_function_url_config(FunctionName="lossy", InvokeMode="RESPONSE_STREAM")
    found = functions.get_function_url_config(FunctionName="lossy")["InvokeMode"]
    functions.delete_function_url_config(FunctionName="lossy")
    functions.delete_function(FunctionName="lossy")
    iam.delete_role(RoleName="lossy")
    return str(found)


CASE = Case(
    modules=("sqs", "lambda_function", "lambda_triggers", "s3_notification", "sfn"),
    program=functions,
    left=left,
    constant=frozenset({PERMISSION.token}),
    untold=frozenset({"code", "publish", "function"}),
    import_ids={PERMISSION.token: lambda state: f"{state['function'].rpartition(':')[2]}/{state['statementId']}"},
    probes={
        (FUNCTION.token, "deadLetterConfig"): lambda server: "DeadLetterConfig" not in function(server),
        (FUNCTION.token, "loggingConfig"): lambda server: "LoggingConfig" not in function(server),
        (FUNCTION.token, "ephemeralStorage"): lambda server: function(server)["EphemeralStorage"]["Size"] == 1024,
        (FUNCTION.token, "kmsKeyArn"): lambda server: function(server)["KMSKeyArn"] == KEY,
        (FUNCTION.token, "tracingConfig"): lambda server: function(server)["TracingConfig"]["Mode"] == "Active",
        (FUNCTION.token, "architectures"): lambda server: function(server)["Architectures"] == ["arm64"],
        (FUNCTION_URL.token, "invokeMode"): lambda server: invoke_mode(server) == "BUFFERED",
    },
)
