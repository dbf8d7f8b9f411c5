"""SNS topics, and the EventBridge rules that tell them of events."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from sandbox.provider.services.events import TARGET
from sandbox.provider.services.sns import TOPIC
from sandbox.provider.testing import Case, Clients
from sandbox.provider.testing.cases import REGION

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
DESCRIPTION = {False: "first", True: "second"}


def arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def topics(later: bool) -> None:
    topic = aws.sns.Topic(
        "topic",
        name="alerts",
        display_name=f"${DESCRIPTION[later]}",
        kms_master_key_id=KEY.replace("1111-", "9999-") if later else KEY,
        delivery_policy=json.dumps({"http": {"defaultHealthyRetryPolicy": {"numRetries": 5 if later else 3}}}),
        signature_version=2 if later else 1,
        tracing_config="Active" if later else "PassThrough",
        tags={"Team": DESCRIPTION[later]},
    )
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    allowed = {**statement, "Sid": DESCRIPTION[later].title(), "Resource": topic.arn}
    policy = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.sns.TopicPolicy("topic", arn=topic.arn, policy=policy)
    aws.sns.TopicSubscription("mail", topic=topic.arn, protocol="email", endpoint="ops@example.com")
    aws.sns.TopicSubscription(
        "queue",
        topic=topic.arn,
        protocol="sqs",
        endpoint=arn("sqs", "alerts"),
        raw_message_delivery=later,
        filter_policy=json.dumps({"level": [DESCRIPTION[later]]}),
        filter_policy_scope="MessageBody",
        redrive_policy=json.dumps({"deadLetterTargetArn": arn("sqs", DESCRIPTION[later])}),
    )
    aws.sns.Topic("unnamed")


def rules(later: bool) -> None:
    rule = aws.cloudwatch.EventRule(
        "scans",
        name="scans",
        description=DESCRIPTION[later],
        event_pattern=json.dumps({"source": ["aws.ecr"], "detail": {"word": [DESCRIPTION[later]]}}),
        state="DISABLED" if later else "ENABLED",
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/{DESCRIPTION[later]}",
        tags={"Team": DESCRIPTION[later]},
    )
    aws.cloudwatch.EventTarget(
        "queue",
        rule=rule.name,
        arn=arn("sqs", f"{DESCRIPTION[later]}.fifo"),
        dead_letter_config={"arn": arn("sqs", f"dead-{DESCRIPTION[later]}")},
        retry_policy={"maximum_retry_attempts": 5 if later else 3, "maximum_event_age_in_seconds": 600},
        sqs_target={"message_group_id": DESCRIPTION[later]},
        input_transformer={
            "input_paths": {"Word": "$.detail.word"},
            "input_template": f'"{DESCRIPTION[later]} <Word>"',
        },
    )
    nightly = aws.cloudwatch.EventRule("nightly", schedule_expression="rate(2 days)" if later else "rate(1 day)")
    text = json.dumps({"word": DESCRIPTION[later]})
    aws.cloudwatch.EventTarget("text", rule=nightly.name, target_id="text", arn=arn("sns", "alerts"), input=text)


def alerts(later: bool) -> None:
    topics(later)
    rules(later)


def left(clients: Clients) -> dict[str, Any]:
    return {
        "topics": clients.sns.list_topics()["Topics"],
        "subscriptions": clients.sns.list_subscriptions()["Subscriptions"],
        "rules": clients.events.list_rules()["Rules"],
    }


def topic(server: Clients) -> dict[str, Any]:
    asked = {"SignatureVersion": "2", "TracingConfig": "Active"}
    made = server.sns.create_topic(Name="lossy", Attributes=asked)["TopicArn"]
    for name, value in asked.items():
        server.sns.set_topic_attributes(TopicArn=made, AttributeName=name, AttributeValue=value)
    found = dict(server.sns.get_topic_attributes(TopicArn=made)["Attributes"])
    server.sns.delete_topic(TopicArn=made)
    return found


CASE = Case(
    modules=("sns", "events"),
    program=alerts,
    left=left,
    import_ids={TARGET.token: lambda state: f"{state['rule']}/{state['targetId']}"},
    probes={
        (TOPIC.token, "signatureVersion"): lambda server: "SignatureVersion" not in topic(server),
        (TOPIC.token, "tracingConfig"): lambda server: "TracingConfig" not in topic(server),
    },
)
