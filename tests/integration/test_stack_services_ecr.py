"""The services-ecr stack through the real engine, on an AWS server, checked with boto3."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from cloud_core.domain.names import EnvironmentName
from stacks.testing_deployments import REGION, Deployment, security_keys

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
PREFIX = "web-shop-d1brv40-dev-services-ecr-"


@pytest.fixture(scope="module")
def registry(new_deployment: NewDeployment) -> Deployment:
    """The stack in dev, deployed; tests only look at it."""
    account = "410000000017"
    deployment = new_deployment(account, security=security_keys(account))
    deployment.up("services-ecr", alertEmail="ops@example.com")
    return deployment


class TestDeployed:
    def test_repositories_are_encrypted_scanned_and_tagged(self, registry: Deployment) -> None:
        ecr, outputs = registry.account.client("ecr"), registry.outputs["services-ecr"]
        found = {item["repositoryName"]: item for item in ecr.describe_repositories()["repositories"]}
        assert set(found) == {f"{PREFIX}{name}" for name in outputs["repositoryUrls"]}
        assert len(found) == 11
        key = registry.outputs["security"]["applicationKeyArn"]
        assert all(item["encryptionConfiguration"]["kmsKey"] == key for item in found.values())
        assert all(item["imageScanningConfiguration"]["scanOnPush"] for item in found.values())
        worker = found[f"{PREFIX}worker"]
        assert outputs["workerRepoUrl"] == worker["repositoryUri"]
        assert outputs["registryUri"] == f"{registry.account.number}.dkr.ecr.{REGION}.amazonaws.com"
        tags = ecr.list_tags_for_resource(resourceArn=worker["repositoryArn"])["tags"]
        assert {"Key": "Stack", "Value": "services-ecr"} in tags

    def test_old_images_go(self, registry: Deployment) -> None:
        found = registry.account.client("ecr").get_lifecycle_policy(repositoryName=f"{PREFIX}api")
        rules = json.loads(found["lifecyclePolicyText"])["rules"]
        assert [rule["selection"]["countNumber"] for rule in rules] == [3, 20, 10, 5, 1]

    def test_findings_reach_people(self, registry: Deployment) -> None:
        events, sns = registry.account.client("events"), registry.account.client("sns")
        outputs = registry.outputs["services-ecr"]
        (rule,) = events.list_rules()["Rules"]
        (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        assert (rule["Arn"], target["Arn"]) == (outputs["scanResultsRuleArn"], outputs["scanNotificationTopicArn"])
        topic = sns.get_topic_attributes(TopicArn=target["Arn"])["Attributes"]
        assert topic["KmsMasterKeyId"] == registry.outputs["security"]["infrastructureKeyArn"]
        assert json.loads(topic["Policy"])["Statement"][0]["Principal"] == {"Service": ["events.amazonaws.com"]}
        (mail,) = sns.list_subscriptions_by_topic(TopicArn=target["Arn"])["Subscriptions"]
        assert mail["Endpoint"] == "ops@example.com"

    def test_a_second_run_changes_nothing(self, registry: Deployment) -> None:
        assert set(registry.up("services-ecr", alertEmail="ops@example.com")) == {"same"}


def test_changes_touch_only_what_they_are_about(new_deployment: NewDeployment) -> None:
    account = "410000000025"
    deployment = new_deployment(account, security=security_keys(account))
    assert set(deployment.up("services-ecr")) == {"create"}
    changed = deployment.up("services-ecr", maxDevelopmentImages=7, scanOnPush=False, enableScanNotifications=False)
    # Stack, topic, its policy, rule and target; all repositories; the lifecycles of five applications.
    assert changed == {"update": 11, "replace": 5, "delete": 4, "same": 7}
    assert set(deployment.stack("services-ecr").destroy().summary.resource_changes or {}) == {"delete"}
    assert deployment.account.left_over() == {}


def test_prod_owns_the_registry_and_gives_it_back(new_deployment: NewDeployment) -> None:
    account = "410000000033"
    deployment = new_deployment(account, EnvironmentName.PROD, security=security_keys(account))
    owned = {"enableRegistryScanning": True, "enableEnhancedScanning": True, "enableCrossRegionReplication": True}
    deployment.up("services-ecr", pullAccountIds=["410000000041"], **owned)
    ecr = deployment.account.client("ecr")
    scanning = ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    assert (scanning["scanType"], scanning["rules"][0]["scanFrequency"]) == ("ENHANCED", "SCAN_ON_PUSH")
    (rule,) = ecr.describe_registry()["replicationConfiguration"]["rules"]
    assert [one["region"] for one in rule["destinations"]] == ["us-west-2", "eu-west-1"]
    assert set(deployment.up("services-ecr", pullAccountIds=["410000000041"], **owned)) == {"same"}
    deployment.stack("services-ecr").destroy()
    assert deployment.account.left_over() == {}
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"] == {"scanType": "BASIC", "rules": []}
    assert ecr.describe_registry()["replicationConfiguration"]["rules"] == []
