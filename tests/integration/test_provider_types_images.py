"""Topics, event rules, image repositories and builds: drift, new objects in place of old ones, what is taken away,
refusals. Their whole lives are in `provider_cases/`."""

from __future__ import annotations

import json
from typing import Any

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

TOPIC = f"arn:aws:sns:{REGION}:123456789012:alerts"
KEY = f"arn:aws:kms:{REGION}:123456789012:key/11111111-2222-3333-4444-555555555555"
PLAIN, ENCRYPTED = [{"encryption_type": "AES256"}], [{"encryption_type": "KMS"}]
CONTAINER = {"type": "LINUX_CONTAINER", "image": "alpine", "compute_type": "BUILD_GENERAL1_SMALL"}


def everything(name: str = "alerts", days: int = 1, encryption: Any = PLAIN) -> None:
    """One object of each type; another name, lifecycle or encryption makes new ones."""
    topic = aws.sns.Topic("topic", name=name, display_name="first", kms_master_key_id=KEY)
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    policy = topic.arn.apply(
        lambda arn: json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": arn}]})
    )
    aws.sns.TopicPolicy("policy", arn=topic.arn, policy=policy)
    aws.sns.TopicSubscription("mail", topic=topic.arn, protocol="email", endpoint="ops@example.com")
    rule = aws.cloudwatch.EventRule("rule", name=name, schedule_expression="rate(1 day)")
    aws.cloudwatch.EventTarget("target", rule=rule.name, target_id="topic", arn=TOPIC)
    repository = aws.ecr.Repository("app", name="app", encryption_configurations=encryption)
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
    lifecycle = {"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}
    aws.ecr.LifecyclePolicy("app", repository=repository.name, policy=json.dumps(lifecycle))
    project = aws.codebuild.Project(
        "build",
        name=name,
        service_role="arn:aws:iam::123456789012:role/builds",
        artifacts={"type": "NO_ARTIFACTS"},
        environment=CONTAINER,
        source={"type": "GITHUB", "location": "https://github.com/company/shop.git"},
    )
    aws.codebuild.Webhook("build", project_name=project.name)


def test_changes_behind_our_back_are_found_and_undone(deploy: Any, clients: Clients) -> None:
    stack = deploy(everything)
    stack.up()
    clients.sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="DisplayName", AttributeValue="drifted")
    clients.sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue='{"Statement": []}')
    (mail,) = clients.sns.list_subscriptions()["Subscriptions"]
    clients.sns.unsubscribe(SubscriptionArn=mail["SubscriptionArn"])
    clients.events.disable_rule(Name="alerts")
    clients.events.remove_targets(Rule="alerts", Ids=["topic"])
    clients.ecr.put_image_tag_mutability(repositoryName="app", imageTagMutability="IMMUTABLE")
    clients.ecr.delete_lifecycle_policy(repositoryName="app")
    clients.codebuild.delete_project(name="alerts")
    # The topic, its policy, the rule, the repository; the webhook goes with its project.
    assert changes(stack.refresh()) == {"update": 4, "delete": 5}
    assert changes(stack.up()) == {"update": 4, "create": 5}
    assert changes(stack.refresh()) == {}
    assert clients.events.describe_rule(Name="alerts")["State"] == "ENABLED"


def test_what_aws_can_not_change_is_made_anew(deploy: Any, clients: Clients) -> None:
    deploy(everything).up()
    assert changes(deploy(lambda: everything(days=3)).up()) == {"replace": 1}
    found = clients.ecr.get_lifecycle_policy(repositoryName="app")["lifecyclePolicyText"]
    assert json.loads(found)["rules"][0]["selection"]["countNumber"] == 3

    stack = deploy(lambda: everything("others", 3, ENCRYPTED))
    # The lifecycle policy goes and comes back with its repository.
    assert changes(stack.up()) == {"replace": 9}
    assert changes(stack.refresh()) == {}
    assert [one["Name"] for one in clients.events.list_rules()["Rules"]] == ["others"]


def test_what_the_program_takes_out_is_taken_away(deploy: Any, clients: Clients) -> None:
    deploy(everything).up()
    stack = deploy(lambda: aws.sns.Topic("topic", name="alerts"))
    assert changes(stack.up()) == {"update": 1, "delete": 8}
    attributes = clients.sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]
    assert (attributes.get("KmsMasterKeyId"), attributes["DisplayName"]) == (None, "")
    assert json.loads(attributes["Policy"])["Id"] == "__default_policy_ID"
    assert changes(stack.refresh()) == {}


def test_refusals_carry_the_words_of_aws(deploy: Any) -> None:
    def program() -> None:
        aws.sns.Topic("topic", name="not good")
        aws.cloudwatch.EventTarget("lost", rule="nowhere", arn=TOPIC)
        aws.codebuild.Webhook("lost", project_name="nowhere")

    with pytest.raises(automation.CommandError) as caught:
        deploy(program).up(continue_on_error=True)
    for words in (
        "InvalidParameter: Topic names must be made up of only",
        "ResourceNotFoundException: Rule nowhere does not exist",
        "ResourceNotFoundException: nowhere belongs to nothing that exists",
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize("force", [False, True])
def test_images_keep_a_repository_unless_forced(force: bool, deploy: Any, clients: Clients) -> None:
    stack = deploy(lambda: aws.ecr.Repository("app", name="full", force_delete=force))
    stack.up()
    clients.ecr.put_image(
        repositoryName="full",
        imageManifest=json.dumps({"schemaVersion": 2, "config": {"digest": "sha256:1"}, "layers": []}),
        imageManifestMediaType="application/vnd.docker.distribution.manifest.v2+json",
        imageTag="one",
    )
    if not force:
        with pytest.raises(automation.CommandError, match="RepositoryNotEmptyException"):
            stack.destroy()
        clients.ecr.batch_delete_image(repositoryName="full", imageIds=[{"imageTag": "one"}])
    stack.destroy()
    assert clients.ecr.describe_repositories()["repositories"] == []
