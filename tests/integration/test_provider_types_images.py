"""The types behind image repositories and their alerts, through the real engine against a real AWS server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation

from sandbox.provider.instances import Instance
from sandbox.provider.testing import Engine, aws_server

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

REGION = "eu-central-1"
ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
CONFIG = {"aws:region": REGION, "aws:defaultTags": json.dumps({"tags": {"Project": "shop"}})}
WORD = {False: "first", True: "second"}
Program = Callable[[], None]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws_server() as url:
        yield url


@pytest.fixture(scope="module")
def instance(endpoint: str) -> Iterator[Instance]:
    started = Instance.start(endpoint)
    yield started
    started.stop()


@pytest.fixture
def engine(tmp_path: Path, instance: Instance) -> Engine:
    return Engine(tmp_path, instance)


@pytest.fixture
def client(endpoint: str) -> Callable[[str], Any]:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    session: Any = boto3
    return lambda service: session.client(service, region_name=REGION, endpoint_url=endpoint, **keys)


def changes(result: Any) -> dict[str, int]:
    """What happened, by action; the stack itself is not counted."""
    found = {str(action): count for action, count in (result.summary.resource_changes or {}).items()}
    return {action: count for action, count in found.items() if action != "same"}


def publish(sid: str, topic: Any) -> Any:
    statement = {"Sid": sid, "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    allowed = {**statement, "Action": "sns:Publish", "Resource": topic}
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [allowed]})


def topics(later: bool = False) -> Program:
    def program() -> None:
        topic = aws.sns.Topic(
            "topic",
            name="alerts",
            display_name=WORD[later],
            kms_master_key_id=KEY.replace("1111-", "9999-") if later else KEY,
            delivery_policy=json.dumps({"http": {"defaultHealthyRetryPolicy": {"numRetries": 5 if later else 3}}}),
            signature_version=2 if later else 1,
            tracing_config="Active" if later else "PassThrough",
            tags={"Team": WORD[later]},
        )
        aws.sns.TopicPolicy("topic", arn=topic.arn, policy=publish(WORD[later].title(), topic.arn))
        aws.sns.TopicSubscription("mail", topic=topic.arn, protocol="email", endpoint="ops@example.com")
        aws.sns.TopicSubscription(
            "queue",
            topic=topic.arn,
            protocol="sqs",
            endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:alerts",
            raw_message_delivery=later,
            filter_policy=json.dumps({"level": [WORD[later]]}),
            filter_policy_scope="MessageBody",
            redrive_policy=json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{WORD[later]}"}),
        )
        aws.sns.Topic("unnamed")

    return program


def rules(later: bool = False) -> Program:
    def program() -> None:
        rule = aws.cloudwatch.EventRule(
            "scans",
            name="scans",
            description=WORD[later],
            event_pattern=json.dumps({"source": ["aws.ecr"], "detail": {"word": [WORD[later]]}}),
            state="DISABLED" if later else "ENABLED",
            role_arn=f"arn:aws:iam::{ACCOUNT}:role/{WORD[later]}",
            tags={"Team": WORD[later]},
        )
        aws.cloudwatch.EventTarget(
            "queue",
            rule=rule.name,
            arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{WORD[later]}",
            dead_letter_config={"arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead-{WORD[later]}"},
            retry_policy={"maximum_retry_attempts": 5 if later else 3, "maximum_event_age_in_seconds": 600},
            input_transformer={"input_paths": {"Word": "$.detail.word"}, "input_template": f'"{WORD[later]} <Word>"'},
        )
        nightly = aws.cloudwatch.EventRule(
            "nightly", schedule_expression="rate(2 days)" if later else "rate(1 day)", tags={"Team": "ops"}
        )
        aws.cloudwatch.EventTarget(
            "text",
            rule=nightly.name,
            target_id="text",
            arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts",
            input=json.dumps({"word": WORD[later]}),
        )

    return program


def images(later: bool = False) -> Program:
    def program() -> None:
        repository = aws.ecr.Repository(
            "app",
            name="shop/app",
            image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
            image_tag_mutability_exclusion_filters=[{"filter": f"{WORD[later]}-*", "filter_type": "WILDCARD"}],
            image_scanning_configuration={"scan_on_push": later},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": KEY}],
            force_delete=True,
            tags={"Team": WORD[later]},
        )
        pull = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "ecr:BatchGetImage"}
        aws.ecr.RepositoryPolicy(
            "app",
            repository=repository.name,
            policy=json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": WORD[later].title(), **pull}]}),
        )
        aws.ecr.Repository("plain")
        aws.ecr.RegistryScanningConfiguration(
            "registry",
            scan_type="ENHANCED" if later else "BASIC",
            rules=[
                {
                    "scan_frequency": "CONTINUOUS_SCAN" if later else "SCAN_ON_PUSH",
                    "repository_filters": [{"filter": "shop*", "filter_type": "WILDCARD"}],
                }
            ],
        )
        aws.ecr.ReplicationConfiguration(
            "registry",
            replication_configuration={
                "rules": [
                    {
                        "destinations": [{"region": "eu-west-2" if later else "eu-west-1", "registry_id": ACCOUNT}],
                        "repository_filters": [{"filter": "shop", "filter_type": "PREFIX_MATCH"}],
                    }
                ]
            },
        )

    return program


def lifecycle(days: int) -> Program:
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}

    def program() -> None:
        repository = aws.ecr.Repository("app", name="tidy")
        rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
        aws.ecr.LifecyclePolicy("app", repository=repository.name, policy=json.dumps({"rules": [rule]}))

    return program


@pytest.mark.parametrize(("family", "updated"), [(topics, 3), (rules, 4), (images, 4)])
def test_a_whole_life(family: Callable[..., Program], updated: int, engine: Engine, client: Any) -> None:
    stack = engine.stack(family(), config=CONFIG)
    assert set(changes(stack.up())) == {"create"}
    assert changes(stack.up()) == {}
    assert changes(stack.refresh()) == {}

    changed = engine.stack(family(later=True), config=CONFIG)
    foreseen = changed.preview().change_summary
    result = changed.up()
    assert changes(result) == {"update": updated}
    assert {str(action): count for action, count in foreseen.items()} == dict(result.summary.resource_changes or {})
    assert changes(changed.up()) == {}
    assert changes(changed.refresh()) == {}

    assert set(changes(changed.destroy())) == {"delete"}
    assert left_over(client) == {}


def left_over(client: Callable[[str], Any]) -> dict[str, list[Any]]:
    ecr, sns = client("ecr"), client("sns")
    scanning = ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    found = {
        "topics": sns.list_topics()["Topics"],
        "subscriptions": sns.list_subscriptions()["Subscriptions"],
        "rules": client("events").list_rules()["Rules"],
        "repositories": ecr.describe_repositories()["repositories"],
        "scanning": [] if scanning == {"scanType": "BASIC", "rules": []} else [scanning],
        "replication": ecr.describe_registry()["replicationConfiguration"]["rules"],
    }
    return {kind: items for kind, items in found.items() if items}


class TestTopics:
    def test_aws_has_what_the_program_says(self, engine: Engine, client: Any) -> None:
        stack = engine.stack(topics(later=True), config=CONFIG)
        stack.up()
        sns = client("sns")
        arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        assert attributes["KmsMasterKeyId"] == KEY.replace("1111-", "9999-")
        assert json.loads(attributes["Policy"])["Statement"][0]["Sid"] == "Second"
        tags = sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == {"Project": "shop", "Team": "second"}
        found = {one["Protocol"]: one for one in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]}
        assert found["email"]["Endpoint"] == "ops@example.com"
        queue = sns.get_subscription_attributes(SubscriptionArn=found["sqs"]["SubscriptionArn"])["Attributes"]
        assert (queue["RawMessageDelivery"], queue["FilterPolicyScope"]) == ("true", "MessageBody")
        stack.destroy()

    def test_what_is_taken_out_is_taken_away(self, engine: Engine, client: Any) -> None:
        def bare() -> None:
            topic = aws.sns.Topic("topic", name="alerts")
            aws.sns.TopicSubscription(
                "queue", topic=topic.arn, protocol="sqs", endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:alerts"
            )

        engine.stack(topics(), config=CONFIG).up()
        stack = engine.stack(bare, config=CONFIG)
        assert changes(stack.up()) == {"update": 2, "delete": 3}
        attributes = client("sns").get_topic_attributes(TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts")["Attributes"]
        assert "KmsMasterKeyId" not in attributes
        assert attributes["DisplayName"] == ""
        assert json.loads(attributes["Policy"])["Id"] == "__default_policy_ID"
        assert changes(stack.refresh()) == {}
        stack.destroy()

    def test_another_name_is_another_topic(self, engine: Engine) -> None:
        engine.stack(lambda: aws.sns.Topic("topic", name="one"), config=CONFIG).up()
        stack = engine.stack(lambda: aws.sns.Topic("topic", name="two"), config=CONFIG)
        assert changes(stack.up()) == {"replace": 1}
        stack.destroy()

    def test_a_change_behind_our_back_is_found(self, engine: Engine, client: Any) -> None:
        stack = engine.stack(topics(), config=CONFIG)
        stack.up()
        sns, arn = client("sns"), f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
        sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="drifted")
        (mail,) = [one for one in sns.list_subscriptions()["Subscriptions"] if one["Protocol"] == "email"]
        sns.unsubscribe(SubscriptionArn=mail["SubscriptionArn"])
        assert changes(stack.refresh()) == {"update": 1, "delete": 1}
        assert changes(stack.up()) == {"update": 1, "create": 1}
        stack.destroy()

    def test_a_refusal_carries_the_words_of_aws(self, engine: Engine) -> None:
        stack = engine.stack(lambda: aws.sns.Topic("topic", name="not good") and None, config=CONFIG)
        with pytest.raises(automation.CommandError, match="InvalidParameter: Topic names must be made up of only"):
            stack.up()


class TestRules:
    def test_aws_has_what_the_program_says(self, engine: Engine, client: Any) -> None:
        stack = engine.stack(rules(later=True), config=CONFIG)
        stack.up()
        events = client("events")
        rule = events.describe_rule(Name="scans")
        assert (rule["State"], json.loads(rule["EventPattern"])["detail"]) == ("DISABLED", {"word": ["second"]})
        (target,) = events.list_targets_by_rule(Rule="scans")["Targets"]
        assert target["InputTransformer"]["InputPathsMap"] == {"Word": "$.detail.word"}
        assert target["RetryPolicy"] == {"MaximumRetryAttempts": 5, "MaximumEventAgeInSeconds": 600}
        stack.destroy()

    def test_another_name_moves_the_target_too(self, engine: Engine) -> None:
        def named(name: str) -> Program:
            def program() -> None:
                rule = aws.cloudwatch.EventRule("rule", name=name, schedule_expression="rate(1 day)")
                aws.cloudwatch.EventTarget(
                    "target", rule=rule.name, arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts", target_id="topic"
                )

            return program

        engine.stack(named("one"), config=CONFIG).up()
        stack = engine.stack(named("two"), config=CONFIG)
        assert changes(stack.up()) == {"replace": 2}
        stack.destroy()

    def test_a_change_behind_our_back_is_found(self, engine: Engine, client: Any) -> None:
        stack = engine.stack(rules(), config=CONFIG)
        stack.up()
        client("events").disable_rule(Name="scans")
        client("events").remove_targets(
            Rule="scans", Ids=[one["Id"] for one in client("events").list_targets_by_rule(Rule="scans")["Targets"]]
        )
        assert changes(stack.refresh()) == {"update": 1, "delete": 1}
        assert changes(stack.up()) == {"update": 1, "create": 1}
        stack.destroy()

    def test_a_refusal_carries_the_words_of_aws(self, engine: Engine) -> None:
        def program() -> None:
            aws.cloudwatch.EventTarget("lost", rule="nowhere", arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts")

        with pytest.raises(automation.CommandError, match="ResourceNotFoundException: Rule nowhere does not exist"):
            engine.stack(program, config=CONFIG).up()


class TestRepositories:
    def test_aws_has_what_the_program_says(self, engine: Engine, client: Any) -> None:
        stack = engine.stack(images(), config=CONFIG)
        stack.up()
        ecr = client("ecr")
        (repository,) = ecr.describe_repositories(repositoryNames=["shop/app"])["repositories"]
        assert repository["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": KEY}
        assert repository["imageTagMutabilityExclusionFilters"] == [{"filterType": "WILDCARD", "filter": "first-*"}]
        tags = ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
        assert {"Key": "Project", "Value": "shop"} in tags
        stack.destroy()

    def test_another_lifecycle_is_another_object(self, engine: Engine, client: Any) -> None:
        engine.stack(lifecycle(1), config=CONFIG).up()
        stack = engine.stack(lifecycle(3), config=CONFIG)
        assert changes(stack.up()) == {"replace": 1}
        text = client("ecr").get_lifecycle_policy(repositoryName="tidy")["lifecyclePolicyText"]
        assert json.loads(text)["rules"][0]["selection"]["countNumber"] == 3
        assert changes(stack.refresh()) == {}
        stack.destroy()

    def test_encryption_is_for_ever(self, engine: Engine) -> None:
        def encrypted(**how: str) -> Program:
            return lambda: aws.ecr.Repository("app", name="shop", encryption_configurations=[how]) and None

        engine.stack(encrypted(encryption_type="AES256"), config=CONFIG).up()
        stack = engine.stack(encrypted(encryption_type="KMS"), config=CONFIG)
        assert changes(stack.up()) == {"replace": 1}
        assert changes(stack.refresh()) == {}
        stack.destroy()

    @pytest.mark.parametrize("force", [False, True])
    def test_images_keep_a_repository_unless_forced(self, force: bool, engine: Engine, client: Any) -> None:
        stack = engine.stack(lambda: aws.ecr.Repository("app", name="full", force_delete=force) and None, config=CONFIG)
        stack.up()
        manifest = json.dumps({"schemaVersion": 2, "config": {"digest": "sha256:1"}, "layers": []})
        media = "application/vnd.docker.distribution.manifest.v2+json"
        client("ecr").put_image(
            repositoryName="full", imageManifest=manifest, imageManifestMediaType=media, imageTag="one"
        )
        if not force:
            with pytest.raises(automation.CommandError, match="RepositoryNotEmptyException"):
                stack.destroy()
            client("ecr").batch_delete_image(repositoryName="full", imageIds=[{"imageTag": "one"}])
        stack.destroy()
        assert left_over(client) == {}

    def test_a_change_behind_our_back_is_found(self, engine: Engine, client: Any) -> None:
        engine.stack(lifecycle(1), config=CONFIG).up()
        ecr = client("ecr")
        ecr.put_image_tag_mutability(repositoryName="tidy", imageTagMutability="IMMUTABLE")
        ecr.delete_lifecycle_policy(repositoryName="tidy")
        stack = engine.stack(lifecycle(1), config=CONFIG)
        assert changes(stack.refresh()) == {"update": 1, "delete": 1}
        assert changes(stack.up()) == {"update": 1, "create": 1}
        stack.destroy()
