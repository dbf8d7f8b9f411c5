"""Functions and queues: drift, new objects in place of old ones, what is taken away, refusals. Their whole life is in
`provider_cases/functions.py`."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation

from sandbox.provider.testing import Clients, changes
from sandbox.provider.testing.cases import REGION

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

KEY = f"arn:aws:kms:{REGION}:123456789012:key/11111111-2222-3333-4444-555555555555"
TRUST = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)
EVENTS = {"action": "lambda:InvokeFunction", "principal": "events.amazonaws.com"}
DECORATED = {"description": "worker", "environment": {"variables": {"A": "b"}}, "reserved_concurrent_executions": 2}


def everything(name: str = "worker", queue: Any = None, code: str = "1", **more: Any) -> None:
    """A function that a queue and a rule call; another name makes new ones."""
    tasks = aws.sqs.Queue("tasks", name=name, **({"kms_master_key_id": KEY} if queue is None else queue))
    role = aws.iam.Role("role", name="worker", assume_role_policy=TRUST)
    function = aws.lambda_.Function(
        "worker",
        name=name,
        role=role.arn,
        runtime="python3.13",
        handler="handler.handler",
        code=pulumi.AssetArchive({"handler.py": pulumi.StringAsset(f"def handler(event, context): return {code}")}),
        **more,
    )
    aws.lambda_.Permission("rule", statement_id="rule", function=function.name, **EVENTS)
    aws.lambda_.EventSourceMapping("tasks", event_source_arn=tasks.arn, function_name=function.arn, batch_size=10)


def the_function(clients: Clients) -> dict[str, Any]:
    return dict(clients["lambda"].get_function(FunctionName="worker")["Configuration"])


def test_changes_behind_our_back_are_found_and_undone(deploy: Any, clients: Clients) -> None:
    stack = deploy(everything)
    stack.up()
    functions, (mapping,) = clients["lambda"], clients["lambda"].list_event_source_mappings()["EventSourceMappings"]
    functions.update_function_configuration(FunctionName="worker", Timeout=99)
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    functions.remove_permission(FunctionName="worker", StatementId="rule")
    url = clients.sqs.get_queue_url(QueueName="worker")["QueueUrl"]
    clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "77"})
    assert changes(stack.refresh()) == {"update": 3, "delete": 1}
    assert changes(stack.up()) == {"update": 3, "create": 1}
    assert changes(stack.refresh()) == {}
    assert the_function(clients)["Timeout"] == 3


def test_new_code_is_sent_and_only_new_code(deploy: Any, clients: Clients) -> None:
    deploy(everything).up()
    before = the_function(clients)["CodeSha256"]
    assert changes(deploy(lambda: everything(code="2")).up()) == {"update": 1}
    assert the_function(clients)["CodeSha256"] != before
    assert changes(deploy(lambda: everything(code="2")).up()) == {}


def test_what_the_program_takes_out_is_taken_away(deploy: Any, clients: Clients) -> None:
    deploy(lambda: everything(**DECORATED)).up()
    stack = deploy(lambda: everything(queue={}))
    assert changes(stack.up()) == {"update": 2}
    found = the_function(clients)
    assert (found["Description"], found.get("Environment")) == ("", None)
    assert "Concurrency" not in clients["lambda"].get_function(FunctionName="worker")
    url = clients.sqs.get_queue_url(QueueName="worker")["QueueUrl"]
    assert "KmsMasterKeyId" not in clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert changes(stack.refresh()) == {}


def test_what_aws_can_not_change_is_made_anew(deploy: Any, clients: Clients) -> None:
    deploy(everything).up()
    stack = deploy(lambda: everything("others"))
    # All but the role.
    assert changes(stack.up()) == {"replace": 4}
    assert [one["FunctionName"] for one in clients["lambda"].list_functions()["Functions"]] == ["others"]
    assert changes(stack.refresh()) == {}


def test_refusals_carry_the_words_of_aws(deploy: Any) -> None:
    def program() -> None:
        everything()
        aws.lambda_.Permission("again", statement_id="rule", function="nowhere", **EVENTS)
        aws.sqs.Queue("wrong", name="not good")

    with pytest.raises(automation.CommandError) as caught:
        deploy(program).up(continue_on_error=True)
    assert "ResourceNotFoundException: Function not found" in str(caught.value)
    assert "InvalidParameterValue: Can only include alphanumeric characters" in str(caught.value)


def test_a_second_statement_of_a_name_is_refused(deploy: Any) -> None:
    deploy(everything).up()

    def program() -> None:
        everything()
        aws.lambda_.Permission("again", statement_id="rule", function="worker", **EVENTS)

    with pytest.raises(automation.CommandError, match="ResourceConflictException: The statement id"):
        deploy(program).up()
