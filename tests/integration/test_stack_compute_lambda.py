"""The compute-lambda stack through the real engine, on an AWS server, checked with boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from stacks.testing_deployments import REGION, Deployment, security_keys

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
PREFIX = "web-shop-d1brv40-dev-compute-lambda-"
ALL = ["api-processor", "data-processor", "scheduler", "file-processor", "auth-handler", "notification-handler"]
EVERYTHING: dict[str, Any] = {
    "enabledFunctions": ALL,
    "enablePipeline": True,
    "enableFileProcessor": True,
    "enableNotifications": True,
    "enableFunctionUrl": True,
}


def around(account: str) -> dict[str, dict[str, Any]]:
    """What the other stacks give; the server looks at none of it but the bucket."""
    secret = f"arn:aws:secretsmanager:{REGION}:{account}:secret:"
    keys = {**security_keys(account), "databaseKeyArn": f"arn:aws:kms:{REGION}:{account}:key/3333"}
    return {
        "network": {"privateSubnetIds": ["subnet-1", "subnet-2"]},
        "security": {**keys, "lambdaSgId": "sg-1"},
        "storage": {
            f"{what}Bucket{part}": f"{'arn:aws:s3:::' if part == 'Arn' else ''}shop-{account}-{what}"
            for what in ("primary", "artifacts")
            for part in ("Name", "Arn")
        },
        "secrets": {"jwtSigningKeyArn": f"{secret}jwt"},
        "database-rds": {
            "databaseCredentialsSecretArn": f"{secret}facts",
            "primaryMasterUserSecretArn": f"{secret}master",
        },
    }


def with_bucket(deployment: Deployment) -> Deployment:
    name = deployment.outputs["storage"]["primaryBucketName"]
    s3 = deployment.account.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return deployment


@pytest.fixture(scope="module")
def working(new_deployment: NewDeployment) -> Deployment:
    """The stack in dev with everything on, deployed; tests only look at it."""
    account = "410000000017"
    deployment = with_bucket(new_deployment(account, **around(account)))
    deployment.up("compute-lambda", **EVERYTHING)
    return deployment


class TestDeployed:
    def test_functions_are_small_traced_and_tagged(self, working: Deployment) -> None:
        functions, outputs = working.account.client("lambda"), working.outputs["compute-lambda"]
        found = {one["FunctionName"]: one for one in functions.list_functions()["Functions"]}
        assert set(found) == {f"{PREFIX}{name}" for name in ALL}
        worker = functions.get_function(FunctionName=f"{PREFIX}data-processor")
        configuration = worker["Configuration"]
        assert (configuration["Runtime"], configuration["Architectures"]) == ("python3.13", ["arm64"])
        assert (configuration["Timeout"], configuration["MemorySize"]) == (300, 1024)
        assert configuration["VpcConfig"]["SubnetIds"] == ["subnet-1", "subnet-2"]
        assert configuration["KMSKeyArn"] == working.outputs["security"]["applicationKeyArn"]
        assert configuration["FunctionArn"] == outputs["dataProcessorArn"]
        assert worker["Tags"]["Stack"] == "compute-lambda"

    def test_roles_may_do_what_their_function_needs(self, working: Deployment) -> None:
        iam, outputs = working.account.client("iam"), working.outputs["compute-lambda"]
        role = outputs["lambdaRoleArns"]["scheduler"].rpartition("/")[2]
        (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        send = next(one for one in document["Statement"] if one["Action"] == "sqs:SendMessage")
        assert send["Resource"] == outputs["taskQueueArn"]

    def test_tasks_reach_the_data_processor_or_the_dead_letters(self, working: Deployment) -> None:
        sqs, outputs = working.account.client("sqs"), working.outputs["compute-lambda"]
        asked = {"QueueUrl": outputs["taskQueueUrl"], "AttributeNames": ["All"]}
        attributes = sqs.get_queue_attributes(**asked)["Attributes"]
        assert json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"] == outputs["taskDlqArn"]
        assert attributes["KmsMasterKeyId"] == working.outputs["security"]["applicationKeyArn"]
        assert attributes["VisibilityTimeout"] == "1800"
        found = working.account.client("lambda").list_event_source_mappings(EventSourceArn=outputs["taskQueueArn"])
        (mapping,) = found["EventSourceMappings"]
        assert mapping["FunctionArn"] == outputs["dataProcessorArn"]
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]

    def test_the_clock_calls_the_scheduler(self, working: Deployment) -> None:
        events, outputs = working.account.client("events"), working.outputs["compute-lambda"]
        rules = {rule["Arn"]: rule for rule in events.list_rules()["Rules"]}
        assert set(rules) == {outputs["dailySchedulerRuleArn"], outputs["hourlyCleanupRuleArn"]}
        for rule in rules.values():
            (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            assert target["Arn"] == outputs["schedulerArn"]
        policy = working.account.client("lambda").get_policy(FunctionName=outputs["schedulerName"])["Policy"]
        admitted = [one["Condition"]["ArnLike"]["AWS:SourceArn"] for one in json.loads(policy)["Statement"]]
        assert set(admitted) == set(rules)

    def test_notifications_arrive_in_their_queue(self, working: Deployment) -> None:
        outputs = working.outputs["compute-lambda"]
        working.account.client("sns").publish(TopicArn=outputs["notificationsTopicArn"], Message="hello")
        received = working.account.client("sqs").receive_message(QueueUrl=outputs["notificationQueueUrl"])
        assert [message["Body"] for message in received["Messages"]] == ["hello"]

    def test_new_files_the_pipeline_and_the_web_address(self, working: Deployment) -> None:
        outputs = working.outputs["compute-lambda"]
        bucket = working.outputs["storage"]["primaryBucketName"]
        told = working.account.client("s3").get_bucket_notification_configuration(Bucket=bucket)
        assert told["LambdaFunctionConfigurations"][0]["LambdaFunctionArn"] == outputs["fileProcessorArn"]
        machine = working.account.client("stepfunctions").describe_state_machine(
            stateMachineArn=outputs["dataPipelineArn"]
        )
        assert outputs["dataProcessorArn"] in machine["definition"]
        assert machine["loggingConfiguration"]["level"] == "ERROR"
        assert outputs["apiProcessorFunctionUrl"].startswith("https://")

    def test_logs_end_and_alarms_watch(self, working: Deployment) -> None:
        groups = working.account.client("logs").describe_log_groups()["logGroups"]
        assert {group["retentionInDays"] for group in groups} == {7}
        assert len(groups) == 7
        assert len(working.account.client("cloudwatch").describe_alarms()["MetricAlarms"]) == 14

    def test_a_second_run_changes_nothing(self, working: Deployment) -> None:
        assert set(working.up("compute-lambda", **EVERYTHING)) == {"same"}


def test_changes_touch_only_what_they_are_about(new_deployment: NewDeployment) -> None:
    account = "410000000025"
    deployment = with_bucket(new_deployment(account, **around(account)))
    assert set(deployment.up("compute-lambda")) == {"create"}
    longer = {"functions": {"data-processor": {"timeoutS": 600}}}
    changed = deployment.up("compute-lambda", **longer)
    # The function, its alarm, and the queue whose messages it hides for longer.
    assert {action: count for action, count in changed.items() if action != "same"} == {"update": 3}

    # Code that the pipeline brought stays.
    functions, name = deployment.account.client("lambda"), deployment.outputs["compute-lambda"]["schedulerName"]
    functions.update_function_code(FunctionName=name, ZipFile=b"PK\x05\x06" + b"\x00" * 18)
    brought = functions.get_function(FunctionName=name)["Configuration"]["CodeSha256"]
    deployment.up("compute-lambda", **longer, hourlyCleanup=False)
    assert functions.get_function(FunctionName=name)["Configuration"]["CodeSha256"] == brought

    deployment.stack("compute-lambda").destroy()
    assert set(deployment.account.left_over()) <= {"buckets"}


def test_prod_without_a_database(new_deployment: NewDeployment) -> None:
    account = "410000000033"
    given = {**around(account), "database-rds": dict.fromkeys(around(account)["database-rds"])}
    deployment = new_deployment(account, EnvironmentName.PROD, **given)
    assert set(deployment.up("compute-lambda")) == {"create"}
    functions, outputs = deployment.account.client("lambda"), deployment.outputs["compute-lambda"]
    found = functions.get_function(FunctionName=outputs["apiProcessorName"])["Configuration"]
    assert found["TracingConfig"] == {"Mode": "Active"}
    assert not any(name.startswith("DATABASE") for name in found["Environment"]["Variables"])
    assert set(deployment.up("compute-lambda")) == {"same"}
    deployment.stack("compute-lambda").destroy()
    assert deployment.account.left_over() == {}
