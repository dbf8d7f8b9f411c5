"""The services-ecr stack: repositories and their rules, the registry's settings, word of scans."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

KEY = "arn:aws:kms:eu-central-1:410000000017:key/1111"
TOPIC_KEY = "arn:aws:kms:eu-central-1:410000000017:key/2222"
PREFIX = "web-shop-d1brv40-dev-services-ecr-"
REGISTRY = "410000000017.dkr.ecr.eu-test-1.amazonaws.com"


def ecr(environment: EnvironmentName = EnvironmentName.DEV, preview: bool = False, **inputs: Any) -> Picture:
    values = {"applicationKeyArn": KEY, "infrastructureKeyArn": TOPIC_KEY, **inputs}
    return picture_of(sample_target("services-ecr", environment), values, preview=preview)


def rules(picture: Picture, name: str) -> list[dict[str, Any]]:
    return list(json.loads(picture.one("LifecyclePolicy", name).inputs["policy"])["rules"])


class TestRepositories:
    def test_five_of_applications_and_six_of_base_images(self) -> None:
        names = [item.inputs["name"] for item in ecr().of("Repository")]
        applications = ["api", "backend", "frontend", "scheduler", "worker"]
        bases = ["alpine", "nginx", "node", "postgres", "python", "redis"]
        expected = [*applications, *(f"base-{name}" for name in bases)]
        assert names == [f"{PREFIX}{name}" for name in sorted(expected)]

    def test_all_are_encrypted_by_the_application_key_and_scanned_on_push(self) -> None:
        for item in ecr().of("Repository"):
            assert item.inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": KEY}]
            assert item.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
        assert ecr(scanOnPush=False).outputs["scanOnPushEnabled"] is False

    def test_tags_stay_except_the_moving_ones_of_applications(self) -> None:
        picture = ecr()
        application, base = picture.one("Repository", "api").inputs, picture.one("Repository", "base-node").inputs
        assert application["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
        assert application["imageTagMutabilityExclusionFilters"] == [{"filter": "*-latest", "filterType": "WILDCARD"}]
        assert base["imageTagMutability"] == "IMMUTABLE"
        assert "imageTagMutabilityExclusionFilters" not in base

    def test_tags_can_be_free_or_all_fixed(self) -> None:
        free = ecr(appImageTagImmutability="MUTABLE", imageTagImmutability="MUTABLE")
        assert {item.inputs["imageTagMutability"] for item in free.of("Repository")} == {"MUTABLE"}
        fixed = ecr(movingTags=[])
        assert {item.inputs["imageTagMutability"] for item in fixed.of("Repository")} == {"IMMUTABLE"}
        assert len(rules(fixed, "api")) == 4

    def test_moving_tags_come_first_so_that_no_later_rule_takes_their_images(self) -> None:
        found = rules(ecr(), "frontend")
        selections = [rule["selection"] for rule in found]
        assert [rule["rulePriority"] for rule in found] == [1, 2, 3, 4, 5]
        assert [one.get("tagPatternList") for one in selections] == [
            ["*-latest"],
            ["prod-*"],
            ["stage-*"],
            ["dev-*"],
            None,
        ]
        assert [one["countNumber"] for one in selections] == [3, 20, 10, 5, 1]
        assert (selections[-1]["tagStatus"], selections[-1]["countUnit"]) == ("untagged", "days")

    def test_how_many_images_are_kept_is_an_input(self) -> None:
        found = rules(ecr(maxProductionImages=50, maxStagingImages=7, maxDevelopmentImages=2), "worker")
        assert [rule["selection"]["countNumber"] for rule in found[1:4]] == [50, 7, 2]

    def test_base_images_keep_their_versions(self) -> None:
        tagged, untagged = (rule["selection"] for rule in rules(ecr(), "base-python"))
        assert (tagged["tagPatternList"], tagged["countNumber"], untagged["countNumber"]) == (["*"], 50, 3)

    @pytest.mark.parametrize("environment", list(EnvironmentName))
    def test_only_dev_deletes_images_with_their_repository(self, environment: EnvironmentName) -> None:
        forced = {item.inputs["forceDelete"] for item in ecr(environment).of("Repository")}
        assert forced == {environment is EnvironmentName.DEV}

    def test_other_accounts_may_pull_and_nothing_else(self) -> None:
        assert ecr().of("RepositoryPolicy") == []
        picture = ecr(pullAccountIds=["410000000025"])
        assert len(picture.of("RepositoryPolicy")) == 11
        (statement,) = json.loads(picture.one("RepositoryPolicy", "api").inputs["policy"])["Statement"]
        assert statement["Principal"] == {"AWS": ["arn:aws:iam::410000000025:root"]}
        assert set(statement["Action"]) == {
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        }
        assert "Resource" not in statement


class TestOutputs:
    def test_addresses_by_name(self) -> None:
        outputs = ecr().outputs
        assert (outputs["registryId"], outputs["registryUri"]) == ("410000000017", REGISTRY)
        assert outputs["schedulerRepoUrl"] == f"{REGISTRY}/scheduler"
        assert outputs["baseImagesRepoUrl"] == f"{REGISTRY}/base-node"
        assert outputs["basePythonRepoUrl"] == outputs["repositoryUrls"]["base-python"]
        assert len(outputs["repositoryArns"]) == 11

    def test_what_is_not_listed_is_null(self) -> None:
        outputs = ecr(applicationRepos=["shop"], baseImageRepos=[]).outputs
        assert outputs.get("frontendRepoUrl") is None
        assert outputs.get("baseImagesRepoUrl") is None
        assert outputs["repositoryUrls"] == {"shop": f"{REGISTRY}/shop"}
        assert outputs["summary"]["applications"] == ["shop"]


class TestRegistry:
    def test_it_is_left_alone_unless_owned(self) -> None:
        picture = ecr()
        assert picture.of("RegistryScanningConfiguration") == picture.of("ReplicationConfiguration") == []
        assert (picture.outputs["replicationEnabled"], picture.outputs["replicationRegions"]) == (False, [])

    @pytest.mark.parametrize(
        ("flags", "kind", "frequency"),
        [
            ({}, "BASIC", "SCAN_ON_PUSH"),
            ({"enableEnhancedScanning": True}, "ENHANCED", "SCAN_ON_PUSH"),
            ({"enableEnhancedScanning": True, "continuousScanning": True}, "ENHANCED", "CONTINUOUS_SCAN"),
        ],
    )
    def test_its_scanning_is_about_our_repositories(self, flags: dict[str, bool], kind: str, frequency: str) -> None:
        scanning = ecr(enableRegistryScanning=True, **flags).one("RegistryScanningConfiguration").inputs
        (rule,) = scanning["rules"]
        assert (scanning["scanType"], rule["scanFrequency"]) == (kind, frequency)
        assert rule["repositoryFilters"] == [{"filter": f"{PREFIX}*", "filterType": "WILDCARD"}]

    def test_copies_go_to_other_regions_by_a_literal_prefix(self) -> None:
        picture = ecr(enableCrossRegionReplication=True, replicationRegions=["eu-central-1", "eu-west-1"])
        (rule,) = picture.one("ReplicationConfiguration").inputs["replicationConfiguration"]["rules"]
        assert rule["destinations"] == [{"region": "eu-west-1", "registryId": "410000000017"}]
        assert rule["repositoryFilters"] == [{"filter": PREFIX, "filterType": "PREFIX_MATCH"}]
        assert (picture.outputs["replicationEnabled"], picture.outputs["replicationRegions"]) == (True, ["eu-west-1"])

    def test_the_own_region_alone_is_no_copy(self) -> None:
        picture = ecr(enableCrossRegionReplication=True, replicationRegions=["eu-central-1"])
        assert picture.of("ReplicationConfiguration") == []
        assert picture.outputs["replicationEnabled"] is False


class TestScans:
    def test_the_rule_hears_of_basic_and_enhanced_scans_of_our_repositories(self) -> None:
        picture = ecr(criticalVulnerabilityThreshold=1, highVulnerabilityThreshold=9)
        pattern = json.loads(picture.one("EventRule").inputs["eventPattern"])
        assert pattern["source"] == ["aws.ecr", "aws.inspector2"]
        assert pattern["detail"]["repository-name"] == [
            {"prefix": PREFIX},
            {"wildcard": f"arn:*:repository/{PREFIX}*"},
        ]
        assert pattern["detail"]["finding-severity-counts"] == {
            "$or": [{"CRITICAL": [{"numeric": [">", 1]}]}, {"HIGH": [{"numeric": [">", 9]}]}]
        }

    def test_the_rule_tells_an_encrypted_topic_which_lets_it(self) -> None:
        picture = ecr()
        assert picture.one("Topic").inputs["kmsMasterKeyId"] == TOPIC_KEY
        assert picture.one("EventTarget").inputs["arn"] == "arn:aws:test:::Topic/scan-findings"
        (statement,) = json.loads(picture.one("TopicPolicy").inputs["policy"])["Statement"]
        assert statement["Principal"] == {"Service": ["events.amazonaws.com"]}
        assert statement["Action"] == "sns:Publish"
        assert statement["Resource"] == "arn:aws:test:::Topic/scan-findings"
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "410000000017"}}
        assert picture.outputs["scanNotificationTopicArn"] == "arn:aws:test:::Topic/scan-findings"
        assert picture.outputs["scanResultsRuleArn"] == "arn:aws:test:::EventRule/scan-findings"

    def test_mail_goes_out_to_who_wants_it(self) -> None:
        assert ecr().of("TopicSubscription") == ecr(alertEmail="").of("TopicSubscription") == []
        mail = ecr(alertEmail="ops@example.com").one("TopicSubscription").inputs
        assert (mail["protocol"], mail["endpoint"]) == ("email", "ops@example.com")

    def test_it_can_be_off(self) -> None:
        picture = ecr(enableScanNotifications=False)
        assert picture.of("Topic") == picture.of("EventRule") == []
        assert picture.outputs.get("scanNotificationTopicArn") is None


@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_a_preview_needs_no_security_stack(environment: EnvironmentName) -> None:
    picture = ecr(environment, preview=True, applicationKeyArn=UNKNOWN, infrastructureKeyArn=UNKNOWN)
    assert len(picture.of("Repository")) == 11
    assert picture.one("Topic").inputs["kmsMasterKeyId"] is UNKNOWN
    assert picture.outputs["registryUri"] is UNKNOWN


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"applicationRepos": []}, "applicationRepos = []: List should have at least 1 item"),
        ({"applicationRepos": ["api", "api"]}, "must not hold the same value twice"),
        ({"applicationRepos": ["base-api"]}, "must not hold 'base-api': names of base images begin with 'base-'"),
        ({"baseImageRepos": ["Node"]}, "baseImageRepos.0 = ['Node']: String should match"),
        ({"imageTagImmutability": "FIXED"}, "imageTagImmutability = 'FIXED': Input should be 'MUTABLE' or 'IMMUTABLE'"),
        ({"movingTags": ["a b"]}, "movingTags.0 = ['a b']: String should match"),
        ({"maxProductionImages": 0}, "maxProductionImages = 0: Input should be greater than or equal to 1"),
        ({"maxStagingImages": "10"}, "maxStagingImages = '10': Input should be a valid integer"),
        ({"pullAccountIds": ["1"]}, "pullAccountIds.0 = ['1']: String should match"),
        ({"enableEnhancedScanning": True}, "enableEnhancedScanning = True: needs enableRegistryScanning"),
        ({"continuousScanning": True}, "continuousScanning = True: needs enableEnhancedScanning"),
        ({"replicationRegions": ["mars"]}, "replicationRegions.0 = ['mars']: String should match"),
        ({"alertEmail": "nobody"}, "alertEmail = 'nobody': String should match"),
        ({"scanOnPsuh": True}, "scanOnPush"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        ecr(**inputs)
    assert message in caught.value.message
