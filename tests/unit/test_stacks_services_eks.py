"""The services-eks stack: who reaches the cluster, what nodes are like, what waits for what, who may do what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

DEV, STAGE, PROD = EnvironmentName.DEV, EnvironmentName.STAGE, EnvironmentName.PROD
KEY = "arn:aws:kms:eu-central-1:410000000017:key/"
ROLE = "arn:aws:iam::410000000017:role/"
CLUSTER = "web-shop-d1brv40-dev-services-eks-cluster"
GIVEN = {
    "privateSubnetIds": ["subnet-1", "subnet-2"],
    "publicSubnetIds": ["subnet-3"],
    "applicationKeyArn": f"{KEY}1111",
    "infrastructureKeyArn": f"{KEY}2222",
    "eksClusterRoleArn": f"{ROLE}cluster",
    "eksNodeGroupRoleArn": f"{ROLE}nodes",
    "eksSgId": "sg-1",
}
PUBLIC = {"endpointPublicAccess": True, "endpointPublicAccessCidrs": ["192.0.2.0/24"]}


def eks(environment: EnvironmentName = DEV, preview: bool = False, **inputs: Any) -> Picture:
    return picture_of(sample_target("services-eks", environment), {**GIVEN, **inputs}, preview=preview)


@pytest.fixture(scope="module")
def picture() -> Picture:
    return eks()


def cluster(picture: Picture) -> dict[str, Any]:
    return picture.one("Cluster").inputs


def trusted(picture: Picture, role: str) -> dict[str, Any]:
    (statement,) = json.loads(picture.one("Role", role).inputs["assumeRolePolicy"])["Statement"]
    return dict(statement)


class TestControlPlane:
    def test_it_is_private_and_encrypted(self, picture: Picture) -> None:
        found = cluster(picture)
        assert (found["name"], found["version"], found["roleArn"]) == (CLUSTER, "1.35", f"{ROLE}cluster")
        assert found["vpcConfig"] == {
            "subnetIds": ["subnet-1", "subnet-2"],
            "securityGroupIds": ["sg-1"],
            "endpointPrivateAccess": True,
            "endpointPublicAccess": False,
        }
        assert found["encryptionConfig"] == {"provider": {"keyArn": f"{KEY}1111"}, "resources": ["secrets"]}
        assert "encryptionConfig" not in cluster(eks(enableSecretsEncryption=False))

    def test_a_public_endpoint_knows_its_visitors(self) -> None:
        network = cluster(eks(**PUBLIC))["vpcConfig"]
        assert network["subnetIds"] == ["subnet-1", "subnet-2", "subnet-3"]
        assert (network["endpointPublicAccess"], network["publicAccessCidrs"]) == (True, ["192.0.2.0/24"])

    @pytest.mark.parametrize(("environment", "days"), [(DEV, 7), (STAGE, 30), (PROD, 90)])
    def test_its_logs_end_and_are_there_before_it(self, environment: EnvironmentName, days: int) -> None:
        picture = eks(environment)
        logs = picture.one("LogGroup").inputs
        assert logs["name"] == f"/aws/eks/{cluster(picture)['name']}/cluster"
        assert (logs["retentionInDays"], logs["kmsKeyId"]) == (days, f"{KEY}2222")
        assert "LogGroup" in picture.one("Cluster").depends_on_types
        assert cluster(picture)["enabledClusterLogTypes"] == [
            "api", "audit", "authenticator", "controllerManager", "scheduler",
        ]  # fmt: skip

    def test_no_fee_begins_by_itself_and_nothing_is_installed_by_itself(self, picture: Picture) -> None:
        assert cluster(picture)["upgradePolicy"] == {"supportType": "STANDARD"}
        assert cluster(picture)["bootstrapSelfManagedAddons"] is False

    @pytest.mark.parametrize(("environment", "kept"), [(DEV, False), (STAGE, False), (PROD, True)])
    def test_prod_is_protected(self, environment: EnvironmentName, kept: bool) -> None:
        found = eks(environment).one("Cluster")
        assert (found.protect, found.inputs["deletionProtection"]) == (kept, kept)

    def test_rights_in_it_are_given_by_name_only(self, picture: Picture) -> None:
        assert cluster(picture)["accessConfig"] == {
            "authenticationMode": "API",
            "bootstrapClusterCreatorAdminPermissions": False,
        }
        assert picture.of("AccessEntry") == []
        roles = [f"{ROLE}ops/admin", "arn:aws:iam::410000000025:role/ops/admin"]
        admins = eks(adminRoleArns=roles)
        assert [one.inputs["principalArn"] for one in admins.of("AccessEntry")] == roles
        (first, _) = admins.of("AccessPolicyAssociation")
        assert first.inputs["policyArn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
        assert first.inputs["accessScope"] == {"type": "cluster"}

    def test_the_configuration_of_kubectl_holds_no_token(self, picture: Picture) -> None:
        found = json.loads(picture.outputs["kubeconfig"])
        assert found["clusters"][0]["cluster"]["server"] == "https://cluster.eks.test"
        assert found["users"][0]["user"] == {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1beta1",
                "command": "aws",
                "args": [
                    "--region", "eu-central-1", "eks", "get-token", "--cluster-name", CLUSTER, "--output", "json",
                ],
            }
        }  # fmt: skip


class TestNodes:
    @pytest.mark.parametrize(
        ("environment", "sizes", "types"),
        [
            (DEV, (1, 1, 3), ["t3.medium", "t3.large"]),
            (STAGE, (2, 2, 5), ["m7i.large", "m7i.xlarge"]),
            (PROD, (3, 3, 10), ["m7i.large", "m7i.xlarge"]),
        ],
    )
    def test_their_sizes(self, environment: EnvironmentName, sizes: tuple[int, int, int], types: list[str]) -> None:
        found = eks(environment).one("NodeGroup", "primary").inputs
        assert found["scalingConfig"] == dict(zip(("minSize", "desiredSize", "maxSize"), sizes, strict=True))
        assert (found["instanceTypes"], found["capacityType"]) == (types, "ON_DEMAND")
        assert found["subnetIds"] == ["subnet-1", "subnet-2"]
        assert found["nodeRoleArn"] == f"{ROLE}nodes"

    def test_their_disks_and_metadata(self, picture: Picture) -> None:
        template = picture.one("LaunchTemplate").inputs
        (disk,) = template["blockDeviceMappings"]
        assert disk["ebs"] == {
            "volumeSize": 50,
            "volumeType": "gp3",
            "encrypted": "true",
            "kmsKeyId": f"{KEY}1111",
            "deleteOnTermination": "true",
        }
        assert template["metadataOptions"]["httpTokens"] == "required"
        assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1
        hops = eks(nodeMetadataHops=2).one("LaunchTemplate").inputs["metadataOptions"]
        assert hops["httpPutResponseHopLimit"] == 2
        assert {one["resourceType"] for one in template["tagSpecifications"]} == {"instance", "volume"}

    def test_they_are_in_the_clusters_group_and_in_the_deployments(self, picture: Picture) -> None:
        assert picture.one("LaunchTemplate").inputs["vpcSecurityGroupIds"] == ["cluster-group", "sg-1"]

    def test_the_template_says_nothing_that_the_group_says(self, picture: Picture) -> None:
        template, group = picture.one("LaunchTemplate").inputs, picture.one("NodeGroup", "primary").inputs
        assert {"imageId", "instanceType", "userData", "instanceMarketOptions"} & set(template) == set()
        assert {"diskSize", "remoteAccess"} & set(group) == set()
        assert group["launchTemplate"] == {"id": "nodes-id", "version": "1"}
        assert (group["amiType"], group["version"]) == ("AL2023_x86_64_STANDARD", "1.35")

    @pytest.mark.parametrize(("environment", "spot"), [(DEV, True), (STAGE, True), (PROD, False)])
    def test_spot_nodes_are_for_pods_that_ask_for_them(self, environment: EnvironmentName, spot: bool) -> None:
        picture = eks(environment)
        assert [one.name for one in picture.of("NodeGroup")] == (["primary", "spot"] if spot else ["primary"])
        assert (picture.outputs.get("spotNodeGroupName") is not None) == spot
        if spot:
            found = picture.one("NodeGroup", "spot").inputs
            assert found["taints"] == [{"key": "spot", "value": "true", "effect": "NO_SCHEDULE"}]
            assert (found["capacityType"], found["labels"]) == ("SPOT", {"capacity": "spot"})
            assert found["scalingConfig"]["minSize"] == 0
            assert len(found["instanceTypes"]) == 4

    def test_their_name_is_made_up_behind_a_prefix_that_fits(self) -> None:
        for one in eks(STAGE).of("NodeGroup"):
            assert "nodeGroupName" not in one.inputs
            # AWS takes 63 characters, the provider makes 26 of them up.
            assert len(one.inputs["nodeGroupNamePrefix"]) <= 63 - 26

    def test_an_autoscaler_has_the_last_word_on_their_number(self, picture: Picture) -> None:
        assert picture.one("NodeGroup", "primary").ignore_changes == []
        scaled = eks(enableAutoscalerRole=True)
        assert scaled.one("NodeGroup", "primary").ignore_changes == ["scalingConfig.desiredSize"]

    def test_processors_and_count_are_chosen(self) -> None:
        arm = {"nodeAmiType": "AL2023_ARM_64_STANDARD", "nodeInstanceTypes": ["t4g.medium"]}
        found = eks(PROD, nodeDesiredSize=4, nodeCapacityType="SPOT", **arm).one("NodeGroup", "primary").inputs
        assert (found["scalingConfig"]["desiredSize"], found["capacityType"]) == (4, "SPOT")
        assert (found["amiType"], found["instanceTypes"]) == ("AL2023_ARM_64_STANDARD", ["t4g.medium"])
        with pytest.raises(InvalidStackInput, match=r"spotInstanceTypes: holds t3\.medium, whose processor"):
            eks(DEV, **arm)


class TestOrder:
    """Nodes need a network of pods, and what runs on nodes needs nodes."""

    def test_what_nodes_need_waits_for_the_cluster_only(self, picture: Picture) -> None:
        for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
            assert picture.one("Addon", name).depends_on == {"cluster"}
            assert {name} <= picture.one("NodeGroup", "primary").depends_on

    def test_what_runs_on_nodes_waits_for_them(self, picture: Picture) -> None:
        for name in ("coredns", "aws-ebs-csi-driver"):
            assert "primary" in picture.one("Addon", name).depends_on
            assert name not in picture.one("NodeGroup", "primary").depends_on

    def test_versions_are_the_newest_or_the_ones_given(self) -> None:
        picture = eks(corednsVersion="v1.11.4-eksbuild.2", kubeProxyVersion="")
        versions = {one.name: one.inputs["addonVersion"] for one in picture.of("Addon")}
        assert versions["coredns"] == "v1.11.4-eksbuild.2"
        assert versions["kube-proxy"] == versions["vpc-cni"] == "v1.2.3-eksbuild.4"
        assert len(versions) == 5


class TestIdentities:
    def test_the_volume_driver_acts_as_itself(self, picture: Picture) -> None:
        assert trusted(picture, "ebs-csi-driver") == {
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:test:::OpenIdConnectProvider/cluster"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    "oidc.test/id/cluster:aud": "sts.amazonaws.com",
                    "oidc.test/id/cluster:sub": "system:serviceaccount:kube-system:ebs-csi-controller-sa",
                }
            },
        }
        attached = picture.one("RolePolicyAttachment").inputs
        assert attached["policyArn"] == "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
        driver = picture.one("Addon", "aws-ebs-csi-driver").inputs
        assert driver["serviceAccountRoleArn"] == "arn:aws:test:::Role/ebs-csi-driver"
        assert "serviceAccountRoleArn" not in picture.one("Addon", "coredns").inputs

    def test_the_issuer_is_trusted_without_a_thumbprint(self, picture: Picture) -> None:
        found = picture.one("OpenIdConnectProvider").inputs
        assert found == {"url": "https://oidc.test/id/cluster", "clientIdLists": ["sts.amazonaws.com"]}

    def test_an_autoscaler_may_scale_this_cluster_and_no_other(self) -> None:
        picture = eks(enableAutoscalerRole=True)
        rights = {one["Sid"]: one for one in json.loads(picture.one("RolePolicy").inputs["policy"])["Statement"]}
        assert rights["Scale"]["Condition"] == {
            "StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{CLUSTER}": "owned"}
        }
        assert rights["LookAtEmptyGroups"]["Resource"].endswith(f":410000000017:nodegroup/{CLUSTER}/*")
        assert not [action for action in rights["Look"]["Action"] if "*" in action]
        assert picture.outputs["clusterAutoscalerRoleArn"] == "arn:aws:test:::Role/autoscaler"
        assert eks().outputs.get("clusterAutoscalerRoleArn") is None


@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_a_preview_needs_none_of_the_other_stacks(environment: EnvironmentName) -> None:
    picture = eks(environment, preview=True, **PUBLIC, **dict.fromkeys(GIVEN, UNKNOWN))
    assert picture.one("Cluster").inputs["vpcConfig"]["subnetIds"] is UNKNOWN
    assert picture.one("LaunchTemplate").inputs["vpcSecurityGroupIds"] == [UNKNOWN, UNKNOWN]
    assert picture.outputs["kubeconfig"] is UNKNOWN
    assert len(picture.of("Addon")) == 5


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"kubernetesVersion": 1.35}, 'kubernetesVersion = 1.35: must be a text: write "1.35" in quotes'),
        ({"kubernetesVersion": "1.27"}, "kubernetesVersion = '1.27': is out of the standard support of EKS: use 1.34"),
        ({"kubernetesVersion": "latest"}, "kubernetesVersion = 'latest': must be a version such as 1.35"),
        ({"endpointPrivateAccess": False}, "endpointPublicAccess: must be true when endpointPrivateAccess is false"),
        ({"endpointPublicAccess": True}, "endpointPublicAccessCidrs: is needed with endpointPublicAccess"),
        ({"endpointPublicAccessCidrs": ["192.0.2.1/24"]}, "must be an IPv4 CIDR block such as"),
        ({"enabledLogTypes": ["audits"]}, "enabledLogTypes.0 = ['audits']: Input should be 'api', 'audit'"),
        ({"logRetentionDays": 8}, "logRetentionDays = 8: Input should be 1, 3, 5, 7"),
        ({"adminRoleArns": ["admin"]}, "adminRoleArns.0 = ['admin']: String should match"),
        ({"adminRoleArns": [f"{ROLE}a", f"{ROLE}a"]}, "must not hold the same value twice"),
        ({"nodeAmiType": "AL2_x86_64"}, "nodeAmiType = 'AL2_x86_64': Input should be 'AL2023_x86_64_STANDARD'"),
        ({"nodeInstanceTypes": ["t4g.medium"]}, "holds t4g.medium, whose processor is not that of nodeAmiType"),
        ({"nodeInstanceTypes": []}, "nodeInstanceTypes = []: List should have at least 1 item"),
        ({"nodeMinSize": 4}, "nodeMaxSize: must be at least nodeMinSize (4)"),
        ({"nodeDesiredSize": 4}, "nodeDesiredSize = 4: must be between nodeMinSize (1) and nodeMaxSize (3)"),
        ({"nodeDiskSize": 19}, "nodeDiskSize = 19: Input should be greater than or equal to 20"),
        ({"corednsVersion": "1.11"}, "corednsVersion = '1.11': String should match"),
        ({"nodeMinSiz": 1}, "nodeMinSiz = 1: unknown input, did you mean 'nodeMinSize'?"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        eks(**inputs)
    assert message in caught.value.message


def test_prod_is_not_open_to_the_world() -> None:
    everybody = {"endpointPublicAccess": True, "endpointPublicAccessCidrs": ["0.0.0.0/0"]}
    assert cluster(eks(**everybody))["vpcConfig"]["publicAccessCidrs"] == ["0.0.0.0/0"]
    with pytest.raises(InvalidStackInput, match=r"must not hold 0\.0\.0\.0/0 in prod"):
        eks(PROD, **everybody)
