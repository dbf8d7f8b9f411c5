"""The compute-lambda stack: functions, who may do what, what calls them, what is refused."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks import compute_lambda
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

DEV, STAGE, PROD = EnvironmentName.DEV, EnvironmentName.STAGE, EnvironmentName.PROD
KEY, LOG_KEY, DATABASE_KEY = (f"arn:aws:kms:eu-central-1:410000000017:key/{number}" for number in (1, 2, 3))
BUCKET = {"primaryBucketName": "files", "primaryBucketArn": "arn:aws:s3:::files"}
ARTIFACTS = {"artifactsBucketName": "code", "artifactsBucketArn": "arn:aws:s3:::code"}
SIGNING_KEY = "arn:aws:secretsmanager:eu-central-1:410000000017:secret:jwt"
DATABASE = {
    "databaseCredentialsSecretArn": "arn:aws:secretsmanager:eu-central-1:410000000017:secret:facts",
    "primaryMasterUserSecretArn": "arn:aws:secretsmanager:eu-central-1:410000000017:secret:master",
}
WIRED: dict[str, Any] = {
    "privateSubnetIds": ["subnet-1", "subnet-2"],
    "lambdaSgId": "sg-1",
    "applicationKeyArn": KEY,
    "infrastructureKeyArn": LOG_KEY,
    "databaseKeyArn": DATABASE_KEY,
}
AROUND = {**BUCKET, **ARTIFACTS, **DATABASE, "jwtSigningKeyArn": SIGNING_KEY}
ALL = ["api-processor", "data-processor", "scheduler", "file-processor", "auth-handler", "notification-handler"]
FLAGS = ("enablePipeline", "enableFileProcessor", "enableNotifications", "enableFunctionUrl")


def functions(environment: EnvironmentName = DEV, preview: bool = False, **inputs: Any) -> Picture:
    return picture_of(sample_target("compute-lambda", environment), {**WIRED, **inputs}, preview=preview)


def everything(environment: EnvironmentName = DEV, **inputs: Any) -> Picture:
    return functions(environment, **AROUND, **dict.fromkeys(FLAGS, True), enabledFunctions=ALL, **inputs)


def function(picture: Picture, name: str) -> dict[str, Any]:
    return picture.one("Function", name).inputs


def statements(picture: Picture, name: str) -> list[dict[str, Any]]:
    return list(json.loads(picture.one("RolePolicy", name).inputs["policy"])["Statement"])


def actions(picture: Picture, name: str) -> set[str]:
    found = [one["Action"] for one in statements(picture, name)]
    return {action for one in found for action in ([one] if isinstance(one, str) else one)}


class TestFunctions:
    def test_three_of_them_unless_asked_otherwise(self) -> None:
        picture = functions()
        assert [one.name for one in picture.of("Function")] == ["api-processor", "data-processor", "scheduler"]
        assert picture.outputs["schedulerArn"] == "arn:aws:test:::Function/scheduler"
        assert picture.outputs["schedulerName"] == "web-shop-d1brv40-dev-compute-lambda-scheduler"
        assert picture.outputs.get("authHandlerArn") is None
        assert set(picture.outputs["lambdaRoleArns"]) == {"api-processor", "data-processor", "scheduler"}

    @pytest.mark.parametrize(
        ("name", "size"),
        [
            ("api-processor", (512, 30)),
            ("data-processor", (1024, 300)),
            ("scheduler", (512, 600)),
            ("file-processor", (2048, 300)),
            ("auth-handler", (256, 30)),
            ("notification-handler", (256, 60)),
        ],
    )
    def test_sizes(self, name: str, size: tuple[int, int]) -> None:
        found = function(functions(enabledFunctions=[name]), name)
        assert (found["memorySize"], found["timeout"]) == size
        assert (found["runtime"], found["architectures"], found["kmsKeyArn"]) == ("python3.13", ["arm64"], KEY)

    def test_the_manifest_has_the_last_word(self) -> None:
        own = {"scheduler": {"memoryMb": 256, "timeoutS": 20, "vpc": True, "concurrency": 2}}
        picture = functions(functions=own, reservedConcurrency=4)
        found = function(picture, "scheduler")
        assert (found["memorySize"], found["timeout"], found["reservedConcurrentExecutions"]) == (256, 20, 2)
        assert found["vpcConfig"] == {"subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]}
        assert function(picture, "api-processor")["reservedConcurrentExecutions"] == 4
        assert "reservedConcurrentExecutions" not in function(functions(), "scheduler")

    def test_only_what_speaks_to_the_database_is_inside_the_vpc(self) -> None:
        picture = everything()
        inside = [one.name for one in picture.of("Function") if "vpcConfig" in one.inputs]
        assert inside == ["api-processor", "data-processor"]
        assert [one.name for one in picture.of("RolePolicyAttachment")] == ["api-processor-vpc", "data-processor-vpc"]

    def test_logs_end_and_are_encrypted(self) -> None:
        for environment, days in ((DEV, 7), (STAGE, 14), (PROD, 30)):
            groups = everything(environment).of("LogGroup")
            assert {one.inputs["retentionInDays"] for one in groups} == {days}
            assert {one.inputs["kmsKeyId"] for one in groups} == {LOG_KEY}
        picture = functions()
        name = function(picture, "scheduler")["name"]
        assert picture.one("LogGroup", "scheduler").inputs["name"] == f"/aws/lambda/{name}"
        assert "scheduler" in picture.one("Function", "scheduler").depends_on

    def test_tracing_outside_of_dev(self) -> None:
        assert function(functions(), "scheduler")["tracingConfig"] == {"mode": "PassThrough"}
        stage = functions(STAGE)
        assert function(stage, "scheduler")["tracingConfig"] == {"mode": "Active"}
        assert "xray:PutTraceSegments" in actions(stage, "scheduler")
        assert "xray:PutTraceSegments" not in actions(functions(), "scheduler")


class TestCode:
    @staticmethod
    def stand_in() -> Any:
        file = Path(compute_lambda.__file__).parent / "code" / "handler.py"
        spec = importlib.util.spec_from_file_location("stand_in", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.handler

    def test_it_begins_with_a_stand_in_that_no_update_brings_back(self) -> None:
        found = functions().one("Function", "scheduler")
        (text,) = [asset["text"] for asset in found.inputs["code"]["assets"].values()]
        assert "def handler(event" in text
        assert found.ignore_changes == ["code"]
        assert found.inputs["handler"] == "handler.handler"

    def test_the_stand_in_hands_tasks_back(self) -> None:
        event = {"Records": [{"messageId": "1", "body": "a"}, {"messageId": "2", "body": "b"}]}
        failed = self.stand_in()(event, None)["batchItemFailures"]
        assert failed == [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]

    @pytest.mark.parametrize("event", [{"job": "daily"}, {"Records": [{"s3": {}}]}, "text", None])
    def test_the_stand_in_tells_other_callers_that_it_is_one(self, event: Any) -> None:
        assert self.stand_in()(event, None)["statusCode"] == 501

    def test_it_can_come_from_the_artifacts_bucket(self) -> None:
        found = functions(**ARTIFACTS, codeBucketPrefix="functions/").one("Function", "scheduler")
        assert (found.inputs["s3Bucket"], found.inputs["s3Key"]) == ("code", "functions/scheduler.zip")
        assert "code" not in found.inputs
        assert found.ignore_changes == []


class TestRights:
    def test_each_function_has_a_role_that_lambda_takes_for_this_account(self) -> None:
        picture = functions()
        for name in ("api-processor", "data-processor", "scheduler"):
            assert function(picture, name)["role"] == f"arn:aws:test:::Role/{name}"
            trusted = json.loads(picture.one("Role", name).inputs["assumeRolePolicy"])["Statement"][0]
            assert trusted["Principal"] == {"Service": "lambda.amazonaws.com"}
            assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": "410000000017"}}

    @pytest.mark.parametrize(
        ("name", "services"),
        [
            ("api-processor", {"logs", "sqs", "sns", "kms", "secretsmanager"}),
            ("data-processor", {"logs", "sqs", "sns", "kms", "secretsmanager", "s3"}),
            ("scheduler", {"logs", "sqs", "sns", "kms"}),
            ("file-processor", {"logs", "sqs", "kms", "s3"}),
            ("auth-handler", {"logs", "kms", "secretsmanager"}),
            ("notification-handler", {"logs", "sqs", "kms"}),
        ],
    )
    def test_a_function_may_do_what_it_needs_and_no_more(self, name: str, services: set[str]) -> None:
        assert {action.partition(":")[0] for action in actions(everything(), name)} == services

    def test_nothing_is_about_everything_but_traces(self) -> None:
        picture = everything(PROD)
        for name in ALL:
            wide = [one for one in statements(picture, name) if one["Resource"] == "*"]
            assert [one["Sid"] for one in wide] == ["Traces"]
            assert "*" not in "".join(actions(picture, name))

    def test_keys_are_used_through_the_service_that_holds_the_data(self) -> None:
        uses = [one for one in statements(everything(), "data-processor") if "kms:Decrypt" in one["Action"]]
        through = {(one["Resource"], one["Condition"]["StringEquals"]["kms:ViaService"]) for one in uses}
        assert through == {
            (KEY, "sqs.eu-central-1.amazonaws.com"),
            (KEY, "s3.eu-central-1.amazonaws.com"),
            (DATABASE_KEY, "secretsmanager.eu-central-1.amazonaws.com"),
            (LOG_KEY, "sns.eu-central-1.amazonaws.com"),
        }

    def test_variables_tell_where_secrets_are_not_what(self) -> None:
        assert function(everything(), "api-processor")["environment"]["variables"] == {
            "ENVIRONMENT": "dev",
            "TASK_QUEUE_URL": "https://sqs.test/tasks",
            "JWT_SIGNING_KEY_ARN": SIGNING_KEY,
            "DATABASE_CREDENTIALS_SECRET_ARN": DATABASE["databaseCredentialsSecretArn"],
            "DATABASE_MASTER_USER_SECRET_ARN": DATABASE["primaryMasterUserSecretArn"],
            "NOTIFICATIONS_TOPIC_ARN": "arn:aws:test:::Topic/notifications",
        }

    def test_without_a_database_nothing_speaks_of_one(self) -> None:
        picture = functions(databaseCredentialsSecretArn=None, primaryMasterUserSecretArn=None)
        assert function(picture, "api-processor")["environment"]["variables"] == {
            "ENVIRONMENT": "dev",
            "TASK_QUEUE_URL": "https://sqs.test/tasks",
        }
        assert not any(action.startswith("secretsmanager") for action in actions(picture, "api-processor"))


class TestQueues:
    def test_they_are_encrypted_and_give_up_to_the_dead_letters(self) -> None:
        picture = functions()
        tasks, dead = picture.one("Queue", "tasks").inputs, picture.one("Queue", "dead-letters").inputs
        assert tasks["kmsMasterKeyId"] == dead["kmsMasterKeyId"] == KEY
        redrive = json.loads(tasks["redrivePolicy"])
        assert redrive == {"deadLetterTargetArn": "arn:aws:test:::Queue/dead-letters", "maxReceiveCount": 5}
        assert picture.outputs["taskDlqArn"] == redrive["deadLetterTargetArn"]

    def test_nobody_else_gets_a_message_while_a_function_may_be_at_work(self) -> None:
        assert functions().one("Queue", "tasks").inputs["visibilityTimeoutSeconds"] == 1800
        longer = functions(functions={"data-processor": {"timeoutS": 900}})
        assert longer.one("Queue", "tasks").inputs["visibilityTimeoutSeconds"] == 5400

    def test_tasks_feed_the_data_processor(self) -> None:
        found = functions().one("EventSourceMapping").inputs
        assert (found["batchSize"], found["functionResponseTypes"]) == (10, ["ReportBatchItemFailures"])
        assert found["functionName"] == "arn:aws:test:::Function/data-processor"
        assert functions(enabledFunctions=["scheduler"]).of("EventSourceMapping") == []


class TestSchedules:
    def test_the_scheduler_hears_which_job_it_is(self) -> None:
        picture = functions()
        assert picture.one("EventRule", "daily").inputs["scheduleExpression"] == "cron(0 6 * * ? *)"
        assert picture.one("EventRule", "hourly-cleanup").inputs["scheduleExpression"] == "rate(1 hour)"
        for name in ("daily", "hourly-cleanup"):
            target = picture.one("EventTarget", name).inputs
            assert json.loads(target["input"]) == {"job": name}
            admitted = picture.one("Permission", name).inputs
            assert admitted["sourceArn"] == f"arn:aws:test:::EventRule/{name}"
            assert (admitted["principal"], admitted["sourceAccount"]) == ("events.amazonaws.com", "410000000017")
        assert picture.outputs["hourlyCleanupRuleArn"] == "arn:aws:test:::EventRule/hourly-cleanup"

    @pytest.mark.parametrize(
        "inputs", [{"dailySchedule": "", "hourlyCleanup": False}, {"enabledFunctions": ["api-processor"]}]
    )
    def test_they_can_be_off(self, inputs: dict[str, Any]) -> None:
        picture = functions(**inputs)
        assert picture.of("EventRule") == picture.of("Permission") == []
        assert picture.outputs.get("dailySchedulerRuleArn") is None


class TestOnDemand:
    def test_nothing_of_it_by_itself(self) -> None:
        picture = functions(PROD, **AROUND)
        for kind in ("StateMachine", "BucketNotification", "Topic", "FunctionUrl"):
            assert picture.of(kind) == []
        for name in ("notificationsTopicArn", "notificationQueueUrl", "dataPipelineArn", "apiProcessorFunctionUrl"):
            assert picture.outputs.get(name) is None

    def test_the_pipeline_runs_the_data_processor_and_logs(self) -> None:
        picture = functions(enablePipeline=True)
        machine = picture.one("StateMachine").inputs
        definition = json.loads(machine["definition"])
        process = definition["States"]["Process"]
        assert process["Parameters"]["FunctionName"] == "arn:aws:test:::Function/data-processor"
        assert process["Catch"][0]["ErrorEquals"] == ["States.ALL"]
        assert machine["loggingConfiguration"]["logDestination"] == "arn:aws:test:::LogGroup/pipeline:*"
        assert picture.one("LogGroup", "pipeline").inputs["name"].startswith("/aws/vendedlogs/states/")
        assert picture.outputs["dataPipelineArn"] == "arn:aws:test:::StateMachine/pipeline"

    def test_new_files_call_the_file_processor(self) -> None:
        picture = functions(enableFileProcessor=True, **BUCKET)
        (told,) = picture.one("BucketNotification").inputs["lambdaFunctions"]
        assert (told["filterPrefix"], told["events"]) == ("uploads/", ["s3:ObjectCreated:*"])
        admitted = picture.one("Permission", "files").inputs
        assert (admitted["principal"], admitted["sourceArn"]) == ("s3.amazonaws.com", "arn:aws:s3:::files")
        assert "files" in picture.one("BucketNotification").depends_on
        assert "fileProcessorArn" in picture.outputs

    def test_notifications_go_through_an_encrypted_topic_into_a_queue(self) -> None:
        picture = functions(enableNotifications=True)
        assert picture.one("Topic").inputs["kmsMasterKeyId"] == LOG_KEY
        assert picture.one("Queue", "notifications").inputs["kmsMasterKeyId"] == LOG_KEY
        (delivery,) = json.loads(picture.one("QueuePolicy").inputs["policy"])["Statement"]
        assert delivery["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:aws:test:::Topic/notifications"}}
        mapping = picture.one("EventSourceMapping", "notifications").inputs
        assert mapping["functionName"] == "arn:aws:test:::Function/notification-handler"
        assert picture.outputs["notificationQueueUrl"] == "https://sqs.test/notifications"

    def test_the_web_address_wants_signed_calls(self) -> None:
        picture = functions(enableFunctionUrl=True)
        assert picture.one("FunctionUrl").inputs["authorizationType"] == "AWS_IAM"
        assert picture.outputs["apiProcessorFunctionUrl"] == "https://api-processor.test/"


class TestAlarms:
    def test_they_watch_functions_and_queues(self) -> None:
        found = {one.name: one.inputs for one in functions().of("MetricAlarm")}
        assert set(found) == {
            "api-processor-duration",
            "api-processor-errors",
            "data-processor-duration",
            "data-processor-errors",
            "scheduler-duration",
            "scheduler-errors",
            "task-age",
            "dead-letters",
        }
        assert found["scheduler-duration"]["threshold"] == 480000
        assert (found["task-age"]["threshold"], found["dead-letters"]["threshold"]) == (900, 0)
        assert "alarmActions" not in found["task-age"]

    def test_a_topic_hears_of_them(self) -> None:
        topic = "arn:aws:sns:eu-central-1:410000000017:alerts"
        assert {tuple(one.inputs["alarmActions"]) for one in functions(alarmTopicArn=topic).of("MetricAlarm")} == {
            (topic,)
        }


@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_a_preview_needs_no_other_stack(environment: EnvironmentName) -> None:
    unknown = dict.fromkeys([*WIRED, *AROUND], UNKNOWN)
    flags = dict.fromkeys(FLAGS, True)
    picture = functions(environment, preview=True, **unknown, **flags, enabledFunctions=ALL, codeBucketPrefix="v1/")
    assert len(picture.of("Function")) == 6
    assert function(picture, "scheduler")["s3Bucket"] is UNKNOWN
    assert picture.outputs["taskQueueUrl"] is UNKNOWN


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"enabledFunctions": ["worker"]}, "enabledFunctions.0 = ['worker']: Input should be 'api-processor'"),
        ({"enabledFunctions": ["scheduler", "scheduler"]}, "must not hold the same value twice"),
        ({"functions": {"scheduler": {"memoryMb": 64}}}, "functions.scheduler.memoryMb"),
        ({"functions": {"scheduler": {"timeoutS": 901}}}, "Input should be less than or equal to 900"),
        ({"functions": {"scheduler": {"timeoutS": "30"}}}, "Input should be a valid integer"),
        ({"functions": {"scheduler": {"memory": 512}}}, "functions.scheduler.memory"),
        ({"functions": {"worker": {}}}, "functions.worker"),
        ({"runtime": "python3.9"}, "runtime = 'python3.9': Input should be 'python3.12'"),
        ({"logRetentionDays": 8}, "logRetentionDays = 8: Input should be 1"),
        ({"reservedConcurrency": -1}, "reservedConcurrency = -1: Input should be greater than or equal to 0"),
        ({"dailySchedule": "daily"}, "dailySchedule = 'daily': String should match"),
        ({"codeBucketPrefix": "functions"}, "codeBucketPrefix = 'functions': String should match"),
        ({"codeBucketPrefix": "functions/"}, "needs the storage stack's artifacts bucket: set artifactsBucketName"),
        ({"enableFileProcessor": True}, "needs the storage stack's primary bucket: set primaryBucketName"),
        ({"enablePipeline": True, "enabledFunctions": []}, "enablePipeline = True: needs data-processor"),
        ({"enableFunctionUrl": True, "enabledFunctions": []}, "enableFunctionUrl = True: needs api-processor"),
        ({"applicationKeyArn": "key"}, "applicationKeyArn = 'key': String should match"),
        ({"enableXrayTracing": True}, "did you mean 'enableXRayTracing'?"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        functions(**inputs)
    assert message in caught.value.message
