"""The containers-images stack: repositories, the builds that fill them, word of scans."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

KEY = "arn:aws:kms:eu-central-1:410000000017:key/1111"
LOG_KEY = "arn:aws:kms:eu-central-1:410000000017:key/2222"
CONNECTION = "arn:aws:codeconnections:eu-central-1:410000000017:connection/1111"
REGISTRY = "410000000017.dkr.ecr.eu-test-1.amazonaws.com"
PREFIX = "web-shop-d1brv40-dev-containers-images-"
PARTS = ["backend", "frontend", "nginx", "worker"]


def images(environment: EnvironmentName = EnvironmentName.DEV, preview: bool = False, **inputs: Any) -> Picture:
    values = {"applicationKeyArn": KEY, "infrastructureKeyArn": LOG_KEY, **inputs}
    return picture_of(sample_target("containers-images", environment), values, preview=preview)


def builds(environment: EnvironmentName = EnvironmentName.DEV, **inputs: Any) -> Picture:
    return images(environment, enableBuilds=True, githubRepo="company/shop", **inputs)


def commands(picture: Picture) -> list[str]:
    spec = json.loads(picture.one("Project", "backend").inputs["source"]["buildspec"])
    assert (spec["version"], spec["env"], set(spec["phases"])) == (0.2, {"shell": "bash"}, {"build"})
    return list(spec["phases"]["build"]["commands"])


class TestRepositories:
    def test_four_encrypted_and_scanned(self) -> None:
        found = images().of("Repository")
        assert [item.inputs["name"] for item in found] == [f"{PREFIX}{name}" for name in PARTS]
        for item in found:
            assert item.inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": KEY}]
            assert item.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
            assert item.inputs["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"

    def test_scanning_can_be_off(self) -> None:
        found = images(enableVulnerabilityScanning=False).of("Repository")
        assert {item.inputs["imageScanningConfiguration"]["scanOnPush"] for item in found} == {False}

    def test_images_are_kept_by_their_environment(self) -> None:
        rules = json.loads(images(maxImageCount=30).one("LifecyclePolicy", "nginx").inputs["policy"])["rules"]
        kept = {str(rule["selection"].get("tagPatternList")): rule["selection"]["countNumber"] for rule in rules}
        assert kept == {"['*-latest']": 3, "['prod-*']": 30, "['stage-*']": 5, "['dev-*']": 3, "None": 1}

    @pytest.mark.parametrize("environment", list(EnvironmentName))
    def test_only_dev_deletes_images_with_their_repository(self, environment: EnvironmentName) -> None:
        forced = {item.inputs["forceDelete"] for item in images(environment).of("Repository")}
        assert forced == {environment is EnvironmentName.DEV}

    def test_addresses_by_name(self) -> None:
        outputs = images(repositoryNames=["frontend", "mailer"]).outputs
        assert outputs["frontendRepoUrl"] == f"{REGISTRY}/frontend"
        assert outputs["frontendRepoArn"] == "arn:aws:test:::Repository/frontend"
        assert outputs["repositoryUrls"] == {"frontend": f"{REGISTRY}/frontend", "mailer": f"{REGISTRY}/mailer"}
        assert outputs.get("nginxRepoUrl") is None

    def test_other_accounts_may_pull(self) -> None:
        assert len(images(pullAccountIds=["410000000025"]).of("RepositoryPolicy")) == 4
        assert images().of("RepositoryPolicy") == []


class TestBuilds:
    def test_nothing_is_built_unless_asked_for(self) -> None:
        picture = images(githubRepo="company/shop")
        assert {item.type for item in picture.resources} == {"Repository", "LifecyclePolicy"}
        outputs = picture.outputs
        assert [outputs.get(name) for name in ("codebuildRoleArn", "codebuildProjects_nginx", "githubWebhookUrl")] == [
            None,
            None,
            None,
        ]

    def test_a_project_for_each_image(self) -> None:
        picture = builds(buildTimeout=30, githubBranch="release/1.0")
        assert [item.name for item in picture.of("Project")] == PARTS
        project = picture.one("Project", "backend").inputs
        assert (project["buildTimeout"], project["sourceVersion"]) == (30, "release/1.0")
        assert project["artifacts"] == {"type": "NO_ARTIFACTS"}
        source = project["source"]
        assert (source["type"], source["location"]) == ("GITHUB", "https://github.com/company/shop.git")
        assert "auth" not in source
        assert picture.outputs["codebuildProjects_backend"] == f"{PREFIX}backend"
        assert picture.outputs["codebuildRoleName"] == "web-shop-d1brv40-dev-containers-images-builds"

    def test_the_image_goes_to_its_repository_whose_address_is_whole(self) -> None:
        environment = builds().one("Project", "backend").inputs["environment"]
        variables = {one["name"]: one["value"] for one in environment["environmentVariables"]}
        assert variables == {
            "ENVIRONMENT": "dev",
            "IMAGE_FOLDER": "backend",
            "IMAGE_REPOSITORY": f"{REGISTRY}/backend",
        }
        assert environment["privilegedMode"] is True

    def test_a_failed_build_pushes_nothing(self) -> None:
        steps = commands(builds())
        kinds = [re.sub(r".*(docker \w+).*", r"\1", step) for step in steps]
        assert kinds == ["docker login", "docker build", "docker push", "docker tag", "docker push"]
        assert not any("||" in step for step in steps)

    def test_the_tag_that_moves(self) -> None:
        assert commands(builds())[-1] == 'docker push "$IMAGE_REPOSITORY:dev-latest"'
        assert len(commands(builds(movingTags=["*-newest"]))) == 3
        assert len(commands(builds(movingTags=[], imageTagImmutability="MUTABLE"))) == 5

    def test_only_pushes_to_the_branch_start_a_build(self) -> None:
        webhook = builds(githubBranch="release/1.0").one("Webhook", "nginx").inputs
        assert webhook["filterGroups"] == [
            {
                "filters": [
                    {"type": "EVENT", "pattern": "PUSH"},
                    {"type": "HEAD_REF", "pattern": r"^refs/heads/release/1\.0$"},
                ]
            }
        ]
        assert "branchFilter" not in webhook

    def test_the_role_reaches_these_repositories_and_logs_only(self) -> None:
        picture = builds()
        found = {item["Sid"]: item for item in json.loads(picture.one("RolePolicy").inputs["policy"])["Statement"]}
        assert set(found) == {"LogIn", "Images", "Logs"}
        assert (found["LogIn"]["Action"], found["LogIn"]["Resource"]) == ("ecr:GetAuthorizationToken", "*")
        assert set(found["Images"]["Resource"]) == {f"arn:aws:test:::Repository/{name}" for name in PARTS}
        assert set(found["Logs"]["Resource"]) == {f"arn:aws:test:::LogGroup/{name}:*" for name in PARTS}
        trusted = json.loads(picture.one("Role").inputs["assumeRolePolicy"])["Statement"][0]
        assert trusted["Principal"] == {"Service": "codebuild.amazonaws.com"}
        assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": "410000000017"}}

    def test_a_connection_clones_the_source(self) -> None:
        picture = builds(codeConnectionArn=CONNECTION)
        assert picture.one("Project", "worker").inputs["source"]["auth"] == {
            "type": "CODECONNECTIONS",
            "resource": CONNECTION,
        }
        found = json.loads(picture.one("RolePolicy").inputs["policy"])["Statement"][-1]
        assert (found["Sid"], found["Resource"]) == ("Source", CONNECTION)

    @pytest.mark.parametrize(
        ("environment", "days"), [(EnvironmentName.DEV, 30), (EnvironmentName.STAGE, 30), (EnvironmentName.PROD, 90)]
    )
    def test_logs_are_there_first_encrypted_and_end(self, environment: EnvironmentName, days: int) -> None:
        picture = builds(environment)
        assert {item.inputs["retentionInDays"] for item in picture.of("LogGroup")} == {days}
        assert {item.inputs["kmsKeyId"] for item in picture.of("LogGroup")} == {LOG_KEY}
        group = picture.one("LogGroup", "nginx").inputs["name"]
        project = picture.one("Project", "nginx")
        assert project.inputs["logsConfig"] == {"cloudwatchLogs": {"groupName": group}}
        assert {"nginx", "builds"} <= project.depends_on


class TestScanAlerts:
    def test_off_by_default(self) -> None:
        assert images().of("Topic") == []

    def test_the_rule_tells_the_topic_and_the_topic_the_people(self) -> None:
        picture = images(scanAlerts=True, alertEmail="ops@example.com")
        pattern = json.loads(picture.one("EventRule").inputs["eventPattern"])
        assert pattern["detail"]["repository-name"][0] == {"prefix": PREFIX}
        assert picture.one("EventTarget").inputs["arn"] == picture.outputs["scanNotificationTopicArn"]
        assert picture.one("TopicSubscription").inputs["endpoint"] == "ops@example.com"
        assert picture.outputs["imageScanResultsRuleArn"] == "arn:aws:test:::EventRule/scan-findings"


@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_a_preview_needs_no_security_stack(environment: EnvironmentName) -> None:
    unknown = {"applicationKeyArn": UNKNOWN, "infrastructureKeyArn": UNKNOWN}
    picture = images(environment, True, enableBuilds=True, githubRepo="a/b", scanAlerts=True, **unknown)
    assert len(picture.of("Project")) == len(picture.of("Webhook")) == 4
    assert picture.one("RolePolicy").inputs["policy"] is UNKNOWN


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"repositoryNames": []}, "repositoryNames = []: List should have at least 1 item"),
        ({"repositoryNames": ["a", "a"]}, "must not hold the same value twice"),
        ({"enableBuilds": True}, 'enableBuilds = True: needs githubRepo, such as "company/shop"'),
        ({"enableBuilds": True, "githubRepo": ""}, "needs githubRepo"),
        ({"githubRepo": "https://github.com/a/b"}, "githubRepo = 'https://github.com/a/b': String should match"),
        ({"githubBranch": "a b"}, "githubBranch = 'a b': String should match"),
        ({"buildTimeout": 4}, "buildTimeout = 4: Input should be greater than or equal to 5"),
        ({"buildTimeout": 2161}, "buildTimeout = 2161: Input should be less than or equal to 2160"),
        ({"maxImageCount": True}, "maxImageCount = True: Input should be a valid integer"),
        ({"codeConnectionArn": KEY}, "String should match"),
        ({"logRetentionDays": 31}, "logRetentionDays = 31: Input should be 1, 3, 5"),
        ({"imageTagMutability": "MUTABLE"}, "imageTagImmutability"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        images(**inputs)
    assert message in caught.value.message
