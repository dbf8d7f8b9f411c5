"""The containers-images stack through the real engine, on an AWS server, checked with boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from stacks.testing_deployments import REGION, Deployment, security_keys

pytestmark = pytest.mark.extended

NewDeployment = Callable[..., Deployment]
BUILDS: dict[str, Any] = {"enableBuilds": True, "githubRepo": "company/shop", "scanAlerts": True}
PREFIX = "web-shop-d1brv40-prod-containers-images-"


@pytest.fixture(scope="module")
def images(new_deployment: NewDeployment) -> Deployment:
    """The stack in prod with builds, deployed; tests only look at it."""
    account = "410000000017"
    deployment = new_deployment(account, EnvironmentName.PROD, security=security_keys(account))
    deployment.up("containers-images", **BUILDS)
    return deployment


class TestDeployed:
    def test_each_project_fills_its_repository(self, images: Deployment) -> None:
        codebuild, outputs = images.account.client("codebuild"), images.outputs["containers-images"]
        name = outputs["codebuildProjects_worker"]
        (project,) = codebuild.batch_get_projects(names=[name])["projects"]
        variables = {one["name"]: one["value"] for one in project["environment"]["environmentVariables"]}
        assert name == f"{PREFIX}worker"
        assert variables["IMAGE_REPOSITORY"] == outputs["workerRepoUrl"]
        assert (project["serviceRole"], project["timeoutInMinutes"]) == (outputs["codebuildRoleArn"], 60)
        assert {"key": "Stack", "value": "containers-images"} in project["tags"]
        assert len(codebuild.list_projects()["projects"]) == 4

    def test_logs_are_encrypted_and_end(self, images: Deployment) -> None:
        groups = images.account.client("logs").describe_log_groups()["logGroups"]
        names = ("backend", "frontend", "nginx", "worker")
        assert [group["logGroupName"] for group in groups] == [f"/aws/codebuild/{PREFIX}{name}" for name in names]
        key = images.outputs["security"]["infrastructureKeyArn"]
        assert {(group["retentionInDays"], group["kmsKeyId"]) for group in groups} == {(90, key)}

    def test_builds_may_push_to_these_repositories_only(self, images: Deployment) -> None:
        iam, outputs = images.account.client("iam"), images.outputs["containers-images"]
        role = outputs["codebuildRoleName"]
        (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        rights = {statement["Sid"]: statement["Resource"] for statement in document["Statement"]}
        assert set(rights["Images"]) == {
            outputs[f"{name}RepoArn"] for name in ("frontend", "backend", "worker", "nginx")
        }

    def test_github_has_an_address_to_tell_of_pushes(self, images: Deployment) -> None:
        outputs = images.outputs["containers-images"]
        urls = outputs["githubWebhookUrls"]
        assert len(set(urls.values())) == 4
        assert outputs["githubWebhookUrl"] == urls["frontend"]
        assert urls["frontend"].startswith(f"https://codebuild.{REGION}.amazonaws.com/webhooks?t=")

    def test_a_second_run_changes_nothing(self, images: Deployment) -> None:
        before = images.outputs["containers-images"]["githubWebhookUrls"]
        assert set(images.up("containers-images", **BUILDS)) == {"same"}
        assert images.outputs["containers-images"]["githubWebhookUrls"] == before


def test_changes_touch_only_what_they_are_about(new_deployment: NewDeployment) -> None:
    account = "410000000025"
    deployment = new_deployment(account, security=security_keys(account))
    assert set(deployment.up("containers-images", **BUILDS)) == {"create"}
    changed = deployment.up("containers-images", **{**BUILDS, "githubBranch": "release", "maxImageCount": 20})
    # Projects and webhooks; the lifecycles.
    assert {action: count for action, count in changed.items() if action != "same"} == {"update": 8, "replace": 4}
    codebuild = deployment.account.client("codebuild")
    projects = codebuild.batch_get_projects(names=codebuild.list_projects()["projects"])["projects"]
    assert {project["sourceVersion"] for project in projects} == {"release"}

    off = deployment.up("containers-images", scanAlerts=True)
    assert {action: count for action, count in off.items() if action != "same"} == {"replace": 4, "delete": 14}
    assert codebuild.list_projects()["projects"] == []
    assert deployment.outputs["containers-images"]["githubWebhookUrls"] == {}
    deployment.stack("containers-images").destroy()
    assert deployment.account.left_over() == {}
