"""The compute-ec2 stack: what machines are made of, who reaches them, what they may do, how many there are."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN, SecretValue
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of
from stacks.virtual_machines import architecture

DEV, STAGE, PROD = EnvironmentName.DEV, EnvironmentName.STAGE, EnvironmentName.PROD
STACK = "compute-ec2"
KEY = "arn:aws:kms:eu-central-1:410000000017:key/1111"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFoG2C6HZ3yvxZWmgbZ6uVXVGwNsBR1ZtTX1dPiyW6P ops@example.com"
GIVEN = {
    "vpcId": "vpc-1",
    "publicSubnetIds": ["subnet-8", "subnet-9"],
    "privateSubnetIds": ["subnet-1", "subnet-2"],
    "applicationKeyArn": KEY,
    "infrastructureKeyArn": "arn:aws:kms:eu-central-1:410000000017:key/2222",
    "loadBalancerSgId": "sg-balancer",
    "webApplicationSgId": "sg-web",
    "apiApplicationSgId": "sg-api",
    "hostedZoneId": "Z1",
    "domainName": "shop.example.com",
    "wildcardCertificateArn": "arn:aws:acm:eu-central-1:410000000017:certificate/1",
}
BUCKETS = {
    "primaryBucketArn": "arn:aws:s3:::primary",
    "staticAssetsBucketArn": "arn:aws:s3:::assets",
    "logsBucketName": "logs",
}


def machines(environment: EnvironmentName = DEV, preview: bool = False, **inputs: Any) -> Picture:
    return picture_of(sample_target(STACK, environment), {**GIVEN, **inputs}, preview=preview)


@pytest.fixture(scope="module")
def picture() -> Picture:
    """The stack in dev, as it is without further inputs; tests only look at it."""
    return machines()


def template(picture: Picture, tier: str = "web") -> dict[str, Any]:
    return picture.one("LaunchTemplate", tier).inputs


def script(picture: Picture, tier: str = "web") -> str:
    return base64.b64decode(template(picture, tier)["userData"]).decode()


def statements(picture: Picture, tier: str) -> dict[str, dict[str, Any]]:
    policy = json.loads(str(picture.one("RolePolicy", tier).inputs["policy"]))
    return {one["Sid"]: one for one in policy["Statement"]}


class TestMachines:
    @pytest.mark.parametrize("environment", [DEV, PROD])
    def test_metadata_needs_a_token_and_volumes_are_encrypted(self, environment: EnvironmentName) -> None:
        said = template(machines(environment), "worker")
        assert said["metadataOptions"] == {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        }
        (device,) = said["blockDeviceMappings"]
        assert (device["ebs"]["encrypted"], device["ebs"]["kmsKeyId"]) == ("true", KEY)
        assert device["ebs"]["volumeType"] == "gp3"
        assert said["monitoring"]["enabled"] is (environment is PROD)

    @pytest.mark.parametrize(
        ("environment", "web", "worker"),
        [
            (DEV, ("t3.small", 20, 1, 3), ("t3.small", 30, 1, 3)),
            (STAGE, ("t3.small", 30, 2, 5), ("t3.medium", 50, 2, 6)),
            (PROD, ("t3.medium", 30, 3, 10), ("t3.large", 50, 2, 6)),
        ],
    )
    def test_their_size_and_number(self, environment: EnvironmentName, web: Any, worker: Any) -> None:
        picture = machines(environment)
        for tier, expected in (("web", web), ("worker", worker)):
            said, group = template(picture, tier), picture.one("Group", tier).inputs
            volume = said["blockDeviceMappings"][0]["ebs"]["volumeSize"]
            assert (said["instanceType"], volume, group["minSize"], group["maxSize"]) == expected
            assert "desiredCapacity" not in group

    def test_without_an_image_of_its_own_aws_looks_the_newest_up(self, picture: Picture) -> None:
        parameter = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
        assert template(picture)["imageId"] == f"{parameter}x86_64"
        assert template(machines(webInstanceType="m7g.large"))["imageId"] == f"{parameter}arm64"
        assert template(machines(amiId="ami-0123456789abcdef0"))["imageId"] == "ami-0123456789abcdef0"

    @pytest.mark.parametrize(
        ("size", "expected"),
        [
            ("t3.small", "x86_64"), ("g5.xlarge", "x86_64"), ("g4dn.xlarge", "x86_64"), ("m7i-flex.large", "x86_64"),
            ("u-6tb1.metal", "x86_64"), ("t4g.small", "arm64"), ("m7gd.large", "arm64"), ("c7gn.large", "arm64"),
            ("im4gn.large", "arm64"), ("is4gen.large", "arm64"), ("g5g.xlarge", "arm64"), ("a1.large", "arm64"),
        ],
    )  # fmt: skip
    def test_the_processor_of_a_size(self, size: str, expected: str) -> None:
        assert architecture(size) == expected

    def test_a_change_of_the_template_replaces_half_of_them_at_a_time(self, picture: Picture) -> None:
        group = picture.one("Group", "web").inputs
        assert group["launchTemplate"] == {"id": "web-id", "version": "1"}
        assert group["instanceRefresh"] == {"strategy": "Rolling", "preferences": {"minHealthyPercentage": 50}}

    def test_there_are_as_many_as_the_cpu_needs(self) -> None:
        picture = machines(targetCpuUtilization=55)
        for tier in ("web", "worker"):
            policy = picture.one("Policy", f"{tier}-cpu").inputs
            assert policy["autoscalingGroupName"] == picture.outputs[f"{tier}AsgName"]
            assert policy["targetTrackingConfiguration"] == {
                "predefinedMetricSpecification": {"predefinedMetricType": "ASGAverageCPUUtilization"},
                "targetValue": 55,
            }

    def test_they_carry_the_tags_of_the_deployment(self, picture: Picture) -> None:
        assert picture.one("Group", "web").inputs["tags"] == [
            {"key": "Project", "value": "Web Shop", "propagateAtLaunch": False}
        ]
        tagged = {one["resourceType"]: one["tags"] for one in template(picture)["tagSpecifications"]}
        own = {"Project": "Web Shop", "Name": "web-shop-dev-compute-ec2-web"}
        assert tagged == {"instance": own, "volume": own}


class TestStartUp:
    def test_logs_go_to_the_group_of_the_tier(self) -> None:
        picture = machines(PROD)
        for tier in ("web", "worker"):
            group = picture.one("LogGroup", tier).inputs
            assert group["retentionInDays"] == 30
            assert group["kmsKeyId"] == GIVEN["infrastructureKeyArn"]
            settings = script(picture, tier).partition("SETTINGS'\n")[2].partition("SETTINGS\n")[0]
            collected = json.loads(settings)["logs"]["logs_collected"]["files"]["collect_list"]
            assert {one["log_group_name"] for one in collected} == {group["name"]}

    def test_own_lines_come_last_and_know_the_port(self) -> None:
        lines = script(machines(userData="systemctl start shop", appPort=4000)).splitlines()
        assert lines[0] == "#!/bin/bash"
        assert lines[-1] == "systemctl start shop"
        assert "export PORT=4000 AWS_REGION=eu-central-1" in lines

    def test_nothing_is_fetched_from_the_internet_to_a_shell(self, picture: Picture) -> None:
        text = script(picture)
        assert not any(word in text for word in ("curl", "wget", "http"))

    def test_a_secret_among_the_lines_stays_one(self) -> None:
        assert isinstance(template(machines(userData=SecretValue("run --token x")))["userData"], SecretValue)


class TestWaysIn:
    def test_only_the_balancer_reaches_them_on_their_port(self, picture: Picture) -> None:
        let_in = {one.name: one.inputs for one in picture.of("SecurityGroupIngressRule")}
        assert {
            name: (one["securityGroupId"], one["referencedSecurityGroupId"], one["fromPort"], one["toPort"])
            for name, one in let_in.items()
        } == {
            "web-from-load-balancer": ("web-id", "sg-balancer", 3000, 3000),
            "worker-from-load-balancer": ("worker-id", "sg-balancer", 8080, 8080),
        }
        let_out = {one.name: one.inputs for one in picture.of("SecurityGroupEgressRule")}
        assert let_out["load-balancer-to-worker"]["referencedSecurityGroupId"] == "worker-id"
        assert (let_out["web-to-https"]["cidrIpv4"], let_out["web-to-https"]["toPort"]) == ("0.0.0.0/0", 443)

    def test_they_stand_in_private_subnets_with_the_groups_that_databases_know(self, picture: Picture) -> None:
        assert picture.one("Group", "web").inputs["vpcZoneIdentifiers"] == ["subnet-1", "subnet-2"]
        assert picture.one("LoadBalancer").inputs["subnets"] == ["subnet-8", "subnet-9"]
        assert template(picture)["vpcSecurityGroupIds"] == ["web-id", "sg-web"]
        assert template(picture, "worker")["vpcSecurityGroupIds"] == ["worker-id", "sg-api"]
        alone = machines(webApplicationSgId=None)
        assert template(alone)["vpcSecurityGroupIds"] == ["web-id"]

    def test_calls_of_the_api_go_to_the_workers(self, picture: Picture) -> None:
        rule = picture.one("ListenerRule").inputs
        assert (rule["priority"], rule["conditions"][0]["pathPattern"]["values"]) == (100, ["/api/*"])
        assert rule["actions"][0]["targetGroupArn"] == picture.outputs["apiTargetGroupArn"]
        assert {one.inputs["targetType"] for one in picture.of("TargetGroup")} == {"instance"}
        for tier, target in (("web", "webTargetGroupArn"), ("worker", "apiTargetGroupArn")):
            group = picture.one("Group", tier)
            assert group.inputs["targetGroupArns"] == [picture.outputs[target]]
            assert group.inputs["healthCheckType"] == "ELB"
            assert {"public-https", "api", tier} <= group.depends_on

    def test_workers_may_be_reached_by_nobody(self) -> None:
        picture = machines(workersServeApi=False)
        assert [one.name for one in picture.of("TargetGroup")] == ["web"]
        assert picture.of("ListenerRule") == []
        assert [one.name for one in picture.of("SecurityGroupIngressRule")] == ["web-from-load-balancer"]
        assert picture.one("Group", "worker").inputs["healthCheckType"] == "EC2"
        assert picture.outputs.get("apiTargetGroupArn") is None

    def test_machines_wait_for_their_rights(self, picture: Picture) -> None:
        assert {"RolePolicy", "RolePolicyAttachment"} <= picture.one("Group", "web").depends_on_types

    def test_a_key_pair_only_with_a_key(self, picture: Picture) -> None:
        assert "keyName" not in template(picture)
        picture = machines(keyPairPublicKey=PUBLIC_KEY)
        assert template(picture)["keyName"] == picture.outputs["keyPairName"]
        assert picture.one("KeyPair").inputs["publicKey"] == PUBLIC_KEY

    @pytest.mark.parametrize(("environment", "kept"), [(DEV, False), (STAGE, False), (PROD, True)])
    def test_nobody_deletes_the_balancer_of_prod(self, environment: EnvironmentName, kept: bool) -> None:
        assert machines(environment).one("LoadBalancer").inputs["enableDeletionProtection"] is kept

    def test_the_names_of_the_site(self, picture: Picture) -> None:
        names = {one.name: one.inputs["name"] for one in picture.of("Record")}
        assert names == {"apex": "shop.example.com", "www": "www.shop.example.com"}
        assert (picture.outputs["primaryDnsName"], picture.outputs["wwwDnsName"]) == tuple(names.values())
        off = machines(manageDnsRecords=False)
        assert off.of("Record") == []
        assert off.outputs.get("primaryDnsName") is None


class TestRights:
    def test_without_storage_they_write_their_logs_and_open_sessions(self, picture: Picture) -> None:
        assert set(statements(picture, "web")) == {"Logs"}
        assert statements(picture, "web")["Logs"]["Resource"] == ["arn:aws:test:::LogGroup/web:*"]
        managed = {one.name: one.inputs["policyArn"] for one in picture.of("RolePolicyAttachment")}
        assert set(managed) == {"web-sessions", "worker-sessions"}
        assert set(managed.values()) == {"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}

    def test_each_tier_has_its_own_part_of_the_buckets(self) -> None:
        picture = machines(**BUCKETS)
        for tier in ("web", "worker"):
            may = statements(picture, tier)
            assert may["StaticAssets"]["Resource"] == "arn:aws:s3:::assets/*"
            assert may["StaticAssets"]["Action"] == "s3:GetObject"
            assert may["OwnFolder"]["Resource"] == f"arn:aws:s3:::primary/compute-ec2/{tier}/*"
            assert may["List"]["Condition"] == {"StringLike": {"s3:prefix": f"compute-ec2/{tier}/*"}}
            assert may["Encryption"]["Resource"] == KEY
            assert may["Encryption"]["Condition"]["StringEquals"] == {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}
        assert picture.one("LoadBalancer").inputs["accessLogs"]["bucket"] == "logs"
        assert "accessLogs" not in machines(**BUCKETS, enableAccessLogging=False).one("LoadBalancer").inputs


def test_what_is_watched() -> None:
    topic = "arn:aws:sns:eu-central-1:410000000017:alarms"
    picture = machines(alarmTopicArn=topic)
    alarms = {one.name: one.inputs for one in picture.of("MetricAlarm")}
    assert set(alarms) == {"errors", "web-healthy", "worker-healthy"}
    assert {tuple(one["alarmActions"]) for one in alarms.values()} == {(topic,)}
    assert all(one["name"].startswith("web-shop-d1brv40-dev-") for one in alarms.values())
    assert "worker-healthy" not in {one.name for one in machines(workersServeApi=False).of("MetricAlarm")}


def test_it_previews_with_everything_unknown() -> None:
    unknown = dict.fromkeys([*GIVEN, *BUCKETS, "userData"], UNKNOWN)
    picture = machines(preview=True, **unknown)
    assert len(picture.of("Group")) == 2
    assert picture.outputs["webAsgArn"] is UNKNOWN


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"webInstanceType": "db.t3.micro"}, "webInstanceType = 'db.t3.micro'"),
        ({"webInstanceType": "t3"}, "webInstanceType"),
        ({"webMin": 4}, r"webMax: must be at least 1, and at least webMin \(4\)"),
        ({"workerMin": 0, "workerMax": 0}, "workerMax = 0"),
        ({"workerMin": "1"}, "workerMin"),
        ({"webVolumeGb": 7}, "webVolumeGb = 7"),
        ({"targetCpuUtilization": 96}, "targetCpuUtilization = 96"),
        ({"amiId": "al2023"}, "amiId = 'al2023'"),
        ({"amiId": "ami-0123456789abcdef0", "webInstanceType": "t4g.small"}, "workerInstanceType.*processor.*arm64"),
        ({"appPort": 70000}, "appPort = 70000"),
        ({"healthCheckPath": "health"}, "healthCheckPath"),
        ({"keyPairPublicKey": "-----BEGIN PRIVATE KEY-----"}, "keyPairPublicKey"),
        ({"logRetentionDays": 8}, "logRetentionDays = 8"),
        ({"userData": "x" * 12001}, "userData"),
        ({"domainName": "shop"}, "domainName"),
        ({"webInstanceTyp": "t3.small"}, "webInstanceTyp.*webInstanceType"),
        ({"vpcId": 1}, "vpcId"),
    ],
)
def test_bad_inputs_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput, match=message):
        machines(**given)
